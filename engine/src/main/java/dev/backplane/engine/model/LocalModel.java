package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.engine.huggingface.Checkpoint;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.GgufModel;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/// A model file with its decoder and the cache that its requests share. For one thread; closing it
/// frees weights and cache.
public final class LocalModel implements AutoCloseable {
    /// The architectures that can be computed, by their name in GGUF.
    public static final List<String> ARCHITECTURES =
            List.of(
                    "llama",
                    "qwen2",
                    "qwen3",
                    "qwen3moe",
                    "gemma3",
                    "phi3",
                    "gpt-oss",
                    "deepseek2",
                    "cohere2",
                    "cohere2moe",
                    "nemotron_h",
                    "nemotron_h_moe",
                    "bert");

    private final ModelFile file;
    private final Arena arena;
    private final KeyValueCache cache;
    private final AdaptedDecoder decoder;
    private final Options options;

    private LocalModel(
            ModelFile file,
            Arena arena,
            KeyValueCache cache,
            AdaptedDecoder decoder,
            Options options) {
        this.file = file;
        this.arena = arena;
        this.cache = cache;
        this.decoder = decoder;
        this.options = options;
    }

    /// @param cacheBlocks of 16 positions, shared by all requests
    /// @param rowsMax rows of the largest step
    /// @param contextMax positions of the longest request; at most what the model was made for
    /// @param cacheType what keys and values are kept in
    public record Options(int cacheBlocks, int rowsMax, int contextMax, CacheType cacheType) {
        /// With keys and values as they are computed.
        public Options(int cacheBlocks, int rowsMax, int contextMax) {
            this(cacheBlocks, rowsMax, contextMax, CacheType.F32);
        }

        public Options {
            if (cacheBlocks < 1 || rowsMax < 1 || contextMax < 1) {
                throw new IllegalArgumentException(
                        "cacheBlocks, rowsMax and contextMax must be at least 1");
            }
        }
    }

    /// Opens what a path names: a GGUF file, or a folder that Hugging Face's libraries saved to.
    ///
    /// @throws Problem when it is damaged, or of a kind that is not known
    public static ModelFile file(Path path) {
        return Checkpoint.isIn(path) ? Checkpoint.open(path) : GgufModel.open(path);
    }

    /// Opens a model, whose weights are mapped; those that have tiles are repacked.
    ///
    /// @throws Problem when the file is damaged, or of an architecture that is not known
    public static LocalModel open(Path path, Compute compute, Options options) {
        return open(path, compute, options, Optional.empty());
    }

    /// As above, with a place to keep what was repacked for the next time.
    public static LocalModel open(
            Path path, Compute compute, Options options, Optional<TileCache> kept) {
        ModelFile file = file(path);
        @SuppressWarnings("MustBeClosedChecker") // the model's close() does
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try {
            Thread warmUp = compute.warmUp(types(file));
            try (TileCache.Tiles tiles =
                    kept.map(cache -> cache.open(path, compute.pool(), arena))
                            .orElseGet(TileCache.None::new)) {
                LocalModel model = open(file, arena, compute, options, tiles);
                tiles.done();
                await(warmUp);
                opened = true;
                return model;
            }
        } finally {
            if (!opened) {
                arena.close();
                file.close();
            }
        }
    }

    /// The types of its matrices, by what is known before any is made.
    private static Set<ElementType> types(ModelFile file) {
        Set<ElementType> types = EnumSet.noneOf(ElementType.class);
        for (TensorSpec spec : file.specs()) {
            if (spec.shape().rows() > 1) {
                types.add(spec.type());
            }
        }
        return types;
    }

    private static void await(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Bytes that a request has beside the cache while it runs.
    public static long stateBytes(Metadata metadata, Hyperparameters sizes) {
        return metadata.has(sizes.architecture() + ".ssm.state_size")
                ? StateSpace.Widths.of(metadata, sizes).stateBytes(metadata, sizes)
                : 0;
    }

    private static LocalModel open(
            ModelFile file, Arena arena, Compute compute, Options options, TileCache.Tiles tiles) {
        String architecture = file.metadata().text("general.architecture");
        if (!ARCHITECTURES.contains(architecture)) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "architecture '%s' is not known".formatted(architecture),
                            file.source())
                    .fix("use one of " + String.join(", ", ARCHITECTURES));
        }
        Hyperparameters sizes = Hyperparameters.of(file.metadata());
        KeyValueCache cache = new KeyValueCache(sizes, options.cacheType, options.cacheBlocks);
        boolean opened = false;
        try {
            Products products = new Products(compute, arena, options.rowsMax);
            Loading loading =
                    new Loading(
                            file,
                            sizes,
                            compute,
                            products,
                            cache,
                            tiles,
                            arena,
                            options.rowsMax,
                            Math.min(options.contextMax, sizes.contextMax()));
            Decoder decoder =
                    switch (architecture) {
                        case "llama" -> Llama.load(loading);
                        case "qwen2" -> Qwen2.load(loading);
                        case "gemma3" -> Gemma3.load(loading);
                        case "phi3" -> Phi3.load(loading);
                        case "gpt-oss" -> GptOss.load(loading);
                        case "deepseek2" -> DeepSeek2.load(loading);
                        case "nemotron_h", "nemotron_h_moe" -> NemotronH.load(loading);
                        case "bert" -> Bert.load(loading);
                        case "cohere2", "cohere2moe" -> Cohere2.load(loading);
                        default -> Qwen3.load(loading);
                    };
            cache.allocate();
            opened = true;
            return new LocalModel(
                    file, arena, cache, new AdaptedDecoder(decoder, products), options);
        } finally {
            if (!opened) {
                cache.close();
            }
        }
    }

    public ModelFile file() {
        return file;
    }

    public Decoder decoder() {
        return decoder;
    }

    /// Reads an adapter for this model: a GGUF file, or a folder as PEFT writes it, see
    /// [AdapterFiles]. Other threads may use the model meanwhile; the adapter is to be closed
    /// before it.
    ///
    /// @param room told of the bytes that it takes, before they are taken; may throw
    /// @throws Problem when it is damaged, of another model, or of a kind that is not known
    public Adapter adapter(String name, Path path, LongConsumer room) {
        return AdapterFiles.read(name, path, file, decoder.products().matrices(), room);
    }

    /// The same, whatever it takes.
    public Adapter adapter(String name, Path path) {
        return adapter(name, path, _ -> {});
    }

    /// Memory that an adapter takes, about, by the heads of its files.
    ///
    /// @throws Problem when they are damaged
    public static long adapterBytes(Path path) {
        return AdapterFiles.bytes(path);
    }

    /// Positions of the longest request.
    public int contextMax() {
        return Math.min(options.contextMax, decoder.sizes().contextMax());
    }

    /// Rows of the largest step.
    public int rowsMax() {
        return options.rowsMax;
    }

    /// Blocks of the cache.
    public int cacheBlocks() {
        return cache.blocks();
    }

    @Override
    public void close() {
        cache.close();
        arena.close();
        file.close();
    }
}
