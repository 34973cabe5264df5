package dev.backplane.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

class JsonOutTest {
    private static final String[] PIECES = {
        "a", "plain", "\"", "\\", "\n", "\u0000", "\u001f", " ", "~", "\u007f", "é", "€", "😀",
        "\uFFFD"
    };

    /// Long runs of plain ASCII with anything at any place in between.
    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(8);
        for (int i = 0; i < pieces; i++) {
            text.append("x".repeat(random.nextInt(random.nextInt(20) == 0 ? 9_000 : 20)));
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    private static List<String> read(Slice json) {
        List<String> texts = new ArrayList<>();
        try (JsonParser parser = Json.parser(json)) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_ARRAY);
            while (parser.nextToken() == JsonToken.VALUE_STRING) {
                texts.add(parser.getString());
            }
            assertThat(parser.currentToken()).isEqualTo(JsonToken.END_ARRAY);
            assertThat(parser.nextToken()).isNull();
        }
        return texts;
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (int seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<String> texts = new ArrayList<>();
            JsonOut out = new JsonOut(random.nextInt(50)).beginArray();
            for (int i = random.nextInt(10); i > 0; i--) {
                String text = text(random);
                texts.add(text);
                if (random.nextBoolean()) {
                    out.text(text);
                } else {
                    out.text(Slice.of(text.getBytes(StandardCharsets.UTF_8)));
                }
            }
            assertThat(read(out.endArray().slice())).as("seed " + seed).isEqualTo(texts);
        }
    }

    @Test
    void everyByteIsEscapedWhereverItStands() {
        for (int value = 0; value < 128; value++) {
            for (int before = 0; before < 17; before++) {
                String text = "x".repeat(before) + (char) value + "y".repeat(16 - before);
                Slice written = new JsonOut().beginArray().text(Slice.of(text)).endArray().slice();
                assertThat(read(written)).containsExactly(text);
            }
        }
    }

    @Test
    void aSliceStaysWhenMoreIsWritten() {
        JsonOut out = new JsonOut(4).beginArray().text("one");
        Slice begun = out.slice();
        String before = begun.text();
        out.text("two".repeat(100)).endArray();
        assertThat(begun.text()).isEqualTo(before).isEqualTo("[\"one\"");
        assertThat(read(out.slice())).containsExactly("one", "two".repeat(100));
    }

    /// A text that holds the replacement character is not malformed for that.
    @Test
    void decodesWhatIsWellFormedAsItIsAndKeepsWhatIsNot() {
        for (int seed = 0; seed < 500; seed++) {
            String text = text(new SplittableRandom(seed));
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertThat(Wtf8.decode(bytes, 0, bytes.length)).isEqualTo(text);
        }
        String lone = "a\uD800b\uFFFDc";
        byte[] bytes = Wtf8.encode(lone);
        assertThat(Wtf8.decode(bytes, 0, bytes.length)).isEqualTo(lone);
    }
}
