package dev.backplane.engine.model;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import java.util.List;

/// Which layers see only a window of positions, and how wide it is.
///
/// `attention.sliding_window` is the width, the own position included.
/// `attention.sliding_window_pattern` is a flag for each layer, or a period of which one layer sees
/// everything.
final class Windows {
    private static final int WINDOW_MAX = 1 << 28;
    private static final int PERIOD_MAX = 1_024;

    private final int width;
    private final boolean[] local;

    private Windows(int width, boolean[] local) {
        this.width = width;
        this.local = local;
    }

    /// @param period where the file says none
    /// @param globalFirst whether the first of a period's layers sees everything, or the last
    static Windows of(Metadata metadata, Hyperparameters sizes, int period, boolean globalFirst) {
        String prefix = sizes.architecture() + ".attention.sliding_window";
        int width = (int) metadata.integer(prefix, 0, WINDOW_MAX, 0);
        boolean[] local = new boolean[sizes.layers()];
        String pattern = prefix + "_pattern";
        if (metadata.find(pattern).orElse(null) instanceof Items items) {
            flags(metadata, pattern, items, local);
        } else {
            int every = (int) metadata.integer(pattern, 0, PERIOD_MAX, period);
            for (int i = 0; i < local.length; i++) {
                int place = every == 0 ? 0 : i % every;
                local[i] = every > 0 && (globalFirst ? place > 0 : place < every - 1);
            }
        }
        return new Windows(width, local);
    }

    private static void flags(Metadata metadata, String key, Items items, boolean[] local) {
        List<MetadataValue> values =
                items.size() < local.length ? List.of() : items.values().subList(0, local.length);
        for (int i = 0; i < local.length; i++) {
            if (i >= values.size() || !(values.get(i) instanceof Flag(boolean flag))) {
                throw Problem.invalid(
                                "%d values, not a flag for each of %d layers"
                                        .formatted(items.size(), local.length),
                                "%s, key '%s'".formatted(metadata.source(), key))
                        .fix("use a file that says which layers have a window");
            }
            local[i] = flag;
        }
    }

    /// Whether a layer sees a window only.
    boolean isLocal(int layer) {
        return width > 0 && local[layer];
    }

    /// Positions that a layer sees; 0 for all.
    int window(int layer) {
        return isLocal(layer) ? width : 0;
    }
}
