package dev.backplane.ingest.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Json;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

class JsonBytesTest {
    private static final byte[] MUTATIONS = "{}[],:\"\\0123456789.-+eEtrufalsn \n".getBytes();

    /// One value and nothing after it, says Jackson.
    private static boolean jacksonAccepts(Slice text) {
        try (JsonParser parser = Json.parser(text)) {
            int depth = 0;
            JsonToken token = parser.nextToken();
            if (token == null) {
                return false;
            }
            while (token != null) {
                if (token.isStructStart()) {
                    depth++;
                } else if (token.isStructEnd()) {
                    depth--;
                } else if (token == JsonToken.VALUE_STRING) {
                    parser.getString();
                }
                token = parser.nextToken();
                if (depth == 0) {
                    return token == null;
                }
            }
            return false;
        } catch (JacksonException e) {
            return false;
        }
    }

    private static boolean accepts(Slice text) {
        try {
            JsonBytes.checked(text, 1, "test");
            return true;
        } catch (Problem problem) {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
            return false;
        }
    }

    @Test
    void acceptsWhatJacksonAccepts() {
        Gen.check(
                2_000,
                random -> {
                    Slice json = Slice.of(Gen.json(random, 4));
                    assertThat(accepts(json)).isTrue();
                });
    }

    @Test
    void judgesDamagedTextAsJacksonDoes() {
        Gen.check(
                20_000,
                random -> {
                    byte[] bytes = Slice.of(Gen.json(random, 3)).bytes();
                    for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
                        bytes[random.nextInt(bytes.length)] =
                                MUTATIONS[random.nextInt(MUTATIONS.length)];
                    }
                    Slice text = Slice.of(bytes);
                    if (text.isAscii()) {
                        assertThat(accepts(text)).as(text.text()).isEqualTo(jacksonAccepts(text));
                    } else if (jacksonAccepts(text)) {
                        assertThat(accepts(text)).as(text.text()).isTrue();
                    }
                });
    }

    @Test
    void partsPutTogetherAreTheWhole() {
        Gen.check(
                2_000,
                random -> {
                    Slice json = JsonBytes.compact(Slice.of(Gen.jsonObject(random, 4)));
                    JsonOut out = new JsonOut().beginObject();
                    JsonBytes.members(json, (name, value) -> out.name(name).json(rebuilt(value)));
                    assertThat(normal(out.endObject().slice())).isEqualTo(normal(json));
                });
    }

    private static Slice rebuilt(Slice value) {
        if (!JsonBytes.isArray(value)) {
            return value;
        }
        JsonOut out = new JsonOut().beginArray();
        JsonBytes.elements(value, out::json);
        return out.endArray().slice();
    }

    /// Escapes may be written in several ways: all names and strings decoded.
    private static List<String> normal(Slice json) {
        List<String> tokens = new ArrayList<>();
        try (JsonParser parser = Json.parser(json)) {
            while (parser.nextToken() != null) {
                tokens.add(parser.currentToken() + " " + parser.getString());
            }
        }
        return tokens;
    }

    @Test
    void decodesStringsAsJacksonDoes() {
        Gen.check(
                3_000,
                random -> {
                    String text = Gen.string(random, 40);
                    StringBuilder escaped = new StringBuilder("\"");
                    for (char c : text.toCharArray()) {
                        boolean needed =
                                c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c);
                        if (needed || Gen.oneIn(random, 5)) {
                            escaped.append("\\u%04x".formatted((int) c));
                        } else {
                            escaped.append(c);
                        }
                    }
                    Slice json = Slice.of(escaped.append('"').toString());
                    assertThat(JsonBytes.string(json)).isEqualTo(text);
                });
    }

    @Test
    void compactTakesSpaceOnlyBetweenTokens() {
        Slice json = Slice.of(" { \"a b\" : [ 1 , \"x \\\" y\" ] ,\n \"c\":1.50e+1 } ");

        assertThat(JsonBytes.compact(json).text())
                .isEqualTo("{\"a b\":[1,\"x \\\" y\"],\"c\":1.50e+1}");
    }

    @Test
    void errorsNameLineAndColumn() {
        assertThatThrownBy(() -> JsonBytes.checked(Slice.of("{\n \"a\": 01}"), 7, "file"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("line 8, column 8")
                .hasMessageContaining("file");
    }

    @Test
    void refusesDeepNestingAndTakesManyKeys() {
        String deep = "[".repeat(10_000) + "]".repeat(10_000);
        StringBuilder wide = new StringBuilder("{\"k\":0");
        for (int i = 0; i < 1_000_000; i++) {
            wide.append(",\"k").append(i).append("\":1");
        }
        long[] count = new long[1];
        JsonBytes.members(
                JsonBytes.checked(Slice.of(wide.append('}').toString()), 1, "test"),
                (_, _) -> count[0]++);

        assertThat(count[0]).isEqualTo(1_000_001);
        assertThatThrownBy(() -> JsonBytes.checked(Slice.of(deep), 1, "test"))
                .hasMessageContaining("nested deeper than 1000 levels");
    }
}
