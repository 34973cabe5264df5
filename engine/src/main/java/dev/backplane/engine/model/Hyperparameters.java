package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import java.util.Arrays;

/// The sizes of a decoder, as its file gives them.
///
/// @param architecture as in `general.architecture`
/// @param layers blocks of attention and feed-forward
/// @param width of the residual stream
/// @param heads of queries
/// @param keyHeads of keys and values; `heads` is a multiple
/// @param headWidth of queries, keys and values
/// @param cached what the cache keeps of a position
/// @param contextMax positions that the model was made for
/// @param epsilon of the norms
public record Hyperparameters(
        String architecture,
        int layers,
        int width,
        int heads,
        int keyHeads,
        int headWidth,
        Cached cached,
        int contextMax,
        float epsilon) {
    /// @throws Problem when heads are absurd together, though not each
    public Hyperparameters {
        if ((long) heads * headWidth > HEADS_WIDTH_MAX) {
            throw Problem.invalid(
                            "%,d heads of %,d numbers".formatted(heads, headWidth), architecture)
                    .fix(
                            "use a model with head_count times key_length of at most %,d"
                                    .formatted(HEADS_WIDTH_MAX));
        }
    }

    /// What a position has in the cache.
    ///
    /// @param layers that attend
    /// @param heads of keys and values
    /// @param keyWidth of a head
    /// @param valueWidth of a head; 0 where values are the beginning of keys
    public record Cached(int layers, int heads, int keyWidth, int valueWidth) {}

    private static final int LAYERS_MAX = 1_024;
    private static final int WIDTH_MAX = 1 << 18;
    private static final int HEADS_MAX = 4_096;
    private static final int CONTEXT_MAX = 1 << 28;

    /// Of all heads together; so much less than what a long holds that no need of memory that is
    /// worked out from sizes within their limits comes out too small.
    private static final int HEADS_WIDTH_MAX = 1 << 21;

    /// Reads them from the keys that begin with the architecture's name.
    ///
    /// @throws Problem when a key is missing or absurd
    public static Hyperparameters of(Metadata metadata) {
        String architecture = metadata.text("general.architecture");
        String prefix = architecture + ".";
        int layers = (int) metadata.integer(prefix + "block_count", 1, LAYERS_MAX);
        int width = (int) metadata.integer(prefix + "embedding_length", 1, WIDTH_MAX);
        if (metadata.has(prefix + "ssm.state_size")) {
            return hybrid(metadata, architecture, layers, width);
        }
        int heads = (int) metadata.integer(prefix + "attention.head_count", 1, HEADS_MAX);
        if (metadata.has(prefix + "attention.kv_lora_rank")) {
            return latent(metadata, architecture, layers, width, heads);
        }
        int keyHeads = (int) metadata.integer(prefix + "attention.head_count_kv", 1, heads, heads);
        int headWidth =
                (int)
                        metadata.integer(
                                prefix + "attention.key_length", 2, WIDTH_MAX, width / heads);
        long valueWidth =
                metadata.integer(prefix + "attention.value_length", 1, WIDTH_MAX, headWidth);
        if (heads % keyHeads != 0
                || valueWidth != headWidth
                || headWidth < 2
                || headWidth % 2 != 0) {
            throw Problem.invalid(
                            "%d heads of %d, %d of keys, values of %d"
                                    .formatted(heads, headWidth, keyHeads, valueWidth),
                            metadata.source())
                    .fix(
                            "use a model whose heads are a multiple of those of keys, of one even"
                                    + " width");
        }
        return new Hyperparameters(
                architecture,
                layers,
                width,
                heads,
                keyHeads,
                headWidth,
                new Cached(layers, keyHeads, headWidth, headWidth),
                (int) metadata.integer(prefix + "context_length", 1, CONTEXT_MAX),
                epsilon(metadata, prefix));
    }

    /// Keys and values of all heads are made of one short row, which is what the cache keeps, with
    /// what is turned beside it.
    private static Hyperparameters latent(
            Metadata metadata, String architecture, int layers, int width, int heads) {
        String prefix = architecture + ".";
        String of = prefix + "attention.";
        int rank = (int) metadata.integer(of + "kv_lora_rank", 1, WIDTH_MAX);
        String length =
                of + (metadata.has(of + "key_length_mla") ? "key_length_mla" : "key_length");
        int headWidth = (int) metadata.integer(length, 2, WIDTH_MAX);
        int turned = (int) metadata.integer(prefix + "rope.dimension_count", 2, headWidth - 1);
        if (turned % 2 != 0) {
            throw Problem.invalid("%d numbers to turn".formatted(turned), metadata.source())
                    .fix("use a model whose rope.dimension_count is even");
        }
        return new Hyperparameters(
                architecture,
                layers,
                width,
                heads,
                1,
                headWidth,
                new Cached(layers, 1, rank + turned, 0),
                (int) metadata.integer(prefix + "context_length", 1, CONTEXT_MAX),
                epsilon(metadata, prefix));
    }

    /// Some layers attend, others have a state or are feed-forward only.
    private static Hyperparameters hybrid(
            Metadata metadata, String architecture, int layers, int width) {
        String of = architecture + ".attention.";
        int heads = most(metadata, of + "head_count", layers, HEADS_MAX);
        int keyHeads = most(metadata, of + "head_count_kv", layers, HEADS_MAX);
        int headWidth =
                (int) metadata.integer(of + "key_length", 2, WIDTH_MAX, width / Math.max(1, heads));
        long valueWidth = metadata.integer(of + "value_length", 1, WIDTH_MAX, headWidth);
        if (keyHeads == 0 || heads % keyHeads != 0 || valueWidth != headWidth) {
            throw Problem.invalid(
                            "%d heads of %d, %d of keys, values of %d"
                                    .formatted(heads, headWidth, keyHeads, valueWidth),
                            metadata.source())
                    .fix("use a model whose heads are a multiple of those of keys, of one width");
        }
        Hyperparameters sizes =
                new Hyperparameters(
                        architecture,
                        layers,
                        width,
                        heads,
                        keyHeads,
                        headWidth,
                        new Cached(layers, keyHeads, headWidth, headWidth),
                        (int) metadata.integer(architecture + ".context_length", 1, CONTEXT_MAX),
                        epsilon(metadata, architecture + "."));
        int attending = Kinds.of(metadata, sizes).attending();
        return sizes.caching(new Cached(attending, keyHeads, headWidth, headWidth));
    }

    private Hyperparameters caching(Cached other) {
        return new Hyperparameters(
                architecture,
                layers,
                width,
                heads,
                keyHeads,
                headWidth,
                other,
                contextMax,
                epsilon);
    }

    private static int most(Metadata metadata, String key, int layers, int max) {
        long most = 0;
        for (long number : metadata.integersPerLayer(key, layers, 0, max)) {
            most = Math.max(most, number);
        }
        return (int) most;
    }

    /// What the layers of a model of several kinds are.
    static final class Kinds {
        private final long[] keyHeads;
        private final long[] inner;

        private Kinds(long[] keyHeads, long[] inner) {
            this.keyHeads = keyHeads;
            this.inner = inner;
        }

        /// @throws Problem when layers that attend differ, or one does two things
        static Kinds of(Metadata metadata, Hyperparameters sizes) {
            String prefix = sizes.architecture() + ".";
            String key = prefix + "attention.head_count_kv";
            int layers = sizes.layers();
            long[] keyHeads = metadata.integersPerLayer(key, layers, 0, HEADS_MAX);
            long[] inner =
                    metadata.integersPerLayer(
                            prefix + "feed_forward_length", layers, 0, 4L * WIDTH_MAX);
            for (int i = 0; i < layers; i++) {
                if (keyHeads[i] > 0 && (keyHeads[i] != sizes.keyHeads() || inner[i] > 0)) {
                    throw Problem.invalid(
                                    "layer %d has %d heads of keys and a gate of %d"
                                            .formatted(i, keyHeads[i], inner[i]),
                                    "%s, key '%s'".formatted(metadata.source(), key))
                            .fix("use a model whose layers attend alike, or not at all");
                }
            }
            return new Kinds(keyHeads, inner);
        }

        boolean attends(int layer) {
            return keyHeads[layer] > 0;
        }

        /// The width of feed-forward; 0 where there is none.
        int inner(int layer) {
            return (int) inner[layer];
        }

        int innerMax() {
            return (int) Arrays.stream(inner).max().orElse(0);
        }

        int attending() {
            return (int) Arrays.stream(keyHeads).filter(heads -> heads > 0).count();
        }
    }

    private static float epsilon(Metadata metadata, String prefix) {
        String layerNorm = prefix + "attention.layer_norm_epsilon";
        String rms = prefix + "attention.layer_norm_rms_epsilon";
        boolean isLayerNorm = !metadata.has(rms) && metadata.has(layerNorm);
        return (float) metadata.real(isLayerNorm ? layerNorm : rms);
    }

    /// Queries of a row.
    int queryWidth() {
        return heads * headWidth;
    }

    /// Keys, and values, of a row.
    int keyWidth() {
        return keyHeads * headWidth;
    }
}
