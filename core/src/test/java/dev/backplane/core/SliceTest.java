package dev.backplane.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class SliceTest {
    /// Whatever length was announced, and in whatever pieces the bytes come.
    @Test
    void readsWhatComesAndNoMoreThanAllowed() throws IOException {
        for (int seed = 0; seed < 2_000; seed++) {
            RandomGenerator random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            long announced = random.nextInt(-1, 2 * bytes.length + 1);
            int max = random.nextInt(2 * bytes.length + 2);

            Slice read = Slice.read(inPieces(bytes, random), announced, max);

            assertThat(read)
                    .as("seed %d", seed)
                    .isEqualTo(Slice.of(bytes).slice(0, Math.min(max, bytes.length)));
        }
    }

    private static InputStream inPieces(byte[] bytes, RandomGenerator random) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(5_000)));
            }
        };
    }
}
