package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The list of traces.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesPageTest {
    private static final String ROWS = "traces-page .grid-row";

    private static final Locator.FilterOptions WITH_TEXT =
            new Locator.FilterOptions().setHasText(Pattern.compile("\\w"));

    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "").withRuns(160);
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

    private static Locator filter(Page page) {
        return page.getByRole(AriaRole.COMBOBOX, new Page.GetByRoleOptions().setName("Filter"));
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    @Test
    void showsTheNewestTracesWithTheirInput() throws Exception {
        Page page = ui.open("/");

        assertThat(page.locator(ROWS).first()).isVisible();
        assertThat(page.locator(ROWS)).hasCount(100);
        assertThat(page.locator(ROWS).first()).containsText(Pattern.compile("ms|s|min"));
        assertThat(page.locator(ROWS + " .preview").filter(WITH_TEXT).first()).isVisible();
        assertThat(page).hasTitle("Traces · Backplane");
        Ui.shoot(page, "traces");
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }

    @Test
    void loadsMoreWhenOneComesToTheEnd() {
        Page page = ui.open("/traces");
        assertThat(page.locator(ROWS)).hasCount(100);

        page.locator(".rows").evaluate("box => box.scrollTo(0, box.scrollHeight)");

        assertThat(page.locator(ROWS).nth(159)).isAttached();
    }

    @Test
    void filtersByWhatIsTypedAndKeepsItInTheAddress() {
        Page page = ui.open("/traces");
        filter(page).fill("status:error");
        page.keyboard().press("Enter");

        assertThat(page).hasURL(Pattern.compile("q=status%3Aerror"));
        assertThat(page.locator(ROWS + " .dot.ok")).hasCount(0);
        assertThat(page.locator(ROWS + " .dot.error").first()).isVisible();

        page.reload();
        assertThat(filter(page)).hasValue("status:error");
        assertThat(page.locator(ROWS + " .dot.ok")).hasCount(0);
        page.goBack();
        assertThat(filter(page)).hasValue("");
        assertThat(page.locator(ROWS + " .dot.ok").first()).isVisible();
    }

    @Test
    void completesKeysAndValuesFromTheData() {
        Page page = ui.open("/traces");
        assertThat(page.locator(ROWS).first()).isVisible();
        page.keyboard().press("/");
        page.keyboard().type("mod");
        assertThat(page.getByRole(AriaRole.OPTION)).hasCount(1);
        assertThat(page.getByRole(AriaRole.OPTION)).containsText("model:");
        page.keyboard().press("ArrowDown");
        page.keyboard().press("Enter");
        Locator model =
                page.getByRole(AriaRole.OPTION, new Page.GetByRoleOptions().setName("gpt-4o"));
        assertThat(model.first()).isVisible();
        Ui.shoot(page, "traces-completion");

        page.keyboard().press("ArrowDown");
        page.keyboard().press("Enter");

        assertThat(page).hasURL(Pattern.compile("q=model%3A"));
        assertThat(page.locator(ROWS).first()).isVisible();
    }

    @Test
    void asksAboutTracesAsAWhole() {
        Page page = ui.open("/traces?q=spans%3A%3E20");
        assertThat(page.locator(ROWS).first()).isVisible();
        for (String spans : page.locator(ROWS + " > :nth-child(5)").allTextContents()) {
            assertThat(Integer.parseInt(spans.strip())).isGreaterThan(20);
        }
    }

    @Test
    void saysWhatIsWrongWithAFilter() {
        Page page = ui.open("/traces");
        filter(page).fill("duration:>soon");
        page.keyboard().press("Enter");

        assertThat(page.getByRole(AriaRole.ALERT)).containsText("duration wants a time");
        assertThat(page.locator(ROWS).first()).isVisible();
    }

    @Test
    void saysThatNothingMeetsTheFilterAndLeadsBack() {
        Page page = ui.open("/traces?q=name%3Anobody");
        assertThat(page.getByText("No trace meets this filter")).isVisible();
        Ui.shoot(page, "traces-nothing");

        page.getByText("Clear the filter").click();
        assertThat(page.locator(ROWS).first()).isVisible();
    }

    @Test
    void looksCloserWhereOneDrawsOverTheHistogram() {
        Page page = ui.open("/traces?range=6h");
        assertThat(page.locator("time-histogram canvas"))
                .hasAttribute("aria-label", Pattern.compile("[1-9]\\d* traces over time.*"));
        var box = page.locator("time-histogram canvas").boundingBox();
        page.mouse().move(box.x + box.width * 0.7, box.y + 20);
        page.mouse().down();
        page.mouse().move(box.x + box.width * 0.9, box.y + 20);
        page.mouse().up();

        assertThat(page).hasURL(Pattern.compile("from=.*&to=.*"));
        assertThat(page.locator(ROWS).first()).isVisible();
        assertThat(button(page, "Live")).isDisabled();
    }

    @Test
    void newTracesComeByThemselves() throws Exception {
        Page page = ui.open("/traces?q=agent%3Aarrives");
        assertThat(page.getByText("No trace meets this filter")).isVisible();
        page.navigate(ui.url() + "/traces");
        assertThat(page.locator(ROWS).first()).isVisible();

        ui.send(
                """
                {"op":"insert","trace_id":"live-1","span_id":"a","name":"just arrived",\
                "kind":"agent","start_time":%d,"end_time":%d}\
                """
                        .formatted(nanos(), nanos() + 5));

        assertThat(page.locator(ROWS).first()).containsText("just arrived");
    }

    private static long nanos() {
        return System.currentTimeMillis() * 1_000_000;
    }

    @Test
    void goesThroughTheListByKeyboard() {
        Page page = ui.open("/traces");
        assertThat(page.locator(ROWS).first()).isVisible();
        page.keyboard().press("j");
        page.keyboard().press("j");
        page.keyboard().press("k");
        assertThat(page.locator(ROWS + "[aria-selected=true]")).hasCount(1);
        page.keyboard().press("Enter");

        assertThat(page).hasURL(Pattern.compile("/traces/[0-9a-z-]+"));
        assertThat(page.getByRole(AriaRole.TREE)).isVisible();
        page.goBack();
        assertThat(page.locator(ROWS).first()).isVisible();
    }

    @Test
    void showsTheColumnsThatOneChooses() {
        Page page = ui.open("/traces");
        Locator header = page.getByRole(AriaRole.COLUMNHEADER);
        assertThat(header.getByText("Agent")).hasCount(0);
        button(page, "Columns").click();
        page.getByLabel("Agent").check();
        page.keyboard().press("Escape");

        assertThat(header.getByText("Agent")).isVisible();
        page.reload();
        assertThat(header.getByText("Agent")).isVisible();
    }

    @Test
    void fitsOnAPhoneInTheDark() throws Exception {
        Page page = ui.page(390, 780, ColorScheme.DARK);
        page.navigate(ui.url() + "/traces");
        assertThat(page.locator(ROWS).first()).isVisible();
        Object overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth");

        assertThat(overflow).isEqualTo(false);
        Ui.shoot(page, "traces-phone-dark");
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }

    @Test
    void goesAnywhereByThePalette() {
        Page page = ui.open("/traces");
        assertThat(page.locator(ROWS).first()).isVisible();
        page.keyboard().press("Control+k");
        page.keyboard().type("refund policy");
        Ui.shoot(page, "palette");
        page.keyboard().press("Enter");

        assertThat(page).hasURL(Pattern.compile("q=%22refund\\+policy%22"));
    }
}
