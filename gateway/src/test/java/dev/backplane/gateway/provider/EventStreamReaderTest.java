package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/// Against Amazon's own encoder.
class EventStreamReaderTest {
    /// Of all types but byte and short, whose values that encoder forgets (its 1.0.1).
    private static HeaderValue value(RandomGenerator random) {
        return switch (random.nextInt(7)) {
            case 0 -> HeaderValue.fromBoolean(random.nextBoolean());
            case 1 -> HeaderValue.fromInteger(random.nextInt());
            case 2 -> HeaderValue.fromLong(random.nextLong());
            case 3 -> HeaderValue.fromByteArray(new byte[1 + random.nextInt(300)]);
            case 4 -> HeaderValue.fromTimestamp(Instant.ofEpochMilli(random.nextInt()));
            case 5 -> HeaderValue.fromUuid(new UUID(random.nextLong(), random.nextLong()));
            default -> HeaderValue.fromString("v" + random.nextInt());
        };
    }

    private static Message message(RandomGenerator random) {
        Map<String, HeaderValue> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            headers.put("h" + i, value(random));
        }
        byte[] payload = new byte[random.nextInt(2_000)];
        random.nextBytes(payload);
        return new Message(headers, payload);
    }

    /// Headers of other types than text are passed over.
    private static String text(HeaderValue value) {
        return value.toString().startsWith("\"v") ? value.getString() : "";
    }

    private static byte[] encoded(List<Message> messages) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        messages.forEach(message -> message.encode(bytes));
        return bytes.toByteArray();
    }

    /// Hands out pieces of any size.
    private static InputStream pieces(byte[] bytes, RandomGenerator random) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1 + random.nextInt(50)));
            }
        };
    }

    @Test
    void readsWhatAmazonWrites() {
        Gen.check(
                300,
                random -> {
                    List<Message> messages = new ArrayList<>();
                    for (int i = random.nextInt(5); i >= 0; i--) {
                        messages.add(message(random));
                    }
                    EventStreamReader reader =
                            new EventStreamReader(pieces(encoded(messages), random), "test");
                    for (Message message : messages) {
                        assertThat(reader.next()).isTrue();
                        assertThat(reader.payload().bytes()).isEqualTo(message.getPayload());
                        message.getHeaders()
                                .forEach((name, value) ->
                                        assertThat(reader.header(name)).isEqualTo(text(value)));
                    }
                    assertThat(reader.next()).isFalse();
                });
    }

    @Test
    void headersOfAnySizeArePassedOver() throws IOException {
        byte[] headers = HexFormat.of().parseHex("0162" + "02" + "ff" + "0173" + "03" + "0102");
        ByteBuffer bytes = ByteBuffer.allocate(16 + headers.length + 6);
        bytes.putInt(bytes.capacity()).putInt(headers.length + 6).putInt(crc(bytes));
        bytes.put(headers).put(new byte[] {1, 't', 7, 0, 1, 'x'}).putInt(crc(bytes));

        EventStreamReader reader =
                new EventStreamReader(new ByteArrayInputStream(bytes.array()), "test");

        assertThat(reader.next()).isTrue();
        assertThat(reader.header("t")).isEqualTo("x");
        assertThat(reader.header("b")).isEmpty();
    }

    /// Of what has been written so far.
    private static int crc(ByteBuffer bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes.array(), 0, bytes.position());
        return (int) crc.getValue();
    }

    @Test
    void oneChangedBitOrAMissingEndIsAProblem() {
        Gen.check(
                1_000,
                random -> {
                    byte[] bytes = encoded(List.of(message(random)));
                    if (random.nextBoolean()) {
                        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    } else {
                        bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length - 1));
                    }
                    byte[] broken = bytes;
                    assertThatThrownBy(() -> drain(broken))
                            .isInstanceOfSatisfying(
                                    Problem.class,
                                    problem ->
                                            assertThat(problem.kind())
                                                    .isEqualTo(Problem.Kind.UNAVAILABLE));
                });
    }

    private static void drain(byte[] bytes) throws IOException {
        EventStreamReader reader = new EventStreamReader(new ByteArrayInputStream(bytes), "test");
        while (reader.next()) {
            assertThat(reader.payload().length()).isLessThan(bytes.length);
        }
    }

    @Test
    void aLengthThatCannotBeIsRefusedBeforeItIsBelieved() {
        for (int length : new int[] {15, -1, EventStreamReader.MESSAGE_BYTES_MAX + 1}) {
            ByteBuffer prelude = ByteBuffer.allocate(12).putInt(length).putInt(0);
            prelude.putInt(crc(prelude));

            assertThatThrownBy(() -> drain(prelude.array())).hasMessageContaining("impossible");
        }
    }
}
