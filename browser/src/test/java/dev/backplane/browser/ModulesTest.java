package dev.backplane.browser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Modules that compute, called where they run.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModulesTest {
    private Ui ui;
    private Page page;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "");
        page = ui.open("/traces");
    }

    @AfterAll
    void stop() {
        if (ui != null) {
            ui.close();
        }
    }

    /// Runs a function with a module of the UI.
    private Object with(String module, String function, Object argument) {
        return page.evaluate(
                """
                async argument => {
                  const base = document.querySelector("script[type=module]").src;
                  const module = await import(new URL("%s", base).href);
                  return (%s)(module, argument);
                }
                """
                        .formatted("./" + module, function),
                argument);
    }

    /// A function of `checks.js`.
    private static String check(String name) throws IOException {
        try (InputStream in = ModulesTest.class.getResourceAsStream("checks.js")) {
            String checks = new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
            return "(" + checks.substring(checks.indexOf('(')) + ")." + name;
        }
    }

    private String conditions(String filter) {
        return String.valueOf(
                with(
                        "filter.js",
                        """
                        (m, text) => {
                          try {
                            const {spans, trace} = m.conditions(text);
                            return spans + (trace ? " | " + trace : "");
                          } catch (e) { return "refused: " + e.message; }
                        }
                        """,
                        filter));
    }

    @Test
    void filtersBecomeConditions() {
        Map<String, String> expected =
                Map.ofEntries(
                        Map.entry("kind:tool", "kind = 'tool'"),
                        Map.entry("kind:llm,tool", "(kind = 'llm' or kind = 'tool')"),
                        Map.entry("-status:error", "not coalesce(status = 'error', false)"),
                        Map.entry("name:*get*", "name ilike '%get%'"),
                        Map.entry("name:\"a b\"", "name = 'a b'"),
                        Map.entry("user:o'hara", "user_id = 'o''hara'"),
                        Map.entry("session:*", "session_id is not null"),
                        Map.entry(
                                "tag:gold",
                                "list_contains(from_json(tags, '[\"VARCHAR\"]'), 'gold')"),
                        Map.entry(
                                "refund \"basic economy\" -hotel",
                                "match('refund \"basic economy\" -hotel')"),
                        Map.entry("span.duration:>1.5s", "duration_ms > 1500"),
                        Map.entry("duration:>2m kind:llm", "kind = 'llm' | duration_ms > 120000"),
                        Map.entry("tokens:>=10k", " | input_tokens + output_tokens >= 10000"),
                        Map.entry(
                                "score.helpful:<0.5",
                                "try_cast(scores->>'$.\"helpful\"' as double) < 0.5"),
                        Map.entry(
                                "attributes.gen_ai.system:x",
                                "(attributes->>'$.\"gen_ai.system\"') = 'x'"),
                        Map.entry(
                                "cost:cheap",
                                "refused: cost wants a number such as cost:>10, not \"cheap\"."),
                        Map.entry(
                                "colour:red",
                                "refused: There is no key colour. Quote it to look for the text."),
                        Map.entry("-only", "refused: Words to leave out need a word to look for."),
                        Map.entry("", ""));
        expected.forEach((filter, sql) -> assertThat(conditions(filter)).as(filter).isEqualTo(sql));
    }

    @Test
    void numbersAreForPeople() throws Exception {
        Object shown = with("format.js", check("numbers"), List.of());
        assertThat(shown)
                .isEqualTo(
                        List.of(
                                "500 µs",
                                "12.3 ms",
                                "1 min",
                                "1 min 5 s",
                                "2 h 5 min",
                                "999",
                                "12.3k",
                                "1M",
                                "$0.00012",
                                "$12.50",
                                "1.5 kB",
                                "false"));
    }

    /// Against the plain way to do it, for every row of many trees.
    @Test
    void collapsedRowsAreCountedRightly() throws Exception {
        Object wrong = with("tree-model.js", check("collapsed"), List.of());
        assertThat(wrong).isEqualTo("");
    }

    @Test
    void messagesOfEveryConventionHaveOneForm() throws Exception {
        Object shown = with("messages.js", check("messages"), List.of());
        assertThat(shown)
                .isEqualTo(
                        List.of(
                                "user: text",
                                "assistant: thinking, call",
                                "user: result",
                                "assistant: call, text",
                                "assistant: call",
                                "tool: result",
                                "assistant: call",
                                "user: json",
                                "user: json"));
    }

    @Test
    void schemasOfEveryConventionComeAlong() throws Exception {
        Object shown = with("playground.js", check("schemas"), List.of());
        assertThat(shown)
                .isEqualTo(
                        List.of(
                                "chat ",
                                "invocation 0.5",
                                "responses ",
                                "messages ",
                                "gemini ",
                                "ollama ",
                                "none {\"response_format\":{\"type\":\"json_object\"}}",
                                "none "));
    }
}
