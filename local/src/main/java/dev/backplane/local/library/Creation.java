package dev.backplane.local.library;

import dev.backplane.core.Json;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.QuantisationScheme;
import dev.backplane.tensor.gguf.Quantiser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A model to be made: of another one, or of blobs that were sent before, with what is said of it.
///
/// @param from the model that it is like; empty for one of `files`
/// @param files digests by file name
/// @param adapters LoRA, digests by file name
/// @param template of Go; it is kept and shown, and not used
/// @param parameters by Ollama's names, over those of `from`
/// @param messages an array, or empty for those of `from`
/// @param quantisation of the weights; empty for as they are
public record Creation(
        ModelName name,
        Optional<ModelName> from,
        Map<String, Digest> files,
        Map<String, Digest> adapters,
        Optional<String> template,
        Optional<String> system,
        List<String> licenses,
        Map<String, JsonTree> parameters,
        Optional<JsonTree> messages,
        Optional<QuantisationScheme> quantisation) {
    public Creation {
        files = new LinkedHashMap<>(files);
        adapters = new LinkedHashMap<>(adapters);
        licenses = List.copyOf(licenses);
        parameters = new LinkedHashMap<>(parameters);
    }

    /// Told how far the weights are that are quantised.
    public interface Progress {
        Progress NONE = (_, _) -> {};

        /// @param weights as they were
        /// @param bytes of them that are done
        /// @throws IOException when nobody wants the model any more
        void at(Layer weights, long bytes) throws IOException;
    }

    /// Makes it.
    ///
    /// @throws Problem when there is nothing to make it of, or a file is not what it should be
    /// @throws IOException of `progress`
    public void create(Library library, Progress progress) throws IOException {
        List<Layer> layers = new ArrayList<>();
        if (from.isPresent()) {
            layers.addAll(base(library, library.get(from.get())));
        } else if (!files.isEmpty()) {
            layers.addAll(weights(library.own()));
        } else {
            throw Problem.invalid("nothing to make the model of", name.toString())
                    .fix("name another model (from), or files that were sent as blobs");
        }
        if (quantisation.isPresent()) {
            layers = quantised(layers, library.own(), quantisation.get(), progress);
        }
        List<Layer> all = layers;
        adapters.forEach((_, digest) -> all.add(layer(library.own(), LayerKind.ADAPTER, digest)));
        ModelFolder own = library.own();
        template.ifPresent(text -> replace(all, LayerKind.TEMPLATE, own, Slice.of(text)));
        system.ifPresent(text -> replace(all, LayerKind.SYSTEM, own, Slice.of(text)));
        if (!parameters.isEmpty()) {
            replace(layers, LayerKind.PARAMETERS, own, parameters(library));
        }
        messages.ifPresent(
                json -> replace(all, LayerKind.MESSAGES, own, Slice.of(Json.write(json::write))));
        if (!licenses.isEmpty()) {
            layers.removeIf(layer -> layer.kind() == LayerKind.LICENSE);
            licenses.forEach(text -> all.add(own.add(LayerKind.LICENSE, Slice.of(text))));
        }
        Layer config = own.add(LayerKind.CONFIG, ModelConfig.of(layers, own));
        own.put(name, Manifest.of(Optional.of(config), layers));
    }

    private List<Layer> quantised(
            List<Layer> layers, ModelFolder own, QuantisationScheme scheme, Progress progress)
            throws IOException {
        List<Layer> weights =
                layers.stream().filter(layer -> layer.kind() == LayerKind.MODEL).toList();
        if (weights.isEmpty()) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "model '%s' has no GGUF file to quantise".formatted(name),
                            "quantize")
                    .fix("create it of a GGUF file, or without quantize");
        }
        Path file = Weights.of(layers, own, own, name.toString());
        long bytes = weights.stream().mapToLong(Layer::size).sum();
        List<Layer> made = new ArrayList<>();
        made.add(
                own.add(
                        LayerKind.MODEL,
                        bytes,
                        to -> {
                            try (GgufModel model = GgufModel.open(file)) {
                                Quantiser.write(
                                        model,
                                        scheme,
                                        to,
                                        (done, total) ->
                                                tell(
                                                        progress,
                                                        weights.getFirst(),
                                                        (double) done / total));
                            } catch (UncheckedIOException gone) {
                                throw gone.getCause();
                            }
                        }));
        layers.stream().filter(layer -> layer.kind() != LayerKind.MODEL).forEach(made::add);
        return made;
    }

    private static void tell(Progress progress, Layer weights, double share) {
        try {
            progress.at(weights, (long) (share * weights.size()));
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private static List<Layer> base(Library library, StoredModel model) {
        for (Layer layer : model.manifest().layers()) {
            if (!library.take(layer)) {
                throw Problem.conflict(
                                "layer %s is not here".formatted(layer.digest().brief()),
                                model.name().toString())
                        .fix("backplane pull " + model.name());
            }
        }
        return model.manifest().layers();
    }

    private static void replace(List<Layer> layers, LayerKind kind, ModelFolder own, Slice bytes) {
        layers.removeIf(layer -> layer.kind() == kind);
        if (!bytes.isEmpty()) {
            layers.add(own.add(kind, bytes));
        }
    }

    private Slice parameters(Library library) {
        Map<String, JsonTree> all = new LinkedHashMap<>();
        from.map(library::get)
                .flatMap(model -> model.text(LayerKind.PARAMETERS))
                .map(text -> JsonTree.parse(text, "parameters"))
                .ifPresent(json -> {
                    if (json instanceof JsonTree.Fields(Map<String, JsonTree> values)) {
                        all.putAll(values);
                    }
                });
        all.putAll(parameters);
        return Slice.of(Json.write(new JsonTree.Fields(all)::write));
    }

    private List<Layer> weights(ModelFolder own) {
        boolean isGguf = files.keySet().stream().anyMatch(file -> file.endsWith(".gguf"));
        boolean isAlone = files.size() == 1;
        List<Layer> layers = new ArrayList<>();
        for (Map.Entry<String, Digest> file : new TreeMap<>(files).entrySet()) {
            if (!Layer.isFileName(file.getKey())) {
                throw Problem.invalid("a file with a name that is not taken", name.toString())
                        .fix("name files with letters, digits, _, ., + and -");
            }
            LayerKind kind = isGguf || isAlone ? LayerKind.MODEL : LayerKind.FILE;
            Layer layer = layer(own, kind, file.getValue());
            layers.add(isAlone ? layer : layer.named(file.getKey()));
        }
        if (isGguf || isAlone) {
            // Refuses files that lie before they have a name.
            ModelFacts facts = ModelFacts.of(Weights.of(layers, own, own, name.toString()));
            if (facts.architecture().isEmpty()) {
                throw Problem.invalid("the file does not say its architecture", name.toString())
                        .fix("use a GGUF file with the key general.architecture");
            }
        }
        return layers;
    }

    private static Layer layer(ModelFolder own, LayerKind kind, Digest digest) {
        try {
            return Layer.of(kind, digest, Files.size(own.blob(digest)));
        } catch (IOException absent) {
            throw Problem.notFound("no blob " + digest, "blobs")
                    .fix("send it first: POST /api/blobs/" + digest);
        }
    }
}
