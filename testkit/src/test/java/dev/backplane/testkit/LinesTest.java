package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Lines;
import dev.backplane.core.Slice;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LinesTest {
    private record Read(long number, long start, String text) {}

    private static List<Read> read(Lines lines) {
        List<Read> all = new ArrayList<>();
        for (Optional<Slice> line = lines.next(); line.isPresent(); line = lines.next()) {
            all.add(new Read(lines.number(), lines.start(), line.get().text()));
        }
        return all;
    }

    private static List<Read> expected(String text) {
        List<Read> all = new ArrayList<>();
        String[] lines = text.split("\n");
        long start = 0;
        for (int i = 0; i < lines.length; i++) {
            if (!lines[i].isBlank()) {
                all.add(new Read(i + 1, start, lines[i]));
            }
            start += lines[i].getBytes(StandardCharsets.UTF_8).length + 1;
        }
        return all;
    }

    @Test
    void linesSplitAtAnyByteReadTheSame() {
        String text = "\n{\"a\":\"ä🛫\"}\r\n \n\nlast";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            InputStream halves =
                    new java.io.SequenceInputStream(
                            new Slice(bytes, 0, cut).open(),
                            new Slice(bytes, cut, bytes.length - cut).open());
            assertThat(read(new Lines(halves, 100))).as("cut at %d", cut).isEqualTo(expected(text));
        }
    }

    @Test
    void longLinesSplitAnywhereReadTheSame() {
        Gen.check(
                200,
                random -> {
                    String text =
                            "ab\n\n"
                                    + Gen.identifier(random, 0, 200_000)
                                    + "\r\nlast"
                                    + (random.nextBoolean() ? "\n" : "");
                    Lines lines = new Lines(new Dribble(Slice.of(text).open(), random), 1 << 20);

                    assertThat(read(lines)).isEqualTo(expected(text));
                    assertThat(lines.bytes()).isEqualTo(text.length());
                });
    }

    @Test
    void ofALineAboveTheLimitItsStartIsGiven() {
        Lines lines = new Lines(Slice.of("ab\nabcdef\nabc\n").open(), 3);

        assertThat(lines.next()).contains(Slice.of("ab"));
        assertThat(lines.tooLong()).isFalse();
        assertThat(lines.next()).contains(Slice.of("abc"));
        assertThat(lines.tooLong()).isTrue();
        assertThat(lines.next()).contains(Slice.of("abc"));
        assertThat(lines.tooLong()).isFalse();
        assertThat(lines.start()).isEqualTo(10);
        assertThat(lines.next()).isEmpty();
    }

    /// Gives what it has in pieces of random length.
    private static final class Dribble extends FilterInputStream {
        private final RandomGenerator random;

        Dribble(InputStream in, RandomGenerator random) {
            super(in);
            this.random = random;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return super.read(bytes, offset, Math.min(length, 1 + random.nextInt(70_000)));
        }
    }
}
