package dev.backplane.tensor.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// Vectors in blocks of sixteen, written one by one and read as the floats of a block: what a cache
/// of keys and values is made of. Number `i` of vector `c` is at `16 i + c` of a block of columns,
/// at `width c + i` of a block of rows.
///
/// ```
/// F32     float[16 width]
/// F16     half[16 width]                              too large a number becomes the largest
/// Q8_0    byte[16 width]  half[16 ⌈width / 32⌉]       x = byte · scale; the scale of run r, of 32
///                                                     numbers, of vector c is at 16 r + c
/// ```
///
/// Scales and bytes of Q8_0 are those of ggml's type, which has them beside each other. Lives as
/// long as the arena it is from; threads share it by agreement on who writes where.
public final class PackedBlocks {
    /// Vectors of a block.
    public static final int VECTORS = Elementwise.COLUMNS;

    private static final int RUN = Widening.RUN;
    private static final long ALIGNMENT = 64;
    private static final int LEVELS = 127;
    private static final float HALF_MAX = 65_504;

    /// How vectors lie in a block.
    public enum Form {
        COLUMNS,
        ROWS
    }

    private final CacheType type;
    private final Form form;
    private final int width;
    private final long blockBytes;
    private final MemorySegment segment;
    private final Widening widening;

    private PackedBlocks(
            Arena arena, CacheType type, Form form, long blocks, int width, Widening widening) {
        this.type = type;
        this.form = form;
        this.width = width;
        this.blockBytes = bytes(type, width);
        this.segment = arena.allocate(Math.multiplyExact(blocks, blockBytes), ALIGNMENT);
        this.widening = widening;
    }

    /// So many blocks of zeros.
    public static PackedBlocks allocate(
            Arena arena, CacheType type, Form form, long blocks, int width) {
        return new PackedBlocks(arena, type, form, blocks, width, VectorWidening.best());
    }

    /// The same, read by plain code: the twin.
    static PackedBlocks plain(Arena arena, CacheType type, Form form, long blocks, int width) {
        return new PackedBlocks(arena, type, form, blocks, width, new ScalarWidening());
    }

    /// Bytes of a block.
    public static long bytes(CacheType type, int width) {
        long numbers = (long) VECTORS * width;
        return switch (type) {
            case F32 -> Float.BYTES * numbers;
            case F16 -> Short.BYTES * numbers;
            case Q8_0 -> numbers + (long) Short.BYTES * VECTORS * Math.ceilDiv(width, RUN);
        };
    }

    /// Takes `x[at]` and following as a vector of a block.
    public void put(long block, int vector, FloatArray x, int at) {
        long to = block * blockBytes;
        switch (type) {
            case F32 -> {
                for (int i = 0; i < width; i++) {
                    long index = to + 4 * index(vector, i);
                    segment.set(ValueLayout.JAVA_FLOAT, index, x.get(at + i));
                }
            }
            case F16 -> {
                for (int i = 0; i < width; i++) {
                    putHalf(to + 2 * index(vector, i), x.get(at + i));
                }
            }
            case Q8_0 -> {
                for (int first = 0; first < width; first += RUN) {
                    putRun(to, vector, first, Math.min(width, first + RUN), x, at);
                }
            }
        }
    }

    private long index(int vector, int i) {
        return form == Form.COLUMNS ? (long) VECTORS * i + vector : (long) width * vector + i;
    }

    private void putHalf(long at, float x) {
        float within = Math.clamp(x, -HALF_MAX, HALF_MAX);
        segment.set(Memory.SHORT, at, Float.floatToFloat16(within));
    }

    private void putRun(long to, int vector, int first, int end, FloatArray x, int at) {
        float most = 0;
        for (int i = first; i < end; i++) {
            most = Math.max(most, Math.abs(x.get(at + i)));
        }
        float scale = most / LEVELS;
        float inverse = scale < Float.MIN_NORMAL ? 0 : 1 / scale;
        putHalf(to + Widening.scale(width, first / RUN, vector), scale);
        for (int i = first; i < end; i++) {
            float level = x.get(at + i) * inverse;
            byte nearest = (byte) (level + Math.copySign(0.5f, level));
            segment.set(ValueLayout.JAVA_BYTE, to + index(vector, i), nearest);
        }
    }

    /// `out[outAt]` and following = the numbers of a block, as they lie in it.
    public void get(long block, FloatArray out, int outAt) {
        long at = block * blockBytes;
        int count = VECTORS * width;
        Objects.checkFromIndexSize(at, blockBytes, segment.byteSize());
        if (type == CacheType.F32) {
            out.set(outAt, segment, at, count);
        } else if (type == CacheType.F16) {
            widening.halves(segment, at, out, outAt, count);
        } else if (form == Form.COLUMNS) {
            widening.columns(segment, at, width, out, outAt);
        } else {
            widening.rows(segment, at, width, out, outAt);
        }
    }
}
