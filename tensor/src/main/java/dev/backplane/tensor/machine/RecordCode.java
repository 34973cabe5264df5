package dev.backplane.tensor.machine;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A function that makes the records of a row of activations ([TileCode]), as weights of one way of
/// packing want them. It takes, in this order:
///
/// - the address of the row's floats
/// - how many runs of 32 there are, at least one
/// - the address of the first run's record, and the bytes from there to the next run's
///
/// The scale is the largest float over 127; levels are the nearest whole numbers, of two the even
/// one.
public enum RecordCode {
    /// Levels in order; whole sums begin at −128 times theirs.
    BYTES(8, 7),

    /// Of eight levels, the even columns before the odd ones; sums begin at −8 times theirs.
    NIBBLES(8, 3),

    /// Levels in order; 16 columns have a sum of their own, which begins at −32 times theirs.
    SIX_BITS(4, 5);

    private final int together;
    private final int startBits;
    private final AtomicReference<@Nullable Code> made = new AtomicReference<>();

    RecordCode(int together, int startBits) {
        this.together = together;
        this.startBits = startBits;
    }

    /// Rows of activations whose records lie together, those of a run one after the other: as many
    /// as are multiplied at once.
    public int together() {
        return together;
    }

    /// What is taken from each weight, as a power of two.
    int startBits() {
        return startBits;
    }

    /// The function, written when it is first asked for.
    public Code code() {
        Code known = made.get();
        if (known != null) {
            return known;
        }
        Code code = MachineCode.code(new RecordEmitter(this).bytes());
        made.set(code);
        return code;
    }
}
