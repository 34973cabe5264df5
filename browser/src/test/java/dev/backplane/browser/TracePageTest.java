package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
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

/// One trace: tree, timeline, conversation, and the details of a span.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracePageTest {
    private static final long START = 1_790_000_000_000_000_000L;
    private static final long MILLI = 1_000_000;
    private static final int LARGE = 20_000;
    private static final String NODES = "trace-tree [role=treeitem]";

    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        ui = new Ui(data, "");
        ui.send(
                span("run", "root", "", "travel agent", "agent", 0, 5_000, ""),
                span("run", "call1", "root", "first call", "llm", 100, 1_000, call(1)),
                span("run", "tool1", "root", "find_flights", "tool", 1_100, 1_500, FAILED),
                span("run", "call2", "root", "second call", "llm", 1_600, 4_900, call(2)));
        ui.send(large());
    }

    private static final String FAILED = ",\"status\":\"error\",\"error\":\"no such airport\"";

    private static String span(
            String trace,
            String id,
            String parent,
            String name,
            String kind,
            long from,
            long to,
            String more) {
        return """
        {"op":"insert","trace_id":"%s","span_id":"%s",%s"name":"%s","kind":"%s",\
        "start_time":%d,"end_time":%d%s}\
        """
                .formatted(
                        trace,
                        id,
                        parent.isEmpty() ? "" : "\"parent_id\":\"" + parent + "\",",
                        name,
                        kind,
                        START + from * MILLI,
                        START + to * MILLI,
                        more);
    }

    /// The second call repeats the first and its answer.
    private static String call(int number) {
        String first =
                """
                {"role":"system","content":"You book flights."},\
                {"role":"user","content":"To Lisbon, please."}\
                """;
        String answer =
                """
                {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",\
                "function":{"name":"find_flights","arguments":"{\\"to\\":\\"LIS\\"}"}}]}\
                """;
        String result = "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"none found\"}";
        String last = "{\"role\":\"assistant\",\"content\":\"There is no flight.\"}";
        return ",\"model\":\"gpt-4o\",\"input_tokens\":100,\"output_tokens\":20,\"cost\":0.5"
                + (number == 1
                        ? ",\"input\":[" + first + "],\"output\":[" + answer + "]"
                        : ",\"input\":["
                                + first
                                + ","
                                + answer
                                + ","
                                + result
                                + "],\"output\":["
                                + last
                                + "]");
    }

    private static String[] large() {
        List<String> lines = new ArrayList<>();
        lines.add(span("large", "root", "", "batch", "chain", 0, LARGE, ""));
        for (int i = 1; i < LARGE; i++) {
            String parent = i % 10 == 1 ? "root" : "s" + (i - (i - 1) % 10);
            String more = i == 17_777 ? ",\"input\":\"a needle in here\"" : "";
            lines.add(span("large", "s" + i, parent, "step " + i, "tool", i, i + 5, more));
        }
        return lines.toArray(String[]::new);
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
    void showsTheTreeWithWhatItAddsUpTo() throws Exception {
        Page page = ui.open("/traces/run");

        assertThat(page.locator(NODES)).hasCount(4);
        for (String fact : List.of("5 s", "4 spans", "2 LLM calls", "1 failed", "200", "$1.00")) {
            assertThat(page.locator(".head .facts")).containsText(fact);
        }
        assertThat(node(page, "travel agent")).hasAttribute("aria-level", "1");
        assertThat(node(page, "first call")).hasAttribute("aria-level", "2");
        assertThat(node(page, "find_flights")).hasClass(Pattern.compile("failed"));
        assertThat(node(page, "travel agent")).containsText("$1.00");
        Ui.shoot(page, "trace-tree");
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }

    @Test
    void drawsBarsBesideTheNames() {
        Page page = ui.open("/traces/run");
        assertThat(page.locator(NODES)).hasCount(4);

        // Some of what is drawn in the row of the failed tool has the colour of errors.
        page.waitForFunction(
                """
                () => {
                  const canvas = document.querySelector("canvas.bars");
                  const data = canvas.getContext("2d").getImageData(0, 54, canvas.width, 26).data;
                  for (let i = 0; i < data.length; i += 4) {
                    if (data[i] > 150 && data[i + 1] < 90 && data[i + 3] > 200) return true;
                  }
                  return false;
                }
                """);
    }

    @Test
    void showsASpanWithItsMessagesAndKeepsItInTheAddress() throws Exception {
        Page page = ui.open("/traces/run");
        node(page, "second call").click();

        Locator panel = page.locator("span-panel");
        assertThat(panel.locator("h2")).hasText("second call");
        assertThat(panel).containsText("To Lisbon, please.");
        assertThat(panel).containsText("There is no flight.");
        assertThat(page).hasURL(Pattern.compile("span=call2"));
        Ui.shoot(page, "trace-span");
        assertThat(Ui.seriousFindings(page)).isEmpty();

        page.reload();
        assertThat(panel.locator("h2")).hasText("second call");
        assertThat(node(page, "second call")).hasAttribute("aria-selected", "true");
        page.keyboard().press("Escape");
        assertThat(panel).hasCount(0);
    }

    @Test
    void saysWhatWentWrong() {
        Page page = ui.open("/traces/run?span=tool1");
        assertThat(page.locator("span-panel .notice.error")).containsText("no such airport");
    }

    @Test
    void showsAConversationWithEachMessageOnce() throws Exception {
        Page page = ui.open("/traces/run?view=conversation");

        assertThat(page.locator(".message")).hasCount(5);
        assertThat(page.locator(".message.system")).hasText(Pattern.compile("You book flights"));
        assertThat(page.locator(".message.tool")).containsText("find_flights");
        assertThat(page.locator(".message.tool")).containsText("none found");
        assertThat(page.locator(".turn").nth(1)).containsText("3 as before");
        Ui.shoot(page, "trace-conversation");
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }

    @Test
    void goesThroughTheTreeByKeyboard() {
        Page page = ui.open("/traces/run");
        assertThat(page.locator(NODES)).hasCount(4);
        page.getByRole(AriaRole.TREE).focus();
        page.keyboard().press("ArrowLeft");
        assertThat(page.locator(NODES)).hasCount(1);
        assertThat(node(page, "travel agent")).hasAttribute("aria-expanded", "false");
        page.keyboard().press("ArrowRight");
        assertThat(page.locator(NODES)).hasCount(4);
        page.keyboard().press("End");

        assertThat(page.locator("span-panel h2")).hasText("second call");
        page.keyboard().press("ArrowLeft");
        assertThat(page.locator("span-panel h2")).hasText("travel agent");
    }

    @Test
    void leadsToErrorsAndToTheSlowest() {
        Page page = ui.open("/traces/run");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Errors: 1")).click();
        page.getByRole(AriaRole.DIALOG).getByText("find_flights").click();
        assertThat(page.locator("span-panel h2")).hasText("find_flights");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Slowest")).click();
        assertThat(page.locator(".pop .item").first()).containsText("travel agent");
        assertThat(page.locator(".pop .item").nth(1)).containsText("second call");
    }

    @Test
    void takesAScoreAndAComment() {
        Page page = ui.open("/traces/run?span=call1");
        page.getByRole(AriaRole.TAB, new Page.GetByRoleOptions().setName("Scores")).click();
        page.getByLabel("Score", new Page.GetByLabelOptions().setExact(true))
                .last()
                .fill("helpful");
        page.getByLabel("From 0 to 1").fill("0.25");
        page.getByLabel("Comment").fill("It should have asked <b>when</b>.");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Add").setExact(true))
                .click();

        Locator panel = page.locator("span-panel");
        assertThat(panel).containsText("It should have asked <b>when</b>.");
        assertThat(panel.locator("dd")).containsText("0.25");
    }

    @Test
    void opensALargeTraceAtAnySpan() {
        Page page = ui.open("/traces/large?span=s15555");

        assertThat(node(page, "step 15555")).isVisible();
        assertThat(node(page, "step 15555")).hasAttribute("aria-selected", "true");
        assertThat(page.locator(".axis")).containsText("20,000 spans");
        assertThat(page.locator(NODES).count()).isLessThan(80);
    }

    @Test
    void scrollsThroughALargeTraceAndFoldsPartsOfIt() {
        Page page = ui.open("/traces/large");
        assertThat(node(page, "batch")).isVisible();
        page.getByRole(AriaRole.TREE).focus();
        page.keyboard().press("End");
        assertThat(node(page, "step 19999")).isVisible();
        page.keyboard().press("Home");
        page.keyboard().press("ArrowDown");
        page.keyboard().press("ArrowLeft");
        assertThat(node(page, "step 11").first()).isVisible();
        assertThat(page.locator(NODES).nth(2)).containsText("step 11");
        page.keyboard().press("End");

        assertThat(node(page, "step 19999")).isVisible();
    }

    @Test
    void findsWordsInALargeTrace() {
        Page page = ui.open("/traces/large");
        assertThat(node(page, "batch")).isVisible();
        page.keyboard().press("/");
        page.keyboard().type("needle");

        assertThat(page.locator(NODES)).hasCount(3);
        assertThat(node(page, "step 17777")).isVisible();
        Ui.shoot(page, "trace-search");
        page.keyboard().press("Escape");
        assertThat(page.locator(".axis")).containsText("20,000 spans");
    }

    @Test
    void growsWhileOneLooks() throws Exception {
        ui.send(span("grows", "root", "", "at work", "agent", 0, 10, ""));
        Page page = ui.open("/traces/grows");
        assertThat(page.locator(NODES)).hasCount(1);

        ui.send(span("grows", "next", "root", "came later", "tool", 20, 30, ""));

        assertThat(page.locator(NODES)).hasCount(2);
    }

    @Test
    void fitsOnAPhoneAndInTheDark() throws Exception {
        Page page = ui.page(390, 780, ColorScheme.DARK);
        page.navigate(ui.url() + "/traces/run?span=call1");
        assertThat(page.locator("span-panel")).containsText("To Lisbon, please.");
        Ui.shoot(page, "trace-span-phone-dark");
        assertThat(Ui.seriousFindings(page)).isEmpty();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Close the span"))
                .click();
        assertThat(page.locator(NODES)).hasCount(4);
        assertThat(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
                .isEqualTo(false);
    }

    @Test
    void saysThatThereIsNoSuchTrace() {
        Page page = ui.open("/traces/nowhere");
        assertThat(page.getByText("No such trace")).isVisible();
        // The browser itself reports the answer 404.
        ui.complaints.removeIf(text -> text.contains("404"));
    }
}
