package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SseReaderTest {
    private record Sent(String event, String data, boolean cut) {}

    /// Gives at most so many bytes a read.
    private static final class Trickle extends InputStream {
        private final InputStream bytes;
        private final RandomGenerator random;
        private final int most;

        Trickle(byte[] bytes, int most, RandomGenerator random) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.most = most;
            this.random = random;
        }

        @Override
        public int read() throws IOException {
            return bytes.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return bytes.read(into, offset, Math.min(length, 1 + random.nextInt(most)));
        }
    }

    private static List<Sent> read(InputStream in) throws IOException {
        SseReader reader = new SseReader(in, "test");
        List<Sent> events = new ArrayList<>();
        while (reader.next()) {
            events.add(new Sent(reader.event(), reader.data().text(), reader.cut()));
        }
        return events;
    }

    private static List<Sent> read(String stream) throws IOException {
        return read(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)));
    }

    private static Sent whole(String data) {
        return new Sent("", data, false);
    }

    @Test
    void followsTheStandard() throws IOException {
        assertThat(read("data: a\n\ndata:b\n\ndata:  c\n\n"))
                .containsExactly(whole("a"), whole("b"), whole(" c"));
        assertThat(read(": ping\n\nevent: x\ndata: 1\n\ndata: 2\n\n"))
                .containsExactly(new Sent("x", "1", false), whole("2"));
        assertThat(read("data: a\ndata: b\ndata\ndata:\n\n")).containsExactly(whole("a\nb\n\n"));
        assertThat(read("id: 7\nretry: 10\nevent: lonely\n\ndata: a\n\n"))
                .containsExactly(whole("a"));
        assertThat(read("\uFEFFdata: a\r\n\r\ndata: b\r\rdata: c\n\n"))
                .containsExactly(whole("a"), whole("b"), whole("c"));
        assertThat(read("")).isEmpty();
    }

    @Test
    void saysWhatTheEndCutOff() throws IOException {
        assertThat(read("data: a\n\ndata: b\n"))
                .containsExactly(whole("a"), new Sent("", "b", true));
        assertThat(read("data: [DONE]")).containsExactly(new Sent("", "[DONE]", true));
        assertThat(read("data: a\n\nda")).containsExactly(whole("a"));
    }

    /// A lone CR ends a line at once: the event must not wait for what comes after.
    @Test
    void anEventIsThereWithItsLastByte() throws IOException {
        for (String end : List.of("\n\n", "\r\r", "\r\n\r")) {
            byte[] bytes = ("data: a" + end).getBytes(StandardCharsets.US_ASCII);
            InputStream in =
                    new InputStream() {
                        private int at;

                        @Override
                        public int read() {
                            throw new AssertionError("reads blocks");
                        }

                        @Override
                        public int read(byte[] into, int offset, int length) {
                            if (at == bytes.length) {
                                throw new AssertionError("waits for more");
                            }
                            into[offset] = bytes[at++];
                            return 1;
                        }
                    };
            SseReader reader = new SseReader(in, "test");

            assertThat(reader.next()).isTrue();
            assertThat(reader.data().text()).isEqualTo("a");
        }
    }

    @Test
    void cutsAnywhereChangeNothing() {
        Gen.check(
                300,
                random -> {
                    StringBuilder stream = new StringBuilder();
                    List<Sent> sent = new ArrayList<>();
                    String newLine = Gen.pick(random, "\n", "\r\n", "\r");
                    for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
                        if (Gen.oneIn(random, 4)) {
                            stream.append(": comment").append(newLine);
                        }
                        String name = Gen.oneIn(random, 3) ? "delta" : "";
                        if (!name.isEmpty()) {
                            stream.append("event: ").append(name).append(newLine);
                        }
                        List<String> lines = new ArrayList<>();
                        for (int line = Gen.integer(random, 1, 3); line > 0; line--) {
                            lines.add(Gen.prose(random, 80).replaceAll("[\r\n]", "_"));
                        }
                        lines.forEach(line -> stream.append("data: ").append(line).append(newLine));
                        stream.append(newLine);
                        sent.add(new Sent(name, String.join("\n", lines), false));
                    }
                    byte[] bytes = stream.toString().getBytes(StandardCharsets.UTF_8);

                    assertThat(read(new Trickle(bytes, 1, random))).isEqualTo(sent);
                    assertThat(read(new Trickle(bytes, 40, random))).isEqualTo(sent);
                });
    }

    /// Each byte is moved a few times, not once for each line or each read.
    @Test
    void anEventOfAMillionLinesIsNotCopiedAMillionTimes() throws IOException {
        String line = "data: x\n";

        List<Sent> read = read(line.repeat(1_000_000) + "\n");

        assertThat(read).hasSize(1);
        assertThat(read.getFirst().data()).hasSize(1_999_999);
    }

    @Test
    void longEventsGrowTheBuffer() throws IOException {
        String text = "x".repeat(1 << 20);

        assertThat(read("data: " + text + "\n\ndata: b\n\n"))
                .containsExactly(whole(text), whole("b"));
    }
}
