package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Zmm;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Functions for products of rows of weights, floats of one kind that are read where they are, with
/// a few rows of activations. Each takes the address of its arguments, numbers of 64 bits, of which
/// it changes [#OUT]:
///
/// | at | what |
/// |---|---|
/// | [#WEIGHTS], [#STEP] | the address of the first row, and the bytes from there to the next |
/// | [#X], [#X_STEP] | the same of the activations, which are floats of 32 bits |
/// | [#VECTORS] | how many times 16 columns there are, at least one |
/// | [#GROUPS] | how many groups of rows, at least one |
/// | [#OUT], [#OUT_STEP] | the address of the first row's results, and the bytes to the next |
///
/// Results are floats, for each row of activations one of each row of weights.
///
/// A sum is that of sixteen, for columns 16 apart, added up by halves.
public enum RowCode {
    F32(4),
    F16(2),
    BF16(2);

    /// Rows of weights in a group, where it is not one alone.
    public static final int GROUP = 4;

    /// Rows of activations that a function takes, at most.
    public static final int ROWS_MAX = 6;

    public static final int WEIGHTS = 0;
    public static final int STEP = 8;
    public static final int X = 16;
    public static final int X_STEP = 24;
    public static final int VECTORS = 32;
    public static final int GROUPS = 40;
    public static final int OUT = 48;
    public static final int OUT_STEP = 56;

    /// Bytes of the arguments.
    public static final int ARGUMENTS = 64;

    /// Columns of a vector of floats.
    static final int COLUMNS = 16;

    private static final int BITS_16 = 16;

    private final int bytes;
    private final AtomicReferenceArray<@Nullable Code> made =
            new AtomicReferenceArray<>(4 * (ROWS_MAX + 1));

    RowCode(int bytes) {
        this.bytes = bytes;
    }

    /// The function for groups of four rows of weights, or of one.
    ///
    /// @param rows of activations
    /// @param more whether results are added to what is there
    public Code code(boolean four, int rows, boolean more) {
        int place = 4 * rows + (four ? 2 : 0) + (more ? 1 : 0);
        Code known = made.get(place);
        if (known != null) {
            return known;
        }
        int group = four ? GROUP : 1;
        Code code = MachineCode.code(new RowEmitter(this, group, rows, more).bytes());
        made.set(place, code);
        return code;
    }

    /// Bytes of a weight.
    int bytes() {
        return bytes;
    }

    /// Reads sixteen weights as floats.
    void load(Assembler code, Zmm to, At from) {
        switch (this) {
            case F32 -> code.vmovdqu32(to, from);
            case F16 -> code.vcvtph2ps(to, from);
            case BF16 -> {
                code.vpmovzxwd(to, from);
                code.vpslld(to, to, BITS_16);
            }
        }
    }
}
