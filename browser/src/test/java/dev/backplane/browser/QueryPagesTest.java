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

/// Queries, dashboards and sessions.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QueryPagesTest {
    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "").withRuns(60);
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
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    private static void write(Page page, String sql) {
        page.getByLabel("SQL").fill(sql);
        page.keyboard().press("Control+Enter");
    }

    @Test
    void answersSqlAsATableThatLeadsToTraces() throws Exception {
        Page page = ui.open("/query");
        write(page, "select trace_id, span_count from traces order by span_count desc limit 3");

        assertThat(page.locator(".result tbody tr")).hasCount(3);
        assertThat(page.locator(".result-bar")).containsText("3 rows in");
        Ui.shoot(page, "query-table");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        page.locator(".result tbody a").first().click();
        assertThat(page.getByRole(AriaRole.TREE)).isVisible();
    }

    @Test
    void completesColumns() {
        Page page = ui.open("/query");
        page.getByLabel("SQL").fill("");
        page.getByLabel("SQL").pressSequentially("select dur");
        assertThat(page.locator(".completions")).containsText("duration_ms");
        page.keyboard().press("Tab");

        assertThat(page.getByLabel("SQL")).hasValue("select duration_ms");
    }

    @Test
    void saysWhereAQueryIsWrong() {
        Page page = ui.open("/query");
        write(page, "select nonsense from spans");

        assertThat(page.getByRole(AriaRole.ALERT)).containsText("nonsense");
        // The browser itself reports the answer 400.
        ui.complaints.removeIf(text -> text.contains("400"));
    }

    @Test
    void drawsAChartAndKeepsItOnADashboard() throws Exception {
        Page page = ui.open("/query");
        write(page, "select kind, count(*) n from spans group by kind order by n desc");
        assertThat(page.locator(".result tbody tr").first()).isVisible();
        button(page, "Chart").click();
        assertThat(page.locator("data-chart canvas")).isVisible();
        Ui.shoot(page, "query-chart");

        button(page, "Save").click();
        page.getByLabel("Dashboard").last().fill("Mine");
        page.getByLabel("Title").fill("Spans by kind");
        page.getByRole(AriaRole.DIALOG).getByText("Save").click();

        assertThat(page).hasURL(Pattern.compile("/dashboards/Mine"));
        assertThat(page.locator(".panel h2")).hasText("Spans by kind");
        assertThat(page.locator(".panel data-chart canvas")).isVisible();
        button(page, "Remove Spans by kind").click();
        assertThat(page.locator(".panel")).not().hasCount(1);
    }

    @Test
    void showsTheOverviewOfAll() throws Exception {
        Page page = ui.open("/dashboards?range=24h");

        assertThat(page.locator(".panel")).hasCount(10);
        assertThat(page.locator(".panel data-chart canvas")).hasCount(6);
        assertThat(page.locator(".tile").first()).containsText(Pattern.compile("Traces[1-9]\\d"));
        assertThat(page.locator(".panel > table").first()).containsText("gpt-4o");
        Ui.shoot(page, "dashboards");
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }

    @Test
    void showsSessionsAndTheirTraces() throws Exception {
        Page page = ui.open("/sessions");
        assertThat(page.locator("tbody tr").first()).isVisible();
        Ui.shoot(page, "sessions");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        page.locator("tbody a").first().click();

        page.locator(".thread a").first().click();
        assertThat(page).hasURL(Pattern.compile("/traces/.*view=conversation"));
    }
}
