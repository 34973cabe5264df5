package dev.backplane.text.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a schema's grammar lets through is valid for the schema; a validator that was written apart
/// from it ([Validator]) is the judge.
class SchemaTest {
    private static final Map<String, String> SCHEMAS = schemas();

    private static Map<String, String> schemas() {
        Map<String, String> schemas = new LinkedHashMap<>();
        schemas.put(
                "person",
                """
                {"type": "object", "required": ["name", "age"], "additionalProperties": false,
                 "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 12},
                   "nick": {"type": ["string", "null"]},
                   "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 130},
                   "tags": {"type": "array", "items": {"enum": ["a", "b\\n", 3, null]},
                     "minItems": 1, "maxItems": 3},
                   "ok": {"type": "boolean"}}}
                """);
        schemas.put(
                "others",
                """
                {"type": "object",
                 "properties": {"a": {"type": "integer"}, "ab": {"const": [1, {}]}},
                 "required": ["z"], "additionalProperties": {"type": "boolean"}}
                """);
        schemas.put(
                "tree",
                """
                {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object",
                 "properties": {"value": {"type": "number"},
                   "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
                 "required": ["value", "next"], "additionalProperties": false}}}
                """);
        schemas.put(
                "shapes",
                """
                {"oneOf": [
                  {"type": "object", "required": ["kind", "r"], "properties":
                    {"kind": {"const": "circle"}, "r": {"type": "integer", "minimum": -5}}},
                  {"type": "object", "required": ["kind"], "properties":
                    {"kind": {"enum": ["square", "line"]}, "a": {"type": "number"}}},
                  {"type": "array", "prefixItems":
                    [{"type": "string", "pattern": "^[a-z\\"]{2,3}$"}, {"type": "boolean"}],
                   "minItems": 1, "items": false}]}
                """);
        schemas.put("any", "{\"type\": \"object\"}");
        schemas.put("true", "true");
        schemas.put(
                "patterns",
                """
                {"type": "object", "required": ["id", "free"], "properties": {
                  "id": {"type": "string", "pattern": "^\\\\d{3}-[A-F]+\\\\\\\\$"},
                  "free": {"type": "string", "pattern": "^x[\\\\s\\"]y$|^z"}}}
                """);
        schemas.put(
                "merged",
                """
                {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                           {"type": "object", "properties": {"b": {"type": "null"}}}]}
                """);
        return schemas;
    }

    /// Answers made by choosing at random among what the masks allow, over a vocabulary of bytes
    /// and of pieces of JSON.
    @Test
    void everyAnswerThatMasksAllowIsValid() {
        TokenTrie trie = Vocabularies.small();
        SCHEMAS.forEach((name, text) -> {
            JsonTree schema = JsonTree.parse(text, name);
            TokenMasks masks = new TokenMasks(Grammar.jsonSchema(schema, name), trie);
            int[] finished = {0};
            Gen.check(
                    60,
                    random -> {
                        String answer = answer(masks.matcher(), random);
                        if (!answer.isEmpty()) {
                            finished[0]++;
                            JsonTree value = JsonTree.parse(answer, name);
                            assertThat(new Validator(schema).isValid(schema, value))
                                    .as("%s: %s", name, answer)
                                    .isTrue();
                        }
                    });
            assertThat(finished[0]).as(name).isGreaterThan(5);
        });
    }

    /// Ends when it may and chance says so; empty when it grew too long.
    private static String answer(GrammarMatcher matcher, RandomGenerator random) {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < 400; i++) {
            List<Integer> allowed = new ArrayList<>();
            for (int token = 0; token < Vocabularies.SIZE; token++) {
                if (matcher.allows(token)) {
                    allowed.add(token);
                }
            }
            assertThat(allowed).isNotEmpty();
            // What closes is preferred the more, the longer the answer is.
            int token = Gen.pick(random, allowed);
            for (int tries = 0; tries < i / 8; tries++) {
                int other = Gen.pick(random, allowed);
                if (Vocabularies.closes(other)) {
                    token = other;
                }
            }
            if (matcher.mayEnd() && Gen.oneIn(random, 3)) {
                token = Vocabularies.END;
            }
            byte[] piece = Vocabularies.bytes(token);
            matcher.accept(token, piece);
            if (token == Vocabularies.END) {
                return bytes.toString(StandardCharsets.UTF_8);
            }
            bytes.writeBytes(piece);
        }
        return "";
    }

    /// Those formats that are held to, by what the JDK reads.
    @Test
    void formatsAreHeldTo() {
        Map<String, Function<String, Object>> readers =
                Map.of(
                        "date", LocalDate::parse,
                        "time", OffsetTime::parse,
                        "date-time", OffsetDateTime::parse,
                        "uuid", UUID::fromString,
                        "ipv4", Inet4Address::ofLiteral);
        TokenTrie trie = Vocabularies.small();
        readers.forEach((format, reader) -> {
            JsonTree schema =
                    JsonTree.parse(
                            "{\"type\": \"string\", \"format\": \"%s\"}".formatted(format), "s");
            TokenMasks masks = new TokenMasks(Grammar.jsonSchema(schema, "s"), trie);
            Gen.check(
                    20,
                    random -> {
                        String answer = answer(masks.matcher(), random);
                        String text = answer.substring(1, answer.length() - 1);
                        assertThatCode(() -> reader.apply(text))
                                .as(text)
                                .doesNotThrowAnyException();
                    });
        });
        assertThat(matches("{\"type\": \"string\", \"format\": \"email\"}", "\"a.b@c-d.org\""))
                .isTrue();
        assertThat(matches("{\"type\": \"string\", \"format\": \"email\"}", "\"a.b\"")).isFalse();
        assertThat(matches("{\"type\": \"string\", \"format\": \"uri\"}", "\"a.b\"")).isTrue();
        assertThat(matches("{\"type\": \"integer\", \"format\": \"int32\"}", "7")).isTrue();
        assertThat(matches("{\"format\": \"date\"}", "\"2024-02-03\"")).isTrue();
        assertThat(matches("{\"format\": \"date\"}", "\"today\"")).isFalse();
        assertThat(matches("{\"anyOf\": [{\"const\": 7}], \"format\": \"int32\"}", "7")).isTrue();
        assertThat(matches("{\"enum\": [\"a\"], \"format\": \"uri\"}", "\"a\"")).isTrue();
    }

    private static boolean matches(String schema, String answer) {
        return Grammar.jsonSchema(JsonTree.parse(schema, "s"), "s").matches(answer);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "person|{\"name\": \"Zoë\", \"age\": 3}",
                "person|{\"name\":\"a\\\"\\u00e9\",\"nick\":null,\"age\":129,"
                        + "\"tags\":[\"b\\n\",3]}",
                "person|{¶  \"name\": \"🙂\",¶  \"age\": 0,¶  \"ok\": true¶}",
                "others|{\"z\": true, \"abc\": false, \"b\": true}",
                "others|{\"a\": 5, \"z\": true}",
                "tree|{\"value\": -1.5e3, \"next\": {\"value\": 0, \"next\": null}}",
                "shapes|{\"kind\": \"circle\", \"r\": -5}",
                "shapes|[\"a\\\"\", true]",
                "any|{\"x\": [1, {\"y\": null}, \"\\ud83d\\ude42\"]}",
                "patterns|{\"id\": \"123-AF\\\\\", \"free\": \"x\\\"y\"}",
                "merged|{\"a\": 1, \"b\": null}",
            })
    void takesAnswersAsModelsWriteThem(String name, String shown) {
        JsonTree schema = JsonTree.parse(SCHEMAS.get(name), name);
        String answer = shown.replace('¶', '\n');

        assertThat(new Validator(schema).isValid(schema, JsonTree.parse(answer, name))).isTrue();
        assertThat(Grammar.jsonSchema(schema, name).matches(answer)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "person|{\"name\": \"\", \"age\": 3}",
                "person|{\"name\": \"abcdefghijklm\", \"age\": 3}",
                "person|{\"name\": \"a\", \"age\": 130}",
                "person|{\"name\": \"a\", \"age\": 3, \"x\": 1}",
                "person|{\"age\": 3}",
                "others|{\"z\": true, \"a\": true}",
                "others|{\"z\": true, \"\\u0061\": true}",
                "shapes|{\"kind\": \"circle\"}",
                "shapes|[\"a\\\"\", true, 1]",
                "any|{\"x\": \"\\ud83d\"}",
                "any|{\"x\": 01}",
                "any|[1]",
            })
    void takesNothingElse(String name, String answer) {
        Grammar grammar = Grammar.jsonSchema(JsonTree.parse(SCHEMAS.get(name), name), name);

        assertThat(grammar.matches(answer)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"type\": \"array\", \"uniqueItems\": true}|the keyword 'uniqueItems' (s, #)",
                "{\"not\": {}}|the keyword 'not' (s, #)",
                "{\"properties\": {\"a\": {\"type\": \"number\", \"multipleOf\": 1}}}"
                        + "|the keyword 'multipleOf' (s, #/properties/a)",
                "{\"type\": \"number\", \"minimum\": 1, \"exclusiveMaximum\": 1}"
                        + "|a schema that nothing is valid for (s, #)",
                "{\"type\": \"number\", \"minimum\": 1e999}"
                        + "|'minimum' that is no number of at most 30 digits (s, #)",
                "{\"anyOf\": [{\"type\": \"string\"}], \"format\": \"date\"}"
                        + "|'anyOf' beside 'format' (s, #)",
                "{\"$ref\": \"#/x\"}|'$ref' to '#/x', which is not here (s, #)",
                "{\"$ref\": \"http://x\"}|'$ref' to 'http://x', which is not here (s, #)",
                "{\"oneOf\": [{\"type\": \"integer\"}, {\"type\": \"number\"}]}"
                        + "|'oneOf' whose alternatives may overlap; use 'anyOf' (s, #)",
                "{\"type\": \"thing\"}|the type 'thing' (s, #)",
                "{\"type\": \"string\", \"minLength\": 3, \"maxLength\": 2}"
                        + "|a schema that nothing is valid for (s, #)",
                "{\"enum\": []}|a schema that nothing is valid for (s, #)",
                "false|a schema that nothing is valid for (s, #)",
                "{\"type\": \"string\", \"pattern\": \"(?=a)\"}|a group of another kind",
            })
    void whatCannotBeHeldToIsRefused(String schema, String message) {
        assertThatThrownBy(() -> Grammar.jsonSchema(JsonTree.parse(schema, "s"), "s"))
                .isInstanceOf(Problem.class)
                .hasMessageStartingWith(message)
                .matches(e -> !((Problem) e).fix().isEmpty(), "says what to do");
    }

    @Test
    void aSchemaOfAbsurdSizeIsRefused() {
        String large = "{\"minItems\": 999999, \"items\": {\"maxLength\": 9999}}";
        assertThatThrownBy(() -> Grammar.jsonSchema(JsonTree.parse(large, "s"), "s"))
                .isInstanceOf(Problem.class);
    }
}
