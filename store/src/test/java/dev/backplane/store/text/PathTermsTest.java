package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathTermsTest {
    private static List<String> terms(String json) {
        return terms(Slice.of(json));
    }

    private static List<String> terms(Slice json) {
        List<String> found = new ArrayList<>();
        try (PathTerms terms = new PathTerms(json)) {
            while (terms.next()) {
                Slice term = new Slice(terms.term(), 0, terms.length());
                int separator = 0;
                while (term.at(separator) != PathTerms.SEPARATOR) {
                    separator++;
                }
                found.add(
                        term.slice(0, separator).text()
                                + "="
                                + term.slice(separator + 1, term.length()).text());
            }
        }
        return found;
    }

    @Test
    void joinsKeysAndDropsArrays() {
        assertThat(
                        terms(
                                """
                                {"role":"assistant","tool_calls":[
                                  {"function":{"name":"get_user"},"n":[1,[2.50,{"x":null}]]},
                                  {"function":{"name":"caf\\u00e9"},"ok":true}],"":{"a":""}}
                                """))
                .containsExactly(
                        "role=assistant",
                        "tool_calls.function.name=get_user",
                        "tool_calls.n=1",
                        "tool_calls.n=2.50",
                        "tool_calls.n.x=null",
                        "tool_calls.function.name=café",
                        "tool_calls.ok=true",
                        ".a=");
        assertThat(terms("\"root\"")).isEmpty();
        assertThat(terms("[1,{\"a\":2}]")).containsExactly("a=2");
    }

    @Test
    void leavesOutWhatIsTooLong() {
        String fits = "v".repeat(PathTerms.VALUE_BYTES_MAX);
        String escaped = "\\u0041".repeat(PathTerms.VALUE_BYTES_MAX);

        assertThat(
                        terms(
                                "{\"a\":\"%s\",\"b\":\"%sx\",\"c\":\"%s\",\"d\":\"%sx\"}"
                                        .formatted(fits, fits, escaped, escaped)))
                .containsExactly("a=" + fits, "c=" + "A".repeat(PathTerms.VALUE_BYTES_MAX));

        String key = "k".repeat(PathTerms.PATH_BYTES_MAX - 2);
        assertThat(terms("{\"%s\":{\"a\":1,\"bc\":{\"d\":2}},\"z\":3}".formatted(key)))
                .containsExactly(key + ".a=1", "z=3");
    }

    @Test
    void isBoundedWhateverTheJson() {
        StringBuilder wide = new StringBuilder("{");
        for (int i = 0; i < 200_000; i++) {
            wide.append("\"key").append(i).append("\":").append(i).append(',');
        }
        assertThat(terms(wide.append("\"last\":1}").toString())).hasSize(PathTerms.TERMS_MAX);

        assertThat(terms("{\"a\":".repeat(10_000))).isEmpty();
        assertThat(terms("[".repeat(10_000))).isEmpty();
        String deep = "{\"a\":".repeat(17) + "1" + "}".repeat(16) + ",\"b\":2}";
        assertThat(terms(deep)).containsExactly("b=2");
    }

    @Test
    void givesWhatComesBeforeAnError() {
        assertThat(terms("{\"a\":1,\"b\":\"x\\q\",\"c\":2}")).startsWith("a=1");
        assertThat(terms("{\"a\":1,\"b\"")).containsExactly("a=1");
        Gen.check(
                2_000,
                random -> {
                    byte[] json = Slice.of(Gen.jsonObject(random, 4)).bytes();
                    for (int i = random.nextInt(4); i > 0; i--) {
                        json[random.nextInt(json.length)] = (byte) random.nextInt(256);
                    }
                    assertThat(terms(Slice.of(json))).allMatch(term -> term.contains("="));
                });
    }
}
