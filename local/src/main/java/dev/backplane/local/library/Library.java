package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// All models on this machine: those of the library's own folder, and those of folders that it
/// reads, such as Ollama's. A name of its own hides the same name elsewhere. Thread-safe; what
/// others put into their folders is seen at once.
public final class Library {
    private static final int NAMES_MAX = 10;

    private final ModelFolder own;
    private final List<ModelFolder> others;

    /// @param others that are only read, the first with a name wins
    public Library(ModelFolder own, List<ModelFolder> others) {
        this.own = own;
        this.others = List.copyOf(others);
    }

    /// Where Ollama keeps models.
    ///
    /// @param environment with `OLLAMA_MODELS`, if the user moved them, or the user's home
    public static List<Path> ollamaFolders(Map<String, String> environment) {
        String given = environment.getOrDefault("OLLAMA_MODELS", "").strip();
        if (!given.isEmpty()) {
            return List.of(Path.of(given));
        }
        String home = environment.getOrDefault("HOME", environment.getOrDefault("USERPROFILE", ""));
        return home.isBlank()
                ? List.of()
                : List.of(
                        Path.of(home, ".ollama", "models"),
                        Path.of("/usr/share/ollama/.ollama/models"));
    }

    /// The folder that is written to.
    public ModelFolder own() {
        return own;
    }

    /// All of them, the latest first.
    public List<StoredModel> list() {
        Map<ModelName, StoredModel> models = new LinkedHashMap<>();
        for (ModelFolder folder : folders()) {
            folder.list().forEach(model -> models.putIfAbsent(model.name(), model));
        }
        return models.values().stream()
                .sorted(
                        Comparator.comparing(StoredModel::modified)
                                .reversed()
                                .thenComparing(model -> model.name().toString()))
                .toList();
    }

    private List<ModelFolder> folders() {
        List<ModelFolder> folders = new ArrayList<>();
        folders.add(own);
        folders.addAll(others);
        return folders;
    }

    /// The model of this name. Upper and lower case only matter where names differ by them.
    ///
    /// @throws Problem `INVALID` when its manifest is damaged
    public Optional<StoredModel> find(ModelName name) {
        for (ModelFolder folder : folders()) {
            Optional<StoredModel> model = folder.find(name);
            if (model.isPresent()) {
                return model;
            }
        }
        String wanted = name.toString().toLowerCase(Locale.ROOT);
        return list().stream()
                .filter(model -> model.name().toString().toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst();
    }

    /// The same for a name as a client writes it: what is no name is no model's.
    public Optional<StoredModel> find(String name) {
        ModelName parsed;
        try {
            parsed = ModelName.parse(name);
        } catch (Problem none) {
            return Optional.empty();
        }
        return find(parsed);
    }

    /// @throws Problem `NOT_FOUND` that says which names there are
    public StoredModel get(ModelName name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    private Problem unknown(ModelName name) {
        List<String> names = list().stream().map(model -> model.name().toString()).toList();
        String there =
                names.isEmpty()
                        ? ""
                        : "; there are "
                                + String.join(
                                        ", ", names.subList(0, Math.min(names.size(), NAMES_MAX)))
                                + (names.size() > NAMES_MAX ? ", …" : "");
        return Problem.notFound("model '" + name + "' is not here", "local models")
                .fix("backplane pull " + name + there);
    }

    /// The file that a model's weights are in.
    ///
    /// @throws Problem when it has none, or they are not here
    public Path weights(StoredModel model) {
        String name = model.name().toString();
        for (Layer layer : model.manifest().layers(LayerKind.MODEL)) {
            if (!model.folder().has(layer)) {
                throw Problem.conflict(
                                "bytes of layer %s are gone, or cut short"
                                        .formatted(layer.digest().brief()),
                                name)
                        .fix("backplane pull " + name);
            }
        }
        return Weights.of(model.manifest().layers(), model.folder(), own, name);
    }

    /// What the model is like, by what its file says.
    ///
    /// @throws Problem as [#weights]; when the file is damaged or lies
    public ModelFacts facts(StoredModel model) {
        return ModelFacts.of(weights(model));
    }

    /// Whether a layer's bytes are here, in any folder.
    public boolean has(Layer layer) {
        return folders().stream().anyMatch(folder -> folder.has(layer));
    }

    /// Brings a layer's bytes into the own folder, if they are in any.
    ///
    /// @return whether they are there now
    public boolean take(Layer layer) {
        for (ModelFolder folder : folders()) {
            if (folder.has(layer)) {
                try {
                    own.take(layer, folder);
                    return true;
                } catch (IOException e) {
                    throw ModelFolder.failed(
                            "layer cannot be taken over", layer.digest().toString(), e);
                }
            }
        }
        return false;
    }

    /// Gives a model a second name; its bytes are shared.
    ///
    /// @throws Problem `NOT_FOUND` when there is no such model
    public void copy(ModelName from, ModelName to) {
        StoredModel model = get(from);
        if (model.isOurs() && model.name().equals(to)) {
            return;
        }
        for (Layer layer : model.manifest().all()) {
            if (!take(layer)) {
                throw Problem.conflict(
                                "layer %s is not here".formatted(layer.digest().brief()),
                                model.name().toString())
                        .fix("backplane pull " + model.name());
            }
        }
        own.put(to, model.manifest());
    }

    /// Takes a name away, with the bytes that no other name has.
    ///
    /// @throws Problem `NOT_FOUND` when there is no such model; `FORBIDDEN` when it is in the
    ///   folder of somebody else
    public void remove(ModelName name) {
        StoredModel model = get(name);
        if (!model.isOurs()) {
            throw Problem.of(
                            Problem.Kind.FORBIDDEN,
                            "model '" + model.name() + "' is in a folder that is only read",
                            model.folder().root().toString())
                    .fix("ollama rm " + model.name());
        }
        own.remove(model.name());
    }
}
