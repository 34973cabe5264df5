package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Models, keys, projects, policies and status.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdministrationTest {
    private static final List<String> PAGES =
            List.of("models", "keys", "projects", "policies", "status");

    private FakeModels models;
    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        models = new FakeModels();
        ui =
                new Ui(
                                data,
                                models.yaml()
                                        + """
                                        gateway:
                                          content: hashed
                                          limits:
                                            - {user: "*", rpm: 20, budget: [1/day]}
                                        """)
                        .withRuns(20);
    }

    @AfterAll
    void stop() {
        if (ui != null) {
            ui.close();
        }
        if (models != null) {
            models.close();
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

    private static Locator row(Page page, String text) {
        return page.locator("tbody tr", new Page.LocatorOptions().setHasText(text));
    }

    @Test
    void looksWellInBothSchemesAndOnAPhone() throws Exception {
        Page wide = ui.page();
        Page phone = ui.page(390, 844, ColorScheme.DARK);
        for (String name : PAGES) {
            for (Page page : List.of(wide, phone)) {
                page.navigate(ui.url() + "/" + name);
                assertThat(page.locator("main [role=status]")).hasCount(0);
                assertThat(page.locator("main .state, main .scroll").first()).isVisible();
                Ui.shoot(page, name + (page == phone ? "-phone" : ""));
                assertThat(Ui.seriousFindings(page)).as(name).isEmpty();
            }
            assertThat(phone.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .as(name)
                    .isEqualTo(true);
        }
    }

    @Test
    void saysWhoAnswersAndWhetherTheyCan() {
        Page page = ui.open("/models");
        assertThat(row(page, "careful")).containsText("fake/broken");
        assertThat(row(page, "careful")).containsText("in this order");
        assertThat(row(page, "gpt-4o").first()).isVisible();
        button(page, "Test providers").click();
        assertThat(row(page, "openai_chat")).containsText("reached in");

        row(page, "one target").first().getByText("Try").click();
        assertThat(page.getByLabel("Model", new Page.GetByLabelOptions().setExact(true)))
                .hasValue("plain");
    }

    @Test
    void makesAKeyThatIsShownOnceAndRevokesIt() throws Exception {
        Page page = ui.open("/keys");
        button(page, "New key").first().click();
        page.getByLabel("Name").fill("<b>mia</b>");
        page.locator("input[value=call]").check();
        page.getByText("Limits of its calls").click();
        page.getByLabel("Budgets").fill("nonsense");
        button(page, "Create").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("nonsense");
        page.getByLabel("Budgets").fill("5/day, 1000 tokens/month");
        page.getByLabel("Requests a minute").fill("60");
        button(page, "Create").click();

        assertThat(page.locator(".secret code")).hasText(Pattern.compile("bp_[\\w-]{20,}"));
        Ui.shoot(page, "key-made");
        String secret = page.locator(".secret code").textContent();
        button(page, "Close").click();
        assertThat(page.locator("body")).not().containsText(secret);
        assertThat(row(page, "<b>mia</b>")).containsText("1000 tokens/month");
        assertThat(row(page, "<b>mia</b>")).containsText("60 requests/min");

        button(page, "Revoke <b>mia</b>").click();
        button(page, "Cancel").click();
        assertThat(row(page, "mia")).hasCount(1);
        button(page, "Revoke <b>mia</b>").click();
        button(page, "Revoke").click();
        assertThat(page.getByText("No keys yet")).isVisible();
        // The browser itself reports the answer 400 to a budget that is none.
        ui.complaints.removeIf(text -> text.contains("400"));
    }

    @Test
    void makesChangesAndDeletesAProject() {
        Page page = ui.open("/projects");
        assertThat(row(page, "default")).containsText("as the server");
        button(page, "New project").click();
        page.getByLabel("Name").fill("trial");
        page.getByLabel("Keeps traces").fill("30");
        button(page, "Create").click();
        assertThat(row(page, "trial")).containsText("30 days");
        button(page, "Change trial").click();
        page.getByLabel("Quota on disk").fill("2.5");
        button(page, "Save").click();
        assertThat(row(page, "trial")).containsText("2.5 MB");

        button(page, "Delete trial").click();
        button(page, "Delete for good").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("That is not trial.");
        assertThat(row(page, "trial")).hasCount(1);
        page.getByLabel("Type its name to go on").fill("trial");
        button(page, "Delete for good").click();
        assertThat(row(page, "trial")).hasCount(0);
    }

    @Test
    void saysWhichPoliciesAreInForce() {
        Page page = ui.open("/policies");

        assertThat(page.locator("main")).containsText("not the texts");
        assertThat(page.locator("main")).containsText(Pattern.compile("user \\*.*1/day.*20 requ"));
        assertThat(page.locator("main")).containsText("fake/broken, fake/plain");
        assertThat(page.locator("main")).containsText("No guard looks at requests");
    }

    @Test
    void saysHowTheServerIs() {
        Page page = ui.open("/status");

        assertThat(page.locator(".head")).containsText("serving");
        assertThat(page.locator(".tile").first()).containsText(Pattern.compile("Spans[1-9]"));
        assertThat(page.locator("main")).containsText(Pattern.compile("Heap.*MB of"));
        assertThat(page.locator("main")).containsText(Pattern.compile("[1-9]\\d* events"));
        // Rates need a few looks.
        assertThat(page.locator("data-chart canvas"))
                .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(20_000));
    }
}
