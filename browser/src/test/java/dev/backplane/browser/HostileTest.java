package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What agents send is not to be trusted, and often wrong: it is shown as what it is, and never
/// run.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileTest {
    private static final String SCRIPT =
            "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>";
    private static final long START = 1_790_000_000_000_000_000L;
    private static final String NODES = "trace-tree [role=treeitem]";

    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "");
        String script = SCRIPT.replace("\"", "\\\"");
        ui.send(
                // script in every text
                """
                {"op":"insert","trace_id":"evil","span_id":"a","name":"%s","kind":"llm",\
                "model":"%s","agent":"%s","start_time":%d,"end_time":%d,"status":"error",\
                "error":"%s","tags":["%s"],"attributes":{"%s":"%s"},\
                "input":[{"role":"%s","content":"%s"},{"role":"user","content":[\
                {"type":"image_url","image_url":{"url":"javascript:document.title='taken'"}},\
                {"type":"image_url","image_url":{"url":"data:text/html,%s"}}]}]}\
                """
                        .formatted(
                                script,
                                script,
                                script,
                                START,
                                START + 1_000_000,
                                script,
                                script,
                                script,
                                script,
                                script,
                                script,
                                script),
                // one line of four megabytes
                """
                {"op":"insert","trace_id":"odd","span_id":"long","name":"long line","kind":"tool",\
                "start_time":%d,"end_time":%d,"input":"%s"}\
                """
                        .formatted(START, START + 5_000_000, "x".repeat(4_000_000)),
                // half of a pair, on its own
                """
                {"op":"insert","trace_id":"odd","span_id":"half","parent_id":"long",\
                "name":"half a pair \\ud83d","kind":"tool","start_time":%d,"end_time":%d,\
                "output":"before \\ud83d after"}\
                """
                        .formatted(START + 10, START + 1_000_000),
                // a parent that never came
                """
                {"op":"insert","trace_id":"odd","span_id":"stray","parent_id":"nobody",\
                "name":"stray","kind":"agent","start_time":%d,"end_time":%d}\
                """
                        .formatted(START + 20, START + 2_000_000),
                // a child that begins before its parent, on another clock
                """
                {"op":"insert","trace_id":"odd","span_id":"early","parent_id":"long",\
                "name":"early child","kind":"llm","start_time":%d,"end_time":%d}\
                """
                        .formatted(START - 3_000_000, START - 1_000_000),
                // ends before it starts
                """
                {"op":"insert","trace_id":"odd","span_id":"back","parent_id":"long",\
                "name":"backwards","kind":"tool","start_time":%d,"end_time":%d}\
                """
                        .formatted(START + 4_000_000, START + 3_000_000),
                // never ends
                """
                {"op":"insert","trace_id":"odd","span_id":"open","parent_id":"long",\
                "name":"never ends","kind":"tool","start_time":%d}\
                """
                        .formatted(START + 1_000_000),
                // no time at all
                """
                {"op":"feedback","trace_id":"odd","span_id":"timeless","scores":{"ok":1}}\
                """);
    }

    @AfterAll
    void stop() {
        if (ui != null) {
            ui.close();
        }
    }

    @AfterEach
    void nothingComplained() {
        assertThat(ui.complaints).isEmpty();
    }

    private static Locator node(Page page, String name) {
        return page.locator(NODES).filter(new Locator.FilterOptions().setHasText(name));
    }

    @Test
    void scriptIsShownAndNotRun() {
        for (String address :
                new String[] {
                    "/traces?range=all", "/traces/evil?span=a", "/traces/evil?view=conversation"
                }) {
            Page page = ui.open(address);
            assertThat(page.getByText("onerror=").first()).isVisible();
            if (address.contains("span=")) {
                for (String tab : new String[] {"Attributes", "Scores", "Raw", "Overview"}) {
                    page.getByRole(AriaRole.TAB, new Page.GetByRoleOptions().setName(tab)).click();
                }
                Ui.shoot(page, "hostile-script");
            }
            assertThat(page).not().hasTitle("taken");
            assertThat(page.locator("main script, main img[src=x], main iframe")).hasCount(0);
            page.close();
        }
    }

    @Test
    void aHugeLineIsReadInPieces() {
        Page page = ui.open("/traces/odd?span=long");
        Locator panel = page.locator("span-panel payload-view");
        assertThat(panel).containsText("4 MB");
        assertThat(panel).containsText("xxxx");
        Object shown = panel.evaluate("view => view.textContent.length");
        assertThat((Integer) shown).isLessThan(500_000);

        page.getByText("Read on").click();
        assertThat(page.getByText("Read on")).isVisible();
    }

    @Test
    void halfAPairIsShownWithItsNeighbours() {
        Page page = ui.open("/traces/odd?span=half");
        assertThat(page.locator("span-panel payload-view")).containsText("before");
        assertThat(page.locator("span-panel payload-view")).containsText("after");
    }

    @Test
    void spansThatDoNotFitAreInTheTreeAllTheSame() {
        Page page = ui.open("/traces/odd?flame=1");
        assertThat(page.locator(NODES)).hasCount(7);
        assertThat(page.locator("canvas.flame")).hasAttribute("aria-busy", "false");
        assertThat(page.locator("canvas.flame"))
                .hasAttribute("aria-label", Pattern.compile("7 spans in [2-6] lanes"));
        assertThat(node(page, "stray")).hasAttribute("aria-level", "1");
        assertThat(node(page, "early child")).hasAttribute("aria-level", "2");
        Ui.shoot(page, "hostile-times");

        node(page, "backwards").click();
        assertThat(page.locator("span-panel .title")).containsText("ends before it starts");
        node(page, "never ends").click();
        assertThat(page.locator("span-panel .title")).containsText("not ended");
        node(page, "timeless").click();
        assertThat(page.locator("span-panel .title")).containsText("no start");
        node(page, "stray").click();
        assertThat(page.locator("span-panel")).containsText("not here");
    }
}
