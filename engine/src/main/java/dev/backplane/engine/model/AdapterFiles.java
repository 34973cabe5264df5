package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
/// The numbers are copied as floats: the files may go, and are small beside a model's.
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

    private final Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    private int rank;
    private long bytes;

    private AdapterFiles(String name, String source, Map<String, WeightMatrix> matrices) {
        this.name = name;
        this.source = source;
        this.matrices = matrices;
    }

    /// @param matrices of the model, by name
    /// @throws Problem when it is damaged, of another model, or of a kind that is not known
    static Adapter read(
            String name, Path path, ModelFile model, Map<String, WeightMatrix> matrices) {
        if (Files.isDirectory(path)) {
            try (PeftAdapter files = PeftAdapter.open(path, model)) {
                return build(name, path, matrices, files.found());
            }
        }
        try (GgufModel file = GgufModel.open(path)) {
            check(file.metadata(), model.metadata());
            return build(name, path, matrices, found(file));
        }
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

    private static Adapter build(
            String name, Path path, Map<String, WeightMatrix> matrices, Map<String, Found> found) {
        AdapterFiles files = new AdapterFiles(name, path.toString(), matrices);
        boolean built = false;
        try {
            Adapter adapter = files.build(found);
            built = true;
            return adapter;
        } finally {
            if (!built) {
                files.arena.close();
            }
        }
    }

    private Adapter build(Map<String, Found> found) {
        if (found.isEmpty()) {
            throw Problem.invalid("it changes nothing", source).fix("use a file with a LoRA");
        }
        Map<String, Integer> rows = new LinkedHashMap<>();
        for (Map.Entry<String, WeightMatrix> entry : matrices.entrySet()) {
            Matcher slice = SLICE.matcher(entry.getKey());
            boolean part = slice.matches();
            String whole = part ? slice.group(1) : entry.getKey();
            Found its = found.get(whole);
            if (its != null && adaptable(whole)) {
                add(entry.getValue(), its, part ? Long.parseLong(slice.group(2)) : 0);
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
        return new Adapter(name, arena, pairs, rank, bytes);
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

    /// @param from the first of the rows of `b` that are this matrix's
    private void add(WeightMatrix matrix, Found found, long from) {
        long low = found.a.shape().rows();
        boolean flat =
                found.a.shape().dimensions().size() == 2
                        && found.b.shape().dimensions().size() == 2;
        if (!flat
                || found.a.shape().columns() != matrix.columns()
                || found.b.shape().columns() != low
                || found.b.shape().rows() < from + matrix.rows()) {
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
        WeightMatrix a = floats(found.a, 0, low, RowOrder.SAME);
        WeightMatrix b = floats(found.b, from, matrix.rows(), found.rows);
        pairs.put(matrix.name(), new Adapter.Pair(a, b, found.scale));
        rank = Math.max(rank, (int) low);
        bytes += a.bytes() + b.bytes();
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
