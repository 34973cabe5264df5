package dev.backplane.tensor.machine;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Functions for products of tiles of one format with a few rows of activations, each written when
/// it is first asked for. A function takes, in this order:
///
/// - the address of the heads of a group of 32 rows, and that of its bodies; the next group's, if
///   there is one, are as far behind as they are long together
/// - how many blocks there are, at least one
/// - the address of the records of the activations: for each run of 32 columns, one for each row
/// - the address of 32 floats that it writes for the first row, and the bytes from there to those
///   of the next
///
/// A *record* is what a run of one row of activations is, [#RECORD] bytes:
///
/// | at | what |
/// |---|---|
/// | 0 | 32 levels, signed bytes, in the order that [RecordCode] says |
/// | [#SCALE] | their scale, a float |
/// | [#START] | what whole sums of products begin with, a whole number |
/// | [#SECOND_START] | the same of columns 16 to 31, where they have a sum of their own |
/// | [#SUM] | scale times the sum of levels, a float |
public final class TileCode {
    public static final int RECORD = 48;
    public static final int LEVELS = 0;
    public static final int SCALE = 32;
    public static final int START = 36;
    public static final int SECOND_START = 40;
    public static final int SUM = 44;

    /// Formats of tiles, as the kernels describe them.
    public enum Format {
        Q8_0(RecordCode.BYTES),
        Q4_0(RecordCode.NIBBLES),
        Q4_K(RecordCode.NIBBLES),
        Q6_K(RecordCode.SIX_BITS);

        private final RecordCode records;

        Format(RecordCode records) {
            this.records = records;
        }
    }

    /// Where functions are that are not for so many rows.
    private static final int PANEL = 9;

    private static final int MATRICES = 10;

    private static final Map<Format, Optional<TileCode>> ALL = all();

    private final Format format;
    private final AtomicReferenceArray<@Nullable Code> functions;
    private final Optional<Integer> panelRunBytes;

    private TileCode(Format format) {
        this.format = format;
        this.functions = new AtomicReferenceArray<>(MATRICES + 1);
        this.panelRunBytes =
                MatrixUnit.isHere() && format != Format.Q6_K
                        ? Optional.of(PanelEmitter.runBytes(format))
                        : Optional.empty();
    }

    private static Map<Format, Optional<TileCode>> all() {
        Map<Format, Optional<TileCode>> all = new EnumMap<>(Format.class);
        for (Format format : Format.values()) {
            all.put(
                    format,
                    MachineCode.obstacle().isPresent()
                            ? Optional.empty()
                            : Optional.of(new TileCode(format)));
        }
        return all;
    }

    /// That of a format, where the processor has what it takes.
    public static Optional<TileCode> of(Format format) {
        return Objects.requireNonNull(ALL.get(format));
    }

    /// How it wants its activations; as many rows as lie together are multiplied at once, at most.
    public RecordCode records() {
        return format.records;
    }

    /// The function for so many rows.
    public Code of(int rows) {
        Code known = functions.get(rows);
        return known != null ? known : make(rows, emitter(rows).bytes());
    }

    /// Bytes of a panel for each run, if there are functions that multiply by way of one.
    public Optional<Integer> panelRunBytes() {
        return panelRunBytes;
    }

    /// The function that makes a panel of a group, for [#matrices]: it takes heads, bodies and the
    /// number of blocks, and where to write the panel.
    public Code panel() {
        Code known = functions.get(PANEL);
        return known != null ? known : make(PANEL, new PanelEmitter(format).bytes());
    }

    /// The function that multiplies a panel with eight rows of activations at a time. It takes the
    /// address of the panel and how often it has [#panelRuns] runs, that of the records and how
    /// often there are eight rows of them, and then where to write, as the others do.
    public Code matrices() {
        Code known = functions.get(MATRICES);
        return known != null ? known : make(MATRICES, new MatrixEmitter(format).bytes());
    }

    /// Runs that are multiplied in one step, of which columns have to be a whole number.
    public int panelRuns() {
        return MatrixEmitter.runs(format);
    }

    private Code make(int place, byte[] instructions) {
        Code code = MachineCode.code(instructions);
        functions.set(place, code);
        return code;
    }

    private TileEmitter emitter(int rows) {
        return switch (format) {
            case Q8_0 -> new Q8Emitter(rows);
            case Q4_0 -> new Q4Emitter(rows);
            case Q4_K -> new Q4KEmitter(rows);
            case Q6_K -> new Q6KEmitter(rows);
        };
    }
}
