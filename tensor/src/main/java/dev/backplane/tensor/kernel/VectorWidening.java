package dev.backplane.tensor.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector form, for vectors of 256 bits and more: of fewer, four bytes would be one, and there
/// is no vector of so few.
final class VectorWidening implements Widening {
    /// Sets the exponent right when sign, exponent and fraction of a 16-bit float are where a float
    /// has them; exact, also for what is below the normal numbers.
    private static final float FACTOR = 0x1p112f;

    private static final int LANES = Memory.LANES;
    private static final int LANES_LEAST = 8;

    /// As many bytes as there are floats in a vector.
    private static final VectorSpecies<Byte> QUARTER_B =
            VectorSpecies.of(
                    byte.class, VectorShape.forBitSize(Math.max(64, Memory.F.vectorBitSize() / 4)));

    private final ScalarWidening scalar = new ScalarWidening();

    /// The vector form where the machine has the vectors for it.
    static Widening best() {
        return LANES >= LANES_LEAST ? new VectorWidening() : new ScalarWidening();
    }

    private static FloatVector halves(long at) {
        IntVector wide =
                (IntVector)
                        ShortVector.fromMemorySegment(Memory.HALF_S, Memory.ALL, at, Memory.LITTLE)
                                .convertShape(VectorOperators.S2I, Memory.I, 0);
        return wide.lanewise(VectorOperators.LSHL, 13)
                .and(0x8FFF_FFFF)
                .reinterpretAsFloats()
                .mul(FACTOR);
    }

    private static FloatVector bytes(long at) {
        return (FloatVector)
                ByteVector.fromMemorySegment(QUARTER_B, Memory.ALL, at, Memory.LITTLE)
                        .convertShape(VectorOperators.B2F, Memory.F, 0);
    }

    @Override
    public void halves(MemorySegment from, long at, FloatArray out, int outAt, int count) {
        long source = from.address() + at;
        long to = out.address(outAt, count);
        int whole = count / LANES * LANES;
        for (int i = 0; i < whole; i += LANES) {
            Memory.put(halves(source + 2L * i), to + 4L * i);
        }
        scalar.halves(from, at + 2L * whole, out, outAt + whole, count - whole);
    }

    @Override
    public void columns(MemorySegment from, long at, int width, FloatArray out, int outAt) {
        long source = from.address() + at;
        long to = out.address(outAt, (long) VECTORS * width);
        for (int first = 0; first < width; first += RUN) {
            int count = Math.min(RUN, width - first);
            for (int part = 0; part < VECTORS; part += LANES) {
                FloatVector scale = halves(source + Widening.scale(width, first / RUN, part));
                int index = VECTORS * first + part;
                column(source + index, scale, count, to + 4L * index);
            }
        }
    }

    private static void column(long from, FloatVector scale, int count, long to) {
        for (int i = 0; i < count; i++) {
            Memory.put(bytes(from + VECTORS * i).mul(scale), to + 4L * VECTORS * i);
        }
    }

    @Override
    public void rows(MemorySegment from, long at, int width, FloatArray out, int outAt) {
        long source = from.address() + at;
        long to = out.address(outAt, (long) VECTORS * width);
        int whole = width / RUN * RUN;
        for (int row = 0; row < VECTORS; row++) {
            for (int first = 0; first < whole; first += RUN) {
                long at16 = source + Widening.scale(width, first / RUN, row);
                float scale = Float.float16ToFloat(Memory.getShort(at16));
                int index = width * row + first;
                for (int i = index; i < index + RUN; i += LANES) {
                    Memory.put(bytes(source + i).mul(scale), to + 4L * i);
                }
            }
            ScalarWidening.rowEnd(from, at, width, row, whole, out, outAt);
        }
    }
}
