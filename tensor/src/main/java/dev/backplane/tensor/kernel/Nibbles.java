package dev.backplane.tensor.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// 32 columns of four-bit numbers of 32 rows, as tiles hold them: eight lines of 64 bytes, in each
/// 16-bit lane four columns, the lowest bits first.
final class Nibbles {
    private static final int LINE = TileFormat.LINE;
    private static final int LINES = 8;

    private Nibbles() {}

    /// Adds up q · x over 32 columns in 16-bit lanes, modulo 2¹⁶, from `begin` on.
    static IntVector sum(long lines, long x, short begin) {
        ShortVector sum = ShortVector.broadcast(Memory.S, begin);
        for (int j = 0; j < LINES; j += 2) {
            sum = four(sum, lines + (long) j * LINE, x + j * 8L);
            sum = four(sum, lines + LINE + (long) j * LINE, x + 8 + j * 8L);
        }
        return sum.reinterpretAsInts();
    }

    private static ShortVector four(ShortVector sum, long line, long x) {
        ShortVector v = Memory.shorts(line);
        ShortVector first = v.and((short) 0xF).mul(Memory.getShort(x));
        ShortVector second =
                v.lanewise(VectorOperators.LSHR, 4).and((short) 0xF).mul(Memory.getShort(x + 2));
        ShortVector third =
                v.lanewise(VectorOperators.LSHR, 8).and((short) 0xF).mul(Memory.getShort(x + 4));
        ShortVector fourth = v.lanewise(VectorOperators.LSHR, 12).mul(Memory.getShort(x + 6));
        return sum.add(first).add(second).add(third.add(fourth));
    }

    /// The signed lower halves as floats.
    static FloatVector low(IntVector pairs) {
        return toFloat(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
    }

    /// The signed upper halves as floats.
    static FloatVector high(IntVector pairs) {
        return toFloat(pairs.lanewise(VectorOperators.ASHR, 16));
    }

    static FloatVector toFloat(IntVector values) {
        return (FloatVector) values.convertShape(VectorOperators.I2F, Memory.F, 0);
    }

    /// Writes q · scale + offset of 32 columns, each 32 floats in order of rows.
    static void decode(
            long lines,
            long panel,
            long stride,
            FloatVector scaleLow,
            FloatVector offsetLow,
            FloatVector scaleHigh,
            FloatVector offsetHigh) {
        for (int j = 0; j < LINES; j++) {
            IntVector v = Memory.ints(lines + (long) j * LINE);
            long to = panel + 4L * j * stride;
            for (int k = 0; k < 4; k++) {
                FloatVector low = toFloat(v.lanewise(VectorOperators.LSHR, 4 * k).and(0xF));
                FloatVector high = toFloat(v.lanewise(VectorOperators.LSHR, 16 + 4 * k).and(0xF));
                Memory.put(low.fma(scaleLow, offsetLow), to + k * stride);
                Memory.put(high.fma(scaleHigh, offsetHigh), to + k * stride + 64);
            }
        }
    }

    /// The scalar twin: column `k` of a lane.
    static int at(long lines, int lane, int k) {
        return Memory.getShort(lines + (long) (k / 4) * LINE + 2L * lane) >> 4 * (k % 4) & 0xF;
    }
}
