package dev.backplane.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.tensor.kernel.PackedBlocks.Form;
import dev.backplane.testkit.Gen;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PackedBlocksTest {
    private static final int BLOCKS = 3;

    private static FloatArray random(RandomGenerator random, Arena arena, int size) {
        FloatArray array = FloatArray.allocate(arena, size);
        float factor = (float) Math.pow(10, Gen.integer(random, -6, 3));
        for (int i = 0; i < size; i++) {
            array.set(i, (float) random.nextGaussian() * factor);
        }
        return array;
    }

    private static float[] read(PackedBlocks blocks, long block, int width, Arena arena) {
        FloatArray out = FloatArray.allocate(arena, 3 + 16 * width);
        blocks.get(block, out, 3);
        float[] numbers = new float[16 * width];
        out.get(3, numbers, 0, numbers.length);
        return numbers;
    }

    /// Vectors come back as they were, but for what the type leaves out; the same to the bit by the
    /// plain form.
    @Test
    void whatIsPutIsReadNearly() {
        Gen.check(
                200,
                random -> {
                    CacheType type = Gen.pick(random, CacheType.values());
                    Form form = Gen.pick(random, Form.values());
                    int width = Gen.integer(random, 1, 150);
                    try (Arena arena = Arena.ofShared()) {
                        PackedBlocks vector =
                                PackedBlocks.allocate(arena, type, form, BLOCKS, width);
                        PackedBlocks plain = PackedBlocks.plain(arena, type, form, BLOCKS, width);
                        long block = Gen.integer(random, 0, BLOCKS - 1);
                        FloatArray x = random(random, arena, 2 + 16 * width);
                        for (int c = 0; c < 16; c++) {
                            vector.put(block, c, x, 2 + c * width);
                            plain.put(block, c, x, 2 + c * width);
                        }
                        float[] read = read(vector, block, width, arena);
                        assertThat(read(plain, block, width, arena)).isEqualTo(read);
                        for (int c = 0; c < 16; c++) {
                            for (int i = 0; i < width; i++) {
                                int at = form == Form.COLUMNS ? 16 * i + c : width * c + i;
                                float off = off(type, x, 2 + c * width, i, width);
                                float expected = x.get(2 + c * width + i);
                                assertThat(read[at]).isCloseTo(expected, within(off));
                            }
                        }
                        long other = (block + 1) % BLOCKS;
                        assertThat(read(vector, other, width, arena)).containsOnly(0);
                    }
                });
    }

    /// Half a unit of the last place; of Q8_0 half a level, and what a scale of 16 bits is off by.
    private static float off(CacheType type, FloatArray x, int at, int i, int width) {
        float most = 0;
        int run = i / 32 * 32;
        for (int k = run; k < Math.min(width, run + 32); k++) {
            most = Math.max(most, Math.abs(x.get(at + k)));
        }
        return switch (type) {
            case F32 -> 0;
            case F16 -> Math.max(Math.abs(x.get(at + i)) * 0x1p-11f, 0x1p-25f);
            case Q8_0 -> most / 127 * 0.501f + Math.max(most * 0x1p-11f, 127 * 0x1p-25f);
        };
    }

    /// Numbers that 16 bits have are kept, and one that is too large becomes the largest.
    @Test
    void numbersOf16BitsAreExact() {
        try (Arena arena = Arena.ofShared()) {
            PackedBlocks blocks =
                    PackedBlocks.allocate(arena, CacheType.F16, Form.ROWS, 1, 1 << 12);
            FloatArray x = FloatArray.allocate(arena, 1 << 16);
            for (int i = 0; i < 1 << 16; i++) {
                float number = Float.float16ToFloat((short) i);
                x.set(i, Float.isFinite(number) ? number : 1e30f);
            }
            for (int c = 0; c < 16; c++) {
                blocks.put(0, c, x, c << 12);
            }
            float[] read = read(blocks, 0, 1 << 12, arena);
            for (int i = 0; i < 1 << 16; i++) {
                assertThat(read[i]).isEqualTo(x.get(i) == 1e30f ? 65_504 : x.get(i));
            }
        }
    }

    @Test
    void bytesAreThoseOfTheType() {
        assertThat(PackedBlocks.bytes(CacheType.F32, 64)).isEqualTo(16 * 64 * 4);
        assertThat(PackedBlocks.bytes(CacheType.F16, 64)).isEqualTo(16 * 64 * 2);
        assertThat(PackedBlocks.bytes(CacheType.Q8_0, 64)).isEqualTo(16 * 2 * 34);
        assertThat(PackedBlocks.bytes(CacheType.Q8_0, 80)).isEqualTo(16 * (80 + 3 * 2));
    }

    @Test
    void thereIsNoBlockBehindTheLast() {
        try (Arena arena = Arena.ofShared()) {
            for (CacheType type : CacheType.values()) {
                PackedBlocks blocks = PackedBlocks.allocate(arena, type, Form.ROWS, 2, 32);
                FloatArray out = FloatArray.allocate(arena, 16 * 32);
                assertThatThrownBy(() -> blocks.get(2, out, 0))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> blocks.put(2, 0, out, 0))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }
}
