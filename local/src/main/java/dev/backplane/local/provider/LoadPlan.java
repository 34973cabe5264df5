package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.engine.Engine;
import dev.backplane.engine.huggingface.Checkpoint;
import dev.backplane.engine.model.Hyperparameters;
import dev.backplane.engine.model.KeyValueCache;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.local.ModelFiles;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.WeightMatrix;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// What loading a model will take, known from the head of its file.
///
/// @param architecture by its name in the file
/// @param type of most weights
/// @param parameters how many weights there are
/// @param context positions that a request may have
/// @param rows of the largest step
/// @param cacheBlocks of keys and values, for all requests together
/// @param kv what they are kept in
/// @param weightBytes what a step reads of them: tiles, in memory of our own or in pages of the
///   file that keeps them, and what is read in the pages of the model's file. Pages count as
///   memory: a step reads all of them, and is as slow as the disk when they are not there.
/// @param cacheBytes keys and values, and states of requests where the model has some
/// @param scratchBytes rows of a step and logits, about
/// @param adapterBytes of the model's own adapter, about
/// @param draft of the small model that guesses, if there is one
record LoadPlan(
        String architecture,
        String type,
        long parameters,
        int context,
        int rows,
        int cacheBlocks,
        CacheType kv,
        long weightBytes,
        long cacheBytes,
        long scratchBytes,
        long adapterBytes,
        Optional<LoadPlan> draft) {
    /// Rows of the largest step, but of encoders, which take a text as a whole: more of a prompt at
    /// once computes little faster, and others wait.
    static final int ROWS = 256;

    private static final int CONTEXT_MIN = 1_024;

    /// Rows' intermediate results, in widths of the model and of its gate.
    private static final int WIDTHS = 8;

    private static final int INNERS = 4;
    private static final long INNER_MAX = 1 << 20;

    /// Of a model, with its draft model where engines guess by one.
    ///
    /// @throws Problem when its files are damaged, or of a kind that is not known
    static LoadPlan of(ModelFiles files, LocalSettings settings) {
        Path path = files.weights();
        if (Files.isDirectory(path) && !Checkpoint.isIn(path)) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "model '%s' is a folder without a config.json".formatted(files.name()),
                            path.toString())
                    .fix("name a GGUF file, or a folder with config.json and model.safetensors");
        }
        long adapter = files.adapters().stream().mapToLong(LocalModel::adapterBytes).sum();
        try (ModelFile file = LocalModel.file(path)) {
            Optional<DraftFile> draft = DraftFile.of(files, settings);
            if (draft.isEmpty()) {
                return of(files, file, Optional.empty(), adapter, settings);
            }
            try (ModelFile small = LocalModel.file(draft.get().path())) {
                return of(files, file, Optional.of(small), adapter, settings);
            }
        }
    }

    /// Where nobody said how long requests may be, the context is made shorter before a model is
    /// refused.
    private static LoadPlan of(
            ModelFiles files,
            ModelFile file,
            Optional<ModelFile> draft,
            long adapter,
            LocalSettings settings) {
        Hyperparameters sizes = Hyperparameters.of(file.metadata());
        boolean asked = files.parameters().get("num_ctx") instanceof JsonTree.Number;
        int context = Math.min(context(files, settings), sizes.contextMax());
        LoadPlan plan = of(file, draft, context, adapter, settings);
        while (!asked && plan.bytes() > settings.memoryBytes() && context > CONTEXT_MIN) {
            context = Math.max(CONTEXT_MIN, context / 2);
            plan = of(file, draft, context, adapter, settings);
        }
        return plan;
    }

    private static LoadPlan of(
            ModelFile file,
            Optional<ModelFile> draft,
            int context,
            long adapter,
            LocalSettings settings) {
        return of(
                file,
                context,
                adapter,
                draft.map(small -> {
                    int most = Hyperparameters.of(small.metadata()).contextMax();
                    return of(small, Math.min(context, most), 0, Optional.empty(), settings);
                }),
                settings);
    }

    private static int context(ModelFiles files, LocalSettings settings) {
        return files.parameters().get("num_ctx") instanceof JsonTree.Number number
                        && number.real() >= 1
                ? (int) number.real()
                : settings.context();
    }

    private static LoadPlan of(
            ModelFile file,
            int context,
            long adapter,
            Optional<LoadPlan> draft,
            LocalSettings settings) {
        Hyperparameters sizes = Hyperparameters.of(file.metadata());
        int blocks = Math.ceilDiv(context, KeyValueCache.BLOCK);
        long vocabulary = file.tensor("token_embd.weight").shape().rows();
        long inner = 0;
        String length = sizes.architecture() + ".feed_forward_length";
        if (file.metadata().has(length)) {
            for (long each :
                    file.metadata().integersPerLayer(length, sizes.layers(), 0, INNER_MAX)) {
                inner = Math.max(inner, each);
            }
        }
        int rows = sizes.architecture().equals("bert") ? Math.max(ROWS, context) : ROWS;
        long row = (long) WIDTHS * sizes.width() + INNERS * inner;
        long guesses = settings.speculation().rowsMax();
        long outputs = settings.runningMax() + guesses + Engine.SCORES_MAX;
        return new LoadPlan(
                sizes.architecture(),
                type(file),
                parameters(file),
                context,
                rows,
                blocks,
                settings.kv(),
                weights(file),
                blocks * KeyValueCache.blockBytes(sizes, settings.kv())
                        + settings.runningMax() * LocalModel.stateBytes(file.metadata(), sizes),
                Float.BYTES * (rows * row + outputs * vocabulary),
                adapter,
                draft);
    }

    private static long parameters(ModelFile file) {
        return file.specs().stream().mapToLong(spec -> spec.shape().elements()).sum();
    }

    private static String type(ModelFile file) {
        Map<ElementType, Long> counts = new EnumMap<>(ElementType.class);
        file.specs().forEach(spec -> counts.merge(spec.type(), spec.shape().elements(), Long::sum));
        return counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(most -> most.getKey().name())
                .orElse("");
    }

    private static long weights(ModelFile file) {
        boolean tied = file.find("output.weight").isEmpty();
        long bytes = 0;
        for (TensorSpec spec : file.specs()) {
            boolean embedding = spec.name().equals("token_embd.weight");
            boolean tiled =
                    spec.shape().dimensions().size() > 1
                            && WeightMatrix.hasTiles(spec.type())
                            && (!embedding || tied);
            bytes += tiled ? WeightMatrix.tileBytes(file.tensor(spec.name())) : spec.bytes();
            bytes += tiled && embedding ? spec.bytes() : 0;
        }
        return bytes;
    }

    long bytes() {
        long own = weightBytes + cacheBytes + scratchBytes + adapterBytes;
        return own + draft.map(LoadPlan::bytes).orElse(0L);
    }

    LocalModel.Options options() {
        return new LocalModel.Options(cacheBlocks, rows, context, kv);
    }

    /// In words, with the numbers.
    String text() {
        String own =
                "%s of weights, %s of keys and values (%s) for %,d positions, %s to compute in"
                        .formatted(
                                Bytes.text(weightBytes),
                                Bytes.text(cacheBytes),
                                kv.id(),
                                context,
                                Bytes.text(scratchBytes));
        String adapter =
                adapterBytes > 0 ? ", %s of an adapter".formatted(Bytes.text(adapterBytes)) : "";
        return own
                + adapter
                + draft.map(small -> ", %s of a draft model".formatted(Bytes.text(small.bytes())))
                        .orElse("");
    }
}
