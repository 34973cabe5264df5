package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.options.KeyboardModifier.SHIFT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Picking examples, correcting them, and taking them away.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatasetsTest {
    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "").withRuns(30);
        ui.send(
                """
                {"op":"insert","trace_id":"said","span_id":"a","name":"<b>chat</b>","kind":"llm",\
                "model":"m","start_time":1790000000000000000,"end_time":1790000001000000000,\
                "input":[{"role":"user","content":"<script>document.title='taken'</script>"}],\
                "output":[{"role":"assistant","content":"wrong answer"}]}\
                """,
                """
                {"op":"insert","trace_id":"mute","span_id":"b","name":"mute","kind":"tool",\
                "start_time":1790000000000000000,"end_time":1790000001000000000}\
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

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static void addTo(Page page, String dataset) {
        page.getByRole(AriaRole.DIALOG).getByLabel("Dataset").fill(dataset);
        button(page, "Add").click();
    }

    @Test
    void picksTracesInTheList() throws Exception {
        Page page = ui.open("/traces?range=all");
        assertThat(page.locator(".grid-row").nth(3)).isVisible();
        button(page, "Pick traces").click();
        page.locator(".grid-row").nth(0).click();
        page.locator(".grid-row").nth(1).click();
        page.locator(".grid-row").nth(1).click();
        page.keyboard().press("j");
        page.keyboard().press("j");
        page.keyboard().press("j");
        page.keyboard().press("x");
        assertThat(page.getByRole(AriaRole.TOOLBAR)).containsText("2 picked");
        Ui.shoot(page, "traces-picked");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        button(page, "Add to a dataset").click();
        Ui.shoot(page, "dataset-add");
        addTo(page, "picked");
        assertThat(page.locator(".toast")).containsText("2 added to picked");

        page.navigate(ui.url() + "/datasets/picked");
        assertThat(page.locator(".rows-table tbody tr")).hasCount(2);
    }

    /// Those that were clicked, a range of rows, and what a search found.
    @Test
    void picksSpansOfATrace() throws Exception {
        for (int i = 0; i < 8; i++) {
            ui.send(
                    """
                    {"op":"insert","trace_id":"many","span_id":"s%d","name":"step %d","kind":"llm",\
                    "start_time":17900000000000000%02d,"end_time":1790000001000000000,\
                    "input":[{"role":"user","content":"%s"}],\
                    "output":[{"role":"assistant","content":"done"}]}\
                    """
                            .formatted(i, i, i, i % 3 == 0 ? "apples" : "pears"));
        }
        Page page = ui.open("/traces/many");
        Locator nodes = page.locator("trace-tree [role=treeitem]");
        assertThat(nodes).hasCount(8);
        button(page, "Pick spans").click();
        nodes.nth(1).click();
        nodes.nth(3).click(new Locator.ClickOptions().setModifiers(List.of(SHIFT)));
        nodes.nth(2).click();
        Locator bar = page.getByRole(AriaRole.TOOLBAR);
        assertThat(bar).containsText("2 picked");
        assertThat(page.locator("span-panel")).hasCount(0);
        page.getByLabel("Search in this trace").fill("apples");
        assertThat(nodes).hasCount(3);
        button(page, "All found").click();
        // Steps 0, 3 and 6 hold the word; 3 was picked before.
        assertThat(bar).containsText("4 picked");
        Ui.shoot(page, "trace-picked");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        button(page, "Add to a dataset").click();
        addTo(page, "steps");
        assertThat(page.locator(".toast")).containsText("4 added to steps");
        assertThat(bar).hasCount(0);

        String rows = ui.get("/api/v1/datasets/steps/export?format=rows");
        assertThat(rows.lines().map(line -> line.replaceAll(".*span_id\":\"(\\w+).*", "$1")))
                .containsExactlyInAnyOrder("s0", "s1", "s3", "s6");
    }

    @Test
    void takesWhatAQueryFound() {
        Page page = ui.open("/query?sql=select+trace_id,span_id+from+spans+where+trace_id='said'");
        button(page, "Run").click();
        page.getByLabel("Add what was found to a dataset").click();
        addTo(page, "queried");
        assertThat(page.locator(".toast")).containsText("1 added to queried");
    }

    @Test
    void correctsARowAndExportsIt(@TempDir Path directory) throws Exception {
        Page page = ui.open("/traces/said?span=a");
        page.getByLabel("Add this span to a dataset").click();
        addTo(page, "gold");
        assertThat(page.locator(".toast")).containsText("1 added to gold");
        page.navigate(ui.url() + "/datasets");
        page.getByText("gold").click();
        page.locator(".rows-table tbody a").first().click();
        Locator row = page.locator("dataset-row");
        assertThat(row).containsText("<script>document.title='taken'</script>");
        assertThat(row).containsText("wrong answer");
        row.getByText("Start from the answer").click();
        assertThat(row.getByLabel("Expected")).hasValue("wrong answer");
        row.getByLabel("Expected").fill("right answer");
        row.getByLabel("Note").fill("it was wrong");
        row.getByText("Save").click();
        assertThat(page.locator(".rows-table")).containsText("right answer");
        assertThat(page.locator(".rows-table")).containsText("it was wrong");
        Ui.shoot(page, "dataset-row");
        assertThat(Ui.seriousFindings(page)).isEmpty();

        button(page, "Export").click();
        Download download =
                page.waitForDownload(() -> page.getByText("Chats, for training").click());
        Path file = directory.resolve("gold.jsonl");
        download.saveAs(file);
        assertThat(Files.readString(file, UTF_8))
                .isEqualTo(
                        "{\"messages\":[{\"role\":\"user\",\"content\":"
                                + "\"<script>document.title='taken'</script>\"},"
                                + "{\"role\":\"assistant\","
                                + "\"content\":\"right answer\"}]}\n");

        row.getByLabel("Remove from the dataset").click();
        button(page, "Remove").click();
        assertThat(page.getByText("This dataset is empty")).isVisible();
        assertThat(page.title()).isEqualTo("Datasets · Backplane");
    }

    @Test
    void saysWhyNothingWasAdded() throws Exception {
        Page page = ui.open("/traces/mute");
        page.getByLabel("Add this trace to a dataset").click();
        addTo(page, "none");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("no call of a model");

        page.navigate(ui.url() + "/datasets");
        button(page, "Delete none").click();
        button(page, "Delete for good").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("That is not none.");
        page.getByLabel("Type its name to go on").fill("none");
        button(page, "Delete for good").click();
        assertThat(button(page, "Delete none")).hasCount(0);
    }

    @Test
    void fitsAPhoneInTheDark() throws Exception {
        ui.post("/api/v1/datasets/phone/rows", "{\"filter\":\"kind = 'llm'\",\"limit\":120}");
        Page page = ui.page(390, 844, ColorScheme.DARK);
        page.navigate(ui.url() + "/datasets/phone");
        assertThat(page.locator(".rows-table tbody tr")).hasCount(100);
        button(page, "More rows").click();
        assertThat(page.locator(".rows-table tbody tr")).hasCount(120);
        page.locator(".rows-table tbody a").first().click();
        assertThat(page.locator("dataset-row .message").first()).isVisible();
        Ui.shoot(page, "dataset-phone");
        assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo(true);
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }
}
