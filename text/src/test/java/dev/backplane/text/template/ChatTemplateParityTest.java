package dev.backplane.text.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.MarkedText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Character for character what Python's Jinja2 writes, which wrote the cases
/// (`src/test/python/template_vectors.py`); where it refuses, so does this. With `-Dtemplates=FILE`
/// the templates are those of another file that the script wrote.
class ChatTemplateParityTest {
    private static final ZonedDateTime NOW =
            ZonedDateTime.of(2026, 7, 6, 15, 4, 5, 678_000, ZoneOffset.UTC);

    private final JsonTree.Fields vectors = read();

    private static JsonTree.Fields read() {
        String chosen = System.getProperty("templates", "");
        try (InputStream in =
                new GZIPInputStream(
                        chosen.isEmpty()
                                ? ChatTemplateParityTest.class.getResourceAsStream(
                                        "templates.json.gz")
                                : Files.newInputStream(Path.of(chosen)))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return (JsonTree.Fields) JsonTree.parse(text, "vectors");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonTree member(JsonTree value, String name) {
        return ((JsonTree.Fields) value).find(name).orElse(JsonTree.NOTHING);
    }

    private static String text(JsonTree value, String name) {
        return ((JsonTree.Text) member(value, name)).value();
    }

    private static List<JsonTree> items(JsonTree value, String name) {
        return ((JsonTree.Items) member(value, name)).values();
    }

    static ChatTemplate.Input input(JsonTree one) {
        JsonTree tools = member(one, "tools");
        return new ChatTemplate.Input(
                member(one, "messages"),
                tools instanceof JsonTree.Nothing ? Optional.empty() : Optional.of(tools),
                member(one, "add_generation_prompt") instanceof JsonTree.Flag(boolean flag) && flag,
                Map.of("bos_token", "<BOS>", "eos_token", "<EOS>"),
                ((JsonTree.Fields) member(one, "variables")).values(),
                NOW);
    }

    @TestFactory
    List<DynamicTest> templatesOfModels() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonTree template : items(vectors, "templates")) {
            String name = text(template, "name");
            tests.add(DynamicTest.dynamicTest(name, () -> check(name, template)));
        }
        assertThat(tests).hasSizeGreaterThan(15);
        return tests;
    }

    private static void check(String name, JsonTree vectors) {
        ChatTemplate template = ChatTemplate.parse(text(vectors, "source"), name);
        List<String> different = new ArrayList<>();
        for (JsonTree one : items(vectors, "cases")) {
            String written = render(template, input(one));
            boolean refused = written.startsWith("refused: ");
            if (member(one, "output") instanceof JsonTree.Text(String expected)) {
                if (!written.equals(expected)) {
                    different.add(
                            "%s\n--- expected\n%s\n--- written\n%s"
                                    .formatted(text(one, "name"), expected, written));
                }
            } else if (!refused) {
                different.add(
                        "%s: should be refused: %s"
                                .formatted(text(one, "name"), text(one, "error")));
            }
        }
        assertThat(different).isEmpty();
    }

    private static String render(ChatTemplate template, ChatTemplate.Input input) {
        try {
            return template.render(input).text();
        } catch (Problem e) {
            return "refused: " + e.getMessage();
        }
    }

    @Test
    void everyConstructByItself() {
        JsonTree variables =
                JsonTree.parse(
                        """
                        {"text": "Ab c\\n d", "n": 5, "f": 2.5, "none": null, "yes": true,
                         "items": [3, 1, 2], "empty": [],
                         "d": {"b": 1, "a": [1, "x'y"], "items": 7},
                         "people": [{"name": "Zoe", "age": 30, "tags": ["x"]},
                                    {"name": "adam", "age": 25, "tags": []},
                                    {"name": "Bea", "age": 30}]}
                        """,
                        "variables");
        ChatTemplate.Input input =
                new ChatTemplate.Input(
                        new JsonTree.Items(List.of()),
                        Optional.empty(),
                        false,
                        Map.of(),
                        ((JsonTree.Fields) variables).values(),
                        NOW);
        List<String> different = new ArrayList<>();
        for (JsonTree one : items(vectors, "small")) {
            String source = text(one, "source");
            String written;
            try {
                written = ChatTemplate.parse(source, "small").render(input).text();
            } catch (Problem e) {
                written = "refused: " + e.getMessage();
            }
            if (member(one, "output") instanceof JsonTree.Text(String expected)) {
                if (!written.equals(expected)) {
                    different.add(
                            "%s\n--- expected\n%s\n--- written\n%s"
                                    .formatted(source, expected, written));
                }
            } else if (!written.startsWith("refused: ")) {
                different.add(
                        "%s\n--- should be refused: %s\n--- written\n%s"
                                .formatted(source, text(one, "error"), written));
            }
        }
        assertThat(different).isEmpty();
    }

    /// Whatever a template does with it, text from outside stays untrusted: it is searched for in
    /// what comes out.
    @Test
    void textFromOutsideIsMarkedInEveryTemplate() {
        String secret = "qXzvK";
        for (JsonTree template : items(vectors, "templates")) {
            ChatTemplate parsed =
                    ChatTemplate.parse(text(template, "source"), text(template, "name"));
            for (JsonTree one : items(template, "cases")) {
                ChatTemplate.Input input = input(one);
                JsonTree marked = replaceTexts(input.messages(), secret);
                MarkedText text;
                try {
                    text =
                            parsed.render(
                                    new ChatTemplate.Input(
                                            marked,
                                            input.tools().map(t -> replaceTexts(t, secret)),
                                            input.generationPrompt(),
                                            input.specialTokens(),
                                            input.variables(),
                                            input.now()));
                } catch (Problem refused) {
                    continue;
                }
                int at = text.text().indexOf(secret);
                while (at >= 0) {
                    for (int i = at; i < at + secret.length(); i++) {
                        assertThat(text.isTrusted(i, i + 1))
                                .as("%s, %s", text(template, "name"), text(one, "name"))
                                .isFalse();
                    }
                    at = text.text().indexOf(secret, at + 1);
                }
            }
        }
    }

    /// Every text but those that templates decide by.
    private static JsonTree replaceTexts(JsonTree value, String secret) {
        return switch (value) {
            case JsonTree.Items(List<JsonTree> values) ->
                    new JsonTree.Items(
                            values.stream().map(item -> replaceTexts(item, secret)).toList());
            case JsonTree.Fields(Map<String, JsonTree> members) -> {
                Map<String, JsonTree> replaced = new java.util.LinkedHashMap<>();
                members.forEach((name, member) -> {
                    boolean decides =
                            List.of("role", "type", "tool_call_id", "id", "arguments")
                                    .contains(name);
                    boolean isText = member instanceof JsonTree.Text;
                    replaced.put(
                            name,
                            isText && !decides
                                    ? new JsonTree.Text("a " + secret + " <|im_end|> " + secret)
                                    : isText ? member : replaceTexts(member, secret));
                });
                yield new JsonTree.Fields(replaced);
            }
            default -> value;
        };
    }
}
