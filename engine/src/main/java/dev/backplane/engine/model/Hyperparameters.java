package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;

/// The sizes of a decoder, as its file gives them.
///
/// @param architecture as in `general.architecture`
/// @param layers blocks of attention and feed-forward
/// @param width of the residual stream
/// @param heads of queries
/// @param keyHeads of keys and values; `heads` is a multiple
/// @param headWidth of queries, keys and values
/// @param contextMax positions that the model was made for
/// @param epsilon of the norms
public record Hyperparameters(
        String architecture,
        int layers,
        int width,
        int heads,
        int keyHeads,
        int headWidth,
        int contextMax,
        float epsilon) {
    private static final int LAYERS_MAX = 1_024;
    private static final int WIDTH_MAX = 1 << 18;
    private static final int HEADS_MAX = 4_096;
    private static final int CONTEXT_MAX = 1 << 28;

    /// Reads them from the keys that begin with the architecture's name.
    ///
    /// @throws Problem when a key is missing or absurd
    public static Hyperparameters of(Metadata metadata) {
        String architecture = metadata.text("general.architecture");
        String prefix = architecture + ".";
        int layers = (int) metadata.integer(prefix + "block_count", 1, LAYERS_MAX);
        int width = (int) metadata.integer(prefix + "embedding_length", 1, WIDTH_MAX);
        int heads = (int) metadata.integer(prefix + "attention.head_count", 1, HEADS_MAX);
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
                (int) metadata.integer(prefix + "context_length", 1, CONTEXT_MAX),
                (float) metadata.real(prefix + "attention.layer_norm_rms_epsilon"));
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
