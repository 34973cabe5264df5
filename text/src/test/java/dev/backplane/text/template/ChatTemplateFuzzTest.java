package dev.backplane.text.template;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/// Whatever a template says, reading and rendering it ends with a text or with a [Problem]. In a
/// normal run the fuzz test sees only the empty input; with `JAZZER_FUZZ=1` it searches.
class ChatTemplateFuzzTest {
    private static final ChatTemplate.Input INPUT =
            new ChatTemplate.Input(
                    JsonTree.parse(
                            "[{\"role\": \"user\", \"content\": \"Hi\"},"
                                    + " {\"role\": \"assistant\", \"content\": null,"
                                    + " \"tool_calls\": [{\"function\": {\"name\": \"f\","
                                    + " \"arguments\": {}}}]}]",
                            "messages"),
                    Optional.of(new JsonTree.Items(List.of())),
                    true,
                    Map.of("bos_token", "<s>", "eos_token", "</s>"),
                    Map.of("d", JsonTree.parse("{\"a\": [1, 2.5, \"x\"]}", "d")),
                    Instant.EPOCH.atZone(ZoneOffset.UTC));

    @FuzzTest(maxDuration = "2m")
    void template(byte[] bytes) {
        render(bytes);
    }

    @Test
    void rendersOrRefusesADamagedTemplate() throws IOException {
        List<JsonTree> templates;
        try (InputStream in =
                new GZIPInputStream(
                        ChatTemplateFuzzTest.class.getResourceAsStream("templates.json.gz"))) {
            JsonTree vectors =
                    JsonTree.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "v");
            templates =
                    ((JsonTree.Items) ((JsonTree.Fields) vectors).find("templates").orElseThrow())
                            .values();
        }
        Gen.check(
                600,
                random -> {
                    JsonTree.Fields one = (JsonTree.Fields) Gen.pick(random, templates);
                    String source = ((JsonTree.Text) one.find("source").orElseThrow()).value();
                    render(Gen.damaged(random, source.getBytes(StandardCharsets.UTF_8)));
                });
    }

    private static void render(byte[] bytes) {
        try {
            ChatTemplate.parse(new String(bytes, StandardCharsets.UTF_8), "fuzzed").render(INPUT);
        } catch (Problem refused) {
            // What may happen.
        }
    }
}
