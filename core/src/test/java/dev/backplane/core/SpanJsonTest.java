package dev.backplane.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;

class SpanJsonTest {
    /// Gives its bytes in blocks of one size, so that characters are cut everywhere.
    private record Blocks(byte[] bytes, int block) implements Content {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes) {
                @Override
                public int read(byte[] target, int offset, int length) {
                    return super.read(target, offset, Math.min(block, length));
                }
            };
        }
    }

    private static String write(Content text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Json.writeText(text, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void textComesBackFromJsonAsItWas() throws IOException {
        String[] parts = {
            "plain", "\"", "\\", "\n", "\u0000", "\u001f", "é", "北京", "🛫", "\ud83d", "\udc00",
            "\u2028"
        };
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(4_000); i > 0; i--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            Content content = new Blocks(Wtf8.encode(text.toString()), 1 + random.nextInt(9));
            try (JsonParser parser = Json.parser(write(content))) {
                parser.nextToken();
                assertThat(parser.getString()).as("seed %d", seed).isEqualTo(text.toString());
            }
        }
    }

    @Test
    void bytesThatAreNoTextBecomeReplacements() throws IOException {
        byte[][] broken = {
            {(byte) 0xFF},
            {(byte) 0xC0, (byte) 0x80},
            {'a', (byte) 0xE2, (byte) 0x82},
            {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
            {(byte) 0xE0, (byte) 0x80, 'b'}
        };
        for (byte[] bytes : broken) {
            String json = write(new Blocks(bytes, 1));
            assertThat(json).startsWith("\"").endsWith("\"").contains("\ufffd");
        }
        assertThat(write(new Blocks(new byte[] {'a', (byte) 0xE2, 'b'}, 1)))
                .isEqualTo("\"a\ufffdb\"");
    }

    @Test
    void writesEveryKindOfValue() throws IOException {
        SpanData data =
                SpanData.builder()
                        .put(Field.NAME, "say \"hi\"")
                        .put(Field.START_TIME, 1_767_323_045_000_000_006L)
                        .put(Field.INPUT, Value.json("[{\"a\" : 1.50}]"))
                        .put(Field.COST, Value.of(Double.NaN))
                        .put(
                                Field.ATTRIBUTES,
                                new Value.Attributes(
                                        List.of(
                                                new Value.Attribute("k", Value.of(1)),
                                                new Value.Attribute(
                                                        "b",
                                                        new Value.Binary(
                                                                Slice.of(new byte[] {1, 2, 3, 4}))),
                                                new Value.Attribute("k", Value.of(true)))))
                        .put(
                                Field.EVENTS,
                                new Value.Events(
                                        List.of(
                                                new Value.Event("e", 0, List.of()),
                                                new Value.Event(
                                                        "f",
                                                        1,
                                                        List.of(
                                                                new Value.Attribute(
                                                                        "x", Value.of(0.5)))))))
                        .build();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SpanJson.write(new Span(new SpanKey("p", "t", "s"), data, 1), out);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"trace_id\":\"t\",\"span_id\":\"s\",\"project\":\"p\","
                                + "\"name\":\"say \\\"hi\\\"\","
                                + "\"start_time\":\"2026-01-02T03:04:05.000000006Z\","
                                + "\"input\":[{\"a\" : 1.50}],\"cost\":null,"
                                + "\"attributes\":{\"k\":true,\"b\":\"AQIDBA==\"},"
                                + "\"events\":[{\"name\":\"e\",\"attributes\":{}},"
                                + "{\"name\":\"f\",\"time\":\"1970-01-01T00:00:00.000000001Z\","
                                + "\"attributes\":{\"x\":0.5}}]}");
    }
}
