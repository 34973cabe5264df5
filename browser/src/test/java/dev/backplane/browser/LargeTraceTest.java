package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A trace that nobody could look through row by row: all of it is there, and what matters is
/// found. With `-Dspans=1000000` the same is done with as many, and says how long a person waits;
/// see CONTRIBUTING.md.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeTraceTest {
    private static final System.Logger LOG = System.getLogger(LargeTraceTest.class.getName());
    private static final int SPANS = Integer.getInteger("spans", 40_000);
    private static final int FRAMES = 180;
    private static final double PATIENCE_MILLIS = 120_000;
    private static final String NODES = "trace-tree [role=treeitem]";

    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "");
        new LargeTrace("large", SPANS).send(ui);
        ui.post("/api/v1/store/compact", "{}");
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

    private static void tell(String what, double value) {
        double load =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                        .getSystemLoadAverage();
        LOG.log(
                System.Logger.Level.INFO,
                "%,d spans, load %.1f: %s %.1f ms".formatted(SPANS, load, what, value));
    }

    private Page open(String query, String what) {
        Page page = ui.page();
        page.setDefaultTimeout(PATIENCE_MILLIS);
        page.navigate(ui.url() + "/traces/large" + query);
        assertThat(page.locator(NODES).first()).isVisible();
        Object opened = page.evaluate("performance.now()");
        tell(what, ((Number) opened).doubleValue());
        return page;
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    /// How long frames are while something moves, and what a frame costs the page's thread, which
    /// says more where the machine has other work.
    private static void frames(Page page, String what, String step) {
        CDPSession session = page.context().newCDPSession(page);
        JsonObject domain = new JsonObject();
        domain.addProperty("timeDomain", "threadTicks");
        session.send("Performance.enable", domain);
        double before = threadMillis(session);
        Object frames =
                page.evaluate(
                        """
                        step => new Promise(done => {
                          const move = new Function("i", step);
                          const times = [];
                          let before = performance.now();
                          const frame = now => {
                            times.push(now - before);
                            before = now;
                            if (times.length === %d) {
                              times.sort((a, b) => a - b);
                              const at = q => times[Math.floor(q * times.length)];
                              done([at(0.5), at(0.95), at(0.999)]);
                              return;
                            }
                            move(times.length);
                            requestAnimationFrame(frame);
                          };
                          requestAnimationFrame(frame);
                        })
                        """
                                .formatted(FRAMES),
                        step);
        tell(what + ", processor time a frame", (threadMillis(session) - before) / FRAMES);
        if (frames instanceof List<?> found) {
            tell(what + ", median frame", ((Number) found.get(0)).doubleValue());
            tell(what + ", 95th of 100 frames", ((Number) found.get(1)).doubleValue());
            tell(what + ", longest frame", ((Number) found.get(2)).doubleValue());
        }
    }

    private static double threadMillis(CDPSession session) {
        for (JsonElement metric :
                session.send("Performance.getMetrics").getAsJsonArray("metrics")) {
            JsonObject known = metric.getAsJsonObject();
            if (known.get("name").getAsString().equals("TaskDuration")) {
                return known.get("value").getAsDouble() * 1_000;
            }
        }
        return Double.NaN;
    }

    @Test
    void opensAndScrolls() {
        open("", "tree opened first");
        Page page = open("", "tree opened again");
        assertThat(page.locator(".axis")).containsText("%,d spans".formatted(SPANS - 3));
        frames(
                page,
                "scrolling the tree",
                "const box = document.querySelector('trace-tree .window'); box.scrollTop +="
                        + " i % 60 ? 400 : box.scrollHeight / 4;");
        page.getByRole(AriaRole.TREE).focus();
        page.keyboard().press("End");
        assertThat(page.locator(NODES).last()).containsText(LargeTrace.FAILED);
        assertThat(page.locator(NODES).count()).isLessThan(80);
    }

    @Test
    void findsWhatFailedWhatWasSlowAndWhatHeldItUp() {
        Page page = open("", "tree opened");
        double begin = System.nanoTime();
        button(page, "Errors: 1").click();
        page.getByRole(AriaRole.DIALOG).getByText(LargeTrace.FAILED).click();
        assertThat(page.locator("span-panel h2")).hasText(LargeTrace.FAILED);
        tell("the error found and opened", (System.nanoTime() - begin) / 1e6);
        button(page, "Errors: 1").click();
        page.getByText("Show only these in the tree").click();
        assertThat(page.locator(NODES)).hasCount(3);
        assertThat(page).hasURL(Pattern.compile("only=failed"));

        begin = System.nanoTime();
        button(page, "Slowest").click();
        page.getByRole(AriaRole.DIALOG).getByText(LargeTrace.SLOW).click();
        assertThat(page.locator("span-panel h2")).hasText(LargeTrace.SLOW);
        tell("the slowest found and opened", (System.nanoTime() - begin) / 1e6);

        begin = System.nanoTime();
        page.getByRole(AriaRole.TREE).focus();
        page.keyboard().press("c");
        assertThat(page.locator(".axis")).containsText("rows found");
        tell("the critical path shown", (System.nanoTime() - begin) / 1e6);
        assertThat(page.locator(NODES).nth(1)).isVisible();
        Ui.shoot(page, "trace-critical");
        button(page, "Critical path only").click();
        assertThat(page.locator(".axis")).containsText("%,d spans".formatted(SPANS - 3));
    }

    /// No span is left out, wherever it stands: those at the end are told together, and can be
    /// looked at one by one.
    @Test
    void drawsAllOfIt() {
        Page page = open("?flame=1", "tree and flame opened");
        Locator canvas = page.locator("canvas.flame");
        assertThat(canvas)
                .hasAttribute("aria-label", Pattern.compile("%,d spans in".formatted(SPANS - 3)));
        assertThat(canvas).hasAttribute("aria-busy", "false");
        tell("flame drawn", ((Number) page.evaluate("performance.now()")).doubleValue());
        Ui.shoot(page, "flame-large");
        frames(
                page,
                "moving the flame",
                "const view = document.querySelector('flame-view'); const wide = view.length / 50;"
                        + " view.look(wide * (i % 40), wide * (i % 40 + 1));");
        page.evaluate("document.querySelector('flame-view').look(0, Infinity)");
        assertThat(page.getByText("All of it")).hasCount(0);
        awaitFlame(page);

        pointAtTheError(page);
        assertThat(page.locator("flame-view .tip")).containsText("failed");
        for (int look = 0; look < 40 && page.locator("span-panel").count() == 0; look++) {
            pointAtTheError(page);
            page.mouse().down();
            page.mouse().up();
            awaitFlame(page);
        }
        assertThat(page.locator("span-panel h2")).hasText(LargeTrace.FAILED);
    }

    private static void awaitFlame(Page page) {
        page.waitForFunction("() => document.querySelector('flame-view').isCovered");
    }

    /// At the bar that has the error in it: a click looks closer, or opens it when it is one.
    private static void pointAtTheError(Page page) {
        Object at =
                page.evaluate(
                        """
                        () => {
                          const view = document.querySelector("flame-view");
                          const box = view.querySelector("canvas.flame").getBoundingClientRect();
                          const bar = view.answer.bars.find(one => one.errors);
                          const scale = box.width / (view.view.to - view.view.from);
                          const middle = (bar.from_ms + bar.to_ms) / 2 - view.view.from;
                          const top = box.top + bar.lane * 19 + 9 - view.top;
                          return [box.left + middle * scale, top];
                        }
                        """);
        if (at instanceof List<?> place) {
            page.mouse()
                    .move(
                            ((Number) place.get(0)).doubleValue(),
                            ((Number) place.get(1)).doubleValue());
        }
    }
}
