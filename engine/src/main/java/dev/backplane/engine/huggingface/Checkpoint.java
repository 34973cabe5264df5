package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.safetensors.SafetensorsModel;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// A folder with `config.json` and `model.safetensors` (or an index and its shards), by the keys
/// and names of GGUF. Its weights are F32, F16 or BF16, and for experts of gpt-oss MXFP4.
///
/// Tensors that have to be made are made when they are first asked for by [#find]; [#specs] tells
/// them without. Not safe for use by several threads until all are made.
public final class Checkpoint implements ModelFile {
    private static final long TEMPLATE_BYTES_MAX = 1 << 20;

    /// In the order of GGUF's numbers, from 1.
    private static final List<String> POOLINGS = List.of("mean_tokens", "cls_token", "lasttoken");

    private static final List<ElementType> TYPES =
            List.of(ElementType.F32, ElementType.F16, ElementType.BF16);

    private final SafetensorsModel file;
    private final Metadata metadata;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, Making> makings = new LinkedHashMap<>();

    private record Making(TensorSpec spec, Supplier<Tensor> maker) {}

    private Checkpoint(SafetensorsModel file, Metadata metadata) {
        this.file = file;
        this.metadata = metadata;
    }

    /// Whether a path is a folder of such a model.
    public static boolean isIn(Path path) {
        return Files.isDirectory(path) && Files.isRegularFile(path.resolve("config.json"));
    }

    /// @throws Problem when a file is missing or damaged, or the model is of a kind that is not
    ///   known
    public static Checkpoint open(Path folder) {
        Settings whole = Settings.read(folder.resolve("config.json"));
        Settings config = whole.object("text_config").orElse(whole);
        refuseQuantised(whole);
        Family family = Family.of(config.has("model_type") ? config : whole);
        Configuration.Result keys = Configuration.of(config, family);
        refuseModules(folder);
        pooling(folder).ifPresent(number -> keys.keys().whole("pooling_type", number));
        template(folder)
                .ifPresent(text -> keys.keys().general("tokenizer.chat_template", Text.of(text)));
        Metadata metadata = new Metadata(folder.toString(), keys.keys().values());
        SafetensorsModel file = SafetensorsModel.open(folder);
        Checkpoint checkpoint = new Checkpoint(file, metadata);
        boolean opened = false;
        try {
            boolean tied = config.flag("tie_word_embeddings", ties(family));
            checkpoint.name(family.names(), tied);
            keys.factors().forEach(checkpoint::factors);
            opened = true;
            return checkpoint;
        } finally {
            if (!opened) {
                checkpoint.close();
            }
        }
    }

    private static boolean ties(Family family) {
        return family == Family.GEMMA3 || family == Family.COHERE2 || family == Family.COHERE2_MOE;
    }

    /// Parts that sentence-transformers puts behind the states and that are computed here: a layer
    /// more would be another vector.
    private static void refuseModules(Path folder) {
        Path file = folder.resolve("modules.json");
        if (!Files.isRegularFile(file)) {
            return;
        }
        for (String type : Settings.types(file)) {
            String name = type.substring(type.lastIndexOf('.') + 1);
            if (!List.of("Transformer", "Pooling", "Normalize").contains(name)) {
                throw Problem.of(
                                Problem.Kind.NOT_IMPLEMENTED,
                                "a module of type '%s'".formatted(type),
                                file.toString())
                        .fix("use a model of Transformer, Pooling and Normalize only");
            }
        }
    }

    /// How sentence-transformers was told to make vectors of states, by GGUF's number. Pulled
    /// models have no folders.
    private static Optional<Integer> pooling(Path folder) {
        return Settings.find(folder.resolve("1_Pooling").resolve("config.json"))
                .or(() -> Settings.find(folder.resolve("1_Pooling.config.json")))
                .map(Checkpoint::pooling);
    }

    /// Several at once are put one behind the other, which makes another vector.
    private static int pooling(Settings settings) {
        List<String> modes = settings.flags("pooling_mode_");
        int number = modes.size() == 1 ? POOLINGS.indexOf(modes.getFirst()) : -1;
        if (number < 0) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "pooling by " + (modes.isEmpty() ? "nothing" : modes),
                            settings.source())
                    .fix("use a model of mean, first or last pooling");
        }
        return number + 1;
    }

    private static void refuseQuantised(Settings config) {
        Optional<Settings> quantisation = config.object("quantization_config");
        if (quantisation.isPresent()) {
            quantisation.get().require("quant_method", "mxfp4");
        }
    }

    /// `chat_template.jinja`, or what `tokenizer_config.json` has: a text, or several by name.
    private static Optional<String> template(Path folder) {
        Path file = folder.resolve("chat_template.jinja");
        try {
            if (Files.isRegularFile(file)) {
                if (Files.size(file) > TEMPLATE_BYTES_MAX) {
                    throw Problem.tooLarge(
                                    "a template of %,d bytes".formatted(Files.size(file)),
                                    file.toString())
                            .fix("at most %,d are read".formatted(TEMPLATE_BYTES_MAX));
                }
                return Optional.of(Files.readString(file));
            }
        } catch (IOException e) {
            throw Problem.invalid("cannot be read: " + e.getMessage(), file.toString())
                    .fix("save the template in UTF-8")
                    .causedBy(e);
        }
        return Settings.find(folder.resolve("tokenizer_config.json"))
                .flatMap(settings -> settings.template("chat_template"));
    }

    private void name(Names names, boolean tied) {
        long layers = metadata.integer(prefix() + "block_count", 1, Integer.MAX_VALUE);
        for (Tensor tensor : file.tensors()) {
            String name = plain(tensor.name());
            Optional<Names.Entry> entry = names.find(name);
            if (entry.isEmpty()) {
                if (isBeyond(name, layers) || isOfImages(name)) {
                    continue;
                }
                throw Names.unknown(tensor.name(), file.source());
            }
            boolean isUsed =
                    !entry.get().isLeftOut()
                            && entry.get().layer() < layers
                            && !(tied && entry.get().target().equals("output.weight"));
            if (isUsed) {
                take(tensor, entry.get());
            }
        }
    }

    private String prefix() {
        return metadata.text("general.architecture") + ".";
    }

    /// Names as most families have them: others have more, or other, words before.
    private static String plain(String name) {
        for (String before :
                List.of("language_model.model.", "model.language_model.", "backbone.")) {
            if (name.startsWith(before)) {
                return "model." + name.substring(before.length());
            }
        }
        for (String before : List.of("language_model.", "bert.")) {
            if (name.startsWith(before)) {
                return name.substring(before.length());
            }
        }
        return name;
    }

    /// Layers after the last are for predicting several tokens at once.
    private static boolean isBeyond(String name, long layers) {
        String[] parts = name.split("\\.", 4);
        return name.startsWith("mtp.")
                || parts.length == 4
                        && parts[1].equals("layers")
                        && parts[2].matches("\\d{1,6}")
                        && Integer.parseInt(parts[2]) >= layers;
    }

    private static boolean isOfImages(String name) {
        return name.contains("vision_tower.") || name.contains("multi_modal_projector.");
    }

    private void take(Tensor tensor, Names.Entry entry) {
        String target = entry.target();
        if (!entry.change().endsWith("blocks") && !TYPES.contains(tensor.type())) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "tensor '%s' is of %s".formatted(tensor.name(), tensor.type()),
                            file.source())
                    .fix("use a checkpoint in BF16, F16 or F32");
        }
        switch (entry.change()) {
            case "" -> add(Derived.reshaped(tensor, spec(target, tensor, tensor.shape())));
            case "plus-one" -> changed(tensor, target, tensor.shape(), number -> 1 + number);
            case "negative-exponential" ->
                    changed(tensor, target, column(tensor), number -> -Math.exp(number));
            case "column" -> add(Derived.reshaped(tensor, spec(target, tensor, column(tensor))));
            case "flat" -> add(Derived.reshaped(tensor, spec(target, tensor, flat(tensor))));
            case "groups" -> add(Derived.reshaped(tensor, spec(target, tensor, groups(tensor))));
            case "latent" -> latent(tensor, target);
            default -> new GptOssExperts(this, arena).take(tensor, target, entry.change());
        }
    }

    private static TensorSpec spec(String name, Tensor tensor, Shape shape) {
        return new TensorSpec(name, tensor.type(), shape);
    }

    private static Shape column(Tensor tensor) {
        return Shape.of(tensor.shape().elements(), 1);
    }

    private static Shape flat(Tensor tensor) {
        List<Long> dimensions = tensor.shape().dimensions();
        return dimensions.size() == 3 && dimensions.get(1) == 1
                ? Shape.of(dimensions.get(0), dimensions.get(2))
                : tensor.shape();
    }

    private Shape groups(Tensor tensor) {
        long groups = metadata.integer(prefix() + "ssm.group_count", 1, Integer.MAX_VALUE, 1);
        long columns = tensor.shape().columns();
        return columns % groups == 0 ? Shape.of(groups, columns / groups) : tensor.shape();
    }

    private void changed(Tensor tensor, String target, Shape shape, Derived.Change change) {
        TensorSpec spec = new TensorSpec(target, ElementType.F32, shape);
        make(spec, () -> Derived.changed(tensor, spec, change, arena));
    }

    /// Keys and values of all heads from the latent: of each head rows for keys, which are wanted
    /// as columns, and rows for values.
    private void latent(Tensor tensor, String layer) {
        String of = prefix() + "attention.";
        int heads = (int) metadata.integer(of + "head_count", 1, 1 << 16);
        int head = (int) metadata.integer(of + "key_length_mla", 1, 1 << 16);
        int turned = (int) metadata.integer(prefix() + "rope.dimension_count", 0, head);
        int plain = head - turned;
        int value = (int) metadata.integer(of + "value_length_mla", 1, 1 << 16);
        long rank = tensor.shape().columns();
        if (tensor.shape().dimensions().size() != 2
                || tensor.shape().rows() != (long) heads * (plain + value)) {
            throw unfit(tensor);
        }
        TensorSpec keys = spec(layer + ".attn_k_b.weight", tensor, Shape.of(heads, rank, plain));
        int rows = plain + value;
        make(keys, () -> Derived.transposed(tensor, keys, rows, 0, plain, 0, 1, arena));
        TensorSpec values = spec(layer + ".attn_v_b.weight", tensor, Shape.of(heads, value, rank));
        make(values, () -> Derived.rows(tensor, values, rows, plain, 1, value, arena));
    }

    Problem unfit(Tensor tensor) {
        return Problem.invalid(
                        "tensor %s does not fit the configuration".formatted(tensor), file.source())
                .fix("fetch configuration and tensors again, from one place");
    }

    Optional<Tensor> beside(String name) {
        return file.find(name);
    }

    private void factors(String name, float[] numbers) {
        add(Derived.ofFloats(name, numbers, arena));
    }

    private void add(Tensor tensor) {
        if (tensors.put(tensor.name(), tensor) != null) {
            throw twice(tensor.name());
        }
    }

    /// Makes a tensor when it is asked for.
    void make(TensorSpec spec, Supplier<Tensor> maker) {
        if (makings.put(spec.name(), new Making(spec, maker)) != null) {
            throw twice(spec.name());
        }
    }

    private Problem twice(String name) {
        return Problem.invalid("two tensors are '%s'".formatted(name), file.source())
                .fix("use a checkpoint that has each tensor once");
    }

    @Override
    public String source() {
        return file.source();
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public List<Tensor> tensors() {
        makings.keySet().forEach(this::find);
        return List.copyOf(tensors.values());
    }

    @Override
    public List<TensorSpec> specs() {
        List<TensorSpec> specs = new ArrayList<>();
        makings.forEach((name, making) -> specs.add(making.spec));
        tensors.forEach((name, tensor) -> {
            if (!makings.containsKey(name)) {
                specs.add(TensorSpec.of(tensor));
            }
        });
        return specs;
    }

    @Override
    public Optional<Tensor> find(String name) {
        Making making = makings.get(name);
        if (making != null && !tensors.containsKey(name)) {
            tensors.put(name, making.maker.get());
        }
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public void close() {
        arena.close();
        file.close();
    }
}
