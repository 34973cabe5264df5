package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.BoundingBox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A trace as a flame, what calls were sent again, and charts at rest.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TraceViewsTest {
    private static final long START = 1_790_000_000_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "");
        ui.send(
                span("root", "", "agent", 0, 10),
                span("left", "root", "tool", 1, 6),
                span("below", "left", "llm", 2, 5),
                span("right", "root", "tool", 3, 9),
                span("after", "root", "tool", 9, 10),
                span("skewed", "root", "tool", 5, 4),
                "{\"op\":\"insert\",\"trace_id\":\"flame\",\"span_id\":\"timeless\","
                        + "\"parent_id\":\"root\",\"name\":\"timeless\"}");
        List<String> said = new ArrayList<>();
        for (int call = 0; call < 130; call++) {
            said.add("{\"role\":\"user\",\"content\":\"question %d\"}".formatted(call));
            ui.send(
                    """
                    {"op":"insert","trace_id":"long","span_id":"c%d","name":"chat","kind":"llm",\
                    "start_time":%d,"end_time":%d,"input":[%s],"output":[%s]}\
                    """
                            .formatted(
                                    call,
                                    START + call * SECOND,
                                    START + call * SECOND + 1,
                                    String.join(",", said),
                                    answer(call)));
            said.add(answer(call));
        }
    }

    private static String answer(int call) {
        return "{\"role\":\"assistant\",\"content\":\"answer %d\"}".formatted(call);
    }

    private static String span(String id, String parent, String kind, long from, long to) {
        return """
        {"op":"insert","trace_id":"flame","span_id":"%s","parent_id":"%s","name":"%s",\
        "kind":"%s","start_time":%d,"end_time":%d}\
        """
                .formatted(id, parent, id, kind, START + from * SECOND, START + to * SECOND);
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

    private static void pointAt(
            Page page, Locator canvas, double seconds, int lane, boolean click) {
        BoundingBox box = canvas.boundingBox();
        double x = box.x + box.width * seconds / 10;
        double y = box.y + lane * 19 + 9;
        page.mouse().move(x, y);
        if (click) {
            page.mouse().click(x, y);
        }
    }

    /// The right branch overlaps the left one and all below it, so it has a lane of its own; what
    /// comes after fits where there is room again.
    @Test
    void drawsWhatCalledWhatOverTime() throws Exception {
        Page page = ui.open("/traces/flame");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Flame")).click();
        Locator canvas = page.locator("canvas.flame");
        assertThat(canvas).hasAttribute("aria-label", Pattern.compile("7 spans in 4 lanes"));
        pointAt(page, canvas, 4, 2, false);
        assertThat(page.locator("flame-view .tip")).containsText("below");
        pointAt(page, canvas, 4, 3, false);
        assertThat(page.locator("flame-view .tip")).containsText("right");
        pointAt(page, canvas, 9.5, 1, true);

        assertThat(page).hasURL(Pattern.compile("span=after"));
        assertThat(page.locator("span-panel h2")).hasText("after");
        Ui.shoot(page, "flame");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        canvas.dblclick(
                new Locator.DblclickOptions()
                        .setPosition(canvas.boundingBox().width * 0.2, 19 + 9));
        assertThat(page.getByText("All of it")).isVisible();
        page.reload();
        assertThat(page.locator("canvas.flame")).isVisible();
    }

    @Test
    void showsWhatWasSentAgainAndPagesOn() throws Exception {
        Page page = ui.open("/traces/long?view=conversation");
        assertThat(page.locator("conversation-view .message")).hasCount(120);
        Locator again =
                page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("4 as before").setExact(true));
        again.click();
        assertThat(page.locator(".before .message")).hasCount(4);
        assertThat(page.locator(".before .message").nth(3)).containsText("answer 1");
        Ui.shoot(page, "conversation-before");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        again.click();
        assertThat(page.locator(".before")).hasCount(0);

        page.getByText("More of the conversation").click();
        page.getByText("More of the conversation").click();
        assertThat(page.locator("conversation-view .message")).hasCount(260);
        assertThat(page.locator("conversation-view .message").last()).containsText("answer 129");
    }

    @Test
    void showsValuesInALegendOnlyWhereSomebodyPoints() {
        Page page = ui.open("/query?sql=select+kind,+count(*)+n+from+spans+group+by+1");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run")).click();
        assertThat(page.locator(".result tbody tr").first()).isVisible();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Chart").setExact(true))
                .click();
        Locator value = page.locator(".u-legend .u-series").last().locator(".u-value");
        assertThat(page.locator("data-chart canvas")).isVisible();
        assertThat(value).not().isVisible();
        page.locator(".u-over").hover();

        assertThat(value).isVisible();
    }
}
