package dev.backplane.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonCursorTest {
    @Test
    void rawIsTheExactText() {
        Gen.check(
                300,
                random -> {
                    List<String> values = new ArrayList<>();
                    StringBuilder object = new StringBuilder("{");
                    for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
                        String value = Gen.json(random, 3);
                        values.add(value);
                        String space = Gen.pick(random, "", " ", "\n\t");
                        object.append(object.length() == 1 ? "" : ",")
                                .append("\"k" + i + "\":" + space + value + space);
                    }
                    String json = object.append('}').toString();

                    List<String> raw = new ArrayList<>();
                    JsonCursor.read(
                            Slice.of(json),
                            "test",
                            cursor -> {
                                cursor.object(_ -> raw.add(cursor.raw().text()));
                                return raw;
                            });

                    assertThat(raw).isEqualTo(values);
                });
    }

    @Test
    void numbersKeepTheirDigits() {
        List<String> raw = new ArrayList<>();
        JsonCursor.read(
                Slice.of("[0.70,1E+2, 12345678901234567890123 ,-0]"),
                "test",
                cursor -> {
                    cursor.array(() -> raw.add(cursor.raw().text()));
                    return raw;
                });

        assertThat(raw).containsExactly("0.70", "1E+2", "12345678901234567890123", "-0");
    }

    private static Problem failure(String json) {
        try {
            JsonCursor.read(
                    Slice.of(json),
                    "POST /x",
                    cursor -> {
                        cursor.object(name -> {
                            switch (name) {
                                case "text" -> cursor.text();
                                case "count" -> cursor.integer();
                                case "on" -> cursor.flag();
                                case "list" ->
                                        cursor.array(() -> cursor.object(_ -> cursor.text()));
                                default -> cursor.skip();
                            }
                        });
                        return cursor;
                    });
            throw new AssertionError("no failure for " + json);
        } catch (Problem problem) {
            return problem;
        }
    }

    @Test
    void wrongTypesNameThePathAndWhatIsAllowed() {
        assertThat(failure("{\"text\":1}").what()).isEqualTo("text is a number, not a string");
        assertThat(failure("{\"text\":{}}").what()).isEqualTo("text is an object, not a string");
        assertThat(failure("{\"on\":null}").what()).isEqualTo("on is null, not true or false");
        assertThat(failure("{\"count\":1.5}").what())
                .isEqualTo("count is a number, not a whole number");
        assertThat(failure("{\"list\":[{\"a\":\"\"},{\"b\":[]}]}").what())
                .isEqualTo("list[1].b is an array, not a string");
        assertThat(failure("{\"list\":[{\"a\":\"\"},7]}").what())
                .isEqualTo("list[1] is a number, not an object");
        assertThat(failure("[]").what()).isEqualTo("body is an array, not an object");
    }

    @Test
    void malformedTextNamesLineAndColumn() {
        assertThat(failure("{\"text\":\n  \"a\",}").what())
                .startsWith("malformed JSON at line 2, column 7");
        assertThat(failure("").what()).isEqualTo("body is empty");
        assertThat(failure("{} {}").what()).contains("more after the end");
        assertThatThrownBy(
                        () -> {
                            throw failure("{\"text\":\"cut");
                        })
                .isInstanceOf(Problem.class)
                .hasMessageContaining("malformed JSON at line 1");
    }
}
