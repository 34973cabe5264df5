package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.safetensors.SafetensorsModel;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads adapters: GGUF files as llama.cpp's `convert_lora_to_gguf.py` writes them, and folders as
/// Hugging Face's PEFT does ([PeftAdapter]).
///
/// | key or tensor of a GGUF adapter | what |
/// |---|---|
/// | `general.type` | `adapter` |
/// | `adapter.type` | `lora` |
/// | `general.architecture` | that of the model |
/// | `adapter.lora.alpha` | the scale is this by the rank; 0: the scale is 1 |
/// | `NAME.lora_a` | rank × inputs of matrix `NAME` |
/// | `NAME.lora_b` | outputs of matrix `NAME` × rank |
///
/// The numbers are copied as floats: the files may go, and are small beside a model's. Whoever asks
/// is told how much memory that takes before it is taken.
final class AdapterFiles {
    /// A matrix in full, or rows of one that is several: `NAME[FROM:TO]`.
    private static final Pattern SLICE = Pattern.compile("(.+)\\[(\\d+):(\\d+)]");

    private static final int RANK_MAX = 4_096;
    private static final int NAMES_SHOWN = 12;
    private static final long ALIGNMENT = 64;

    /// What a file says of one matrix.
    ///
    /// @param a of rank × inputs
    /// @param b of outputs × rank
    /// @param rows the place of each row of `b` in the matrix, where they are in another order
    record Found(Tensor a, Tensor b, float scale, RowOrder rows) {}

    /// Which row of a file's matrix is row `row` of the model's.
    interface RowOrder {
        RowOrder SAME = row -> row;

        long of(long row);
    }

    private final String name;
    private final String source;
    private final Map<String, WeightMatrix> matrices;

    @SuppressWarnings("MustBeClosedChecker") // the adapter's close() does
    private final Arena arena = Arena.ofShared();

    /// What one of the model's matrices gets.
    ///
    /// @param from the first of the rows of `b` that are this matrix's
    private record Place(WeightMatrix matrix, Found found, long from) {
        long rank() {
            return found.a.shape().rows();
        }

        long bytes() {
            return rank() * (matrix.columns() + (long) matrix.rows()) * Float.BYTES;
        }
    }

    private AdapterFiles(String name, String source, Map<String, WeightMatrix> matrices) {
        this.name = name;
        this.source = source;
        this.matrices = matrices;
    }

    /// @param matrices of the model, by name
    /// @param room told of the bytes that it takes, before they are taken
    /// @throws Problem when it is damaged, of another model, or of a kind that is not known
    static Adapter read(
            String name,
            Path path,
            ModelFile model,
            Map<String, WeightMatrix> matrices,
            LongConsumer room) {
        AdapterFiles files = new AdapterFiles(name, path.toString(), matrices);
        boolean built = false;
        try {
            Adapter adapter = files.read(path, model, room);
            built = true;
            return adapter;
        } finally {
            if (!built) {
                files.arena.close();
            }
        }
    }

    private Adapter read(Path path, ModelFile model, LongConsumer room) {
        if (Files.isDirectory(path)) {
            try (PeftAdapter files = PeftAdapter.open(path, model)) {
                return build(files.found(), room);
            }
        }
        try (GgufModel file = GgufModel.open(path)) {
            check(file.metadata(), model.metadata());
            return build(found(file), room);
        }
    }

    /// What an adapter takes, about: more where a matrix of its files is several of the model's.
    static long bytes(Path path) {
        if (Files.isDirectory(path)) {
            try (SafetensorsModel file = PeftAdapter.weights(path)) {
                return bytes(file);
            }
        }
        try (GgufModel file = GgufModel.open(path)) {
            return bytes(file);
        }
    }

    private static long bytes(TensorSet file) {
        return Float.BYTES
                * file.tensors().stream().mapToLong(tensor -> tensor.shape().elements()).sum();
    }

    private static void check(Metadata adapter, Metadata model) {
        String type = adapter.findText("general.type").orElse("model");
        String kind = adapter.findText("adapter.type").orElse("");
        if (!type.equals("adapter") || !kind.equals("lora")) {
            throw Problem.invalid(
                            "no LoRA: general.type is '%s', adapter.type '%s'"
                                    .formatted(type, kind),
                            adapter.source())
                    .fix("give a GGUF file with a LoRA, or a folder as PEFT writes it");
        }
        if (adapter.has("adapter.alora.invocation_tokens")) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "the adapter is to begin at an invocation (aLoRA)",
                            adapter.source())
                    .fix("use a LoRA that is meant for the whole prompt");
        }
        String own = adapter.text("general.architecture");
        String wanted = model.text("general.architecture");
        if (!own.equals(wanted)) {
            throw Problem.invalid(
                            "an adapter of architecture '%s' for a model of '%s'"
                                    .formatted(own, wanted),
                            adapter.source())
                    .fix("use an adapter that was trained on this model");
        }
        if (Rope.isHalved(model, wanted)) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "a GGUF adapter, whose rows are in another order than the model's",
                            adapter.source())
                    .fix("use the adapter as PEFT saved it, or the model as GGUF");
        }
    }

    private static Map<String, Found> found(GgufModel file) {
        double alpha = file.metadata().real("adapter.lora.alpha", 0);
        Map<String, Found> found = new LinkedHashMap<>();
        for (Tensor tensor : file.tensors()) {
            if (tensor.name().endsWith(".lora_a")) {
                String target = tensor.name().substring(0, tensor.name().length() - 7);
                long rank = tensor.shape().rows();
                found.put(
                        target,
                        new Found(
                                tensor,
                                file.tensor(target + ".lora_b"),
                                (float) (alpha == 0 ? 1 : alpha / rank),
                                RowOrder.SAME));
            } else if (!tensor.name().endsWith(".lora_b")) {
                throw unknown(tensor.name(), file.source());
            }
        }
        checkPairs(file, found.size());
        return found;
    }

    private static void checkPairs(TensorSet file, int pairs) {
        if (file.tensors().size() != 2 * pairs) {
            throw Problem.invalid(
                            "%,d tensors are %,d pairs and a rest"
                                    .formatted(file.tensors().size(), pairs),
                            file.source())
                    .fix("use a file that has a lora_a for each lora_b");
        }
    }

    static Problem unknown(String tensor, String source) {
        return Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "tensor '%s' is no part of a plain LoRA".formatted(tensor),
                        source)
                .fix("train without biases, modules to save, DoRA and the like, or merge it");
    }

    private Adapter build(Map<String, Found> found, LongConsumer room) {
        if (found.isEmpty()) {
            throw Problem.invalid("it changes nothing", source).fix("use a file with a LoRA");
        }
        List<Place> places = places(found);
        places.forEach(this::check);
        long bytes = places.stream().mapToLong(Place::bytes).sum();
        room.accept(bytes);
        Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
        int rank = 0;
        for (Place place : places) {
            WeightMatrix a = floats(place.found.a, 0, place.rank(), RowOrder.SAME);
            long rows = place.matrix.rows();
            WeightMatrix b = floats(place.found.b, place.from, rows, place.found.rows);
            pairs.put(place.matrix.name(), new Adapter.Pair(a, b, place.found.scale));
            rank = Math.max(rank, (int) place.rank());
        }
        return new Adapter(name, arena, pairs, rank, bytes);
    }

    private List<Place> places(Map<String, Found> found) {
        List<Place> places = new ArrayList<>();
        Map<String, Integer> rows = new LinkedHashMap<>();
        for (Map.Entry<String, WeightMatrix> entry : matrices.entrySet()) {
            Matcher slice = SLICE.matcher(entry.getKey());
            boolean part = slice.matches();
            String whole = part ? slice.group(1) : entry.getKey();
            Found its = found.get(whole);
            if (its != null && adaptable(whole)) {
                long from = part ? Long.parseLong(slice.group(2)) : 0;
                places.add(new Place(entry.getValue(), its, from));
                rows.merge(whole, entry.getValue().rows(), Integer::sum);
            }
        }
        found.forEach((target, its) -> {
            if (!rows.containsKey(target)) {
                throw noTarget(target);
            }
            if (its.b.shape().rows() != rows.get(target)) {
                throw misfit(target, its, rows.get(target), its.a.shape().columns());
            }
        });
        return places;
    }

    /// Of experts, and where latent keys and values are expanded, rows are gathered before they are
    /// multiplied.
    private static boolean adaptable(String matrix) {
        return !matrix.contains("_exps")
                && !matrix.matches(".*\\.ffn_(gate|up|down)\\.\\d+\\..*")
                && !matrix.matches(".*attn_(k|v|kv)_b\\..*");
    }

    private Problem noTarget(String target) {
        List<String> names =
                matrices.keySet().stream()
                        .filter(AdapterFiles::adaptable)
                        .map(known -> SLICE.matcher(known).replaceAll("$1"))
                        .map(known -> known.replaceFirst("^blk\\.\\d+\\.", "blk.N."))
                        .distinct()
                        .toList();
        String shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
        return Problem.invalid("it changes '%s', which cannot be changed".formatted(target), source)
                .fix("use an adapter of this model that changes only " + shown);
    }

    private Problem misfit(String target, Found found, long rows, long columns) {
        return Problem.invalid(
                        "its matrices for '%s' are %s and %s, and the model's is [%d, %d]"
                                .formatted(target, found.a.shape(), found.b.shape(), rows, columns),
                        source)
                .fix("use an adapter that was trained on this model");
    }

    private void check(Place place) {
        Found found = place.found;
        WeightMatrix matrix = place.matrix;
        long low = place.rank();
        boolean flat =
                found.a.shape().dimensions().size() == 2
                        && found.b.shape().dimensions().size() == 2;
        if (!flat
                || found.a.shape().columns() != matrix.columns()
                || found.b.shape().columns() != low
                || found.b.shape().rows() < place.from + matrix.rows()) {
            throw misfit(matrix.name(), found, matrix.rows(), matrix.columns());
        }
        if (low < 1 || low > RANK_MAX) {
            throw Problem.invalid("a rank of %,d for '%s'".formatted(low, matrix.name()), source)
                    .fix("use an adapter of rank 1 to %,d".formatted(RANK_MAX));
        }
        if (!Float.isFinite(found.scale)) {
            throw Problem.invalid("a scale of " + found.scale, source)
                    .fix("use an adapter whose alpha is a number");
        }
    }

    private WeightMatrix floats(Tensor tensor, long from, long rows, RowOrder order) {
        int columns = (int) tensor.shape().columns();
        MemorySegment data = arena.allocate(rows * columns * Float.BYTES, ALIGNMENT);
        float[] row = new float[columns];
        for (long i = 0; i < rows; i++) {
            tensor.decodeRow(order.of(from + i), row, 0);
            long at = i * columns * Float.BYTES;
            MemorySegment.copy(row, 0, data, ValueLayout.JAVA_FLOAT_UNALIGNED, at, columns);
        }
        return WeightMatrix.inPlace(
                new Tensor(tensor.name(), ElementType.F32, Shape.of(rows, columns), data));
    }
}
