package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Prompts that are edited, run and compared.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlaygroundTest {
    private static final String PIXEL =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

    private FakeModels models;
    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        models = new FakeModels();
        ui = new Ui(data, models.yaml());
        ui.send(
                """
                {"op":"insert","trace_id":"asked","span_id":"a","name":"chat","kind":"llm",\
                "model":"plain","start_time":1790000000000000000,"end_time":1790000001000000000,\
                "attributes":{"gen_ai.request.temperature":"0.5"},\
                "tools":[{"name":"weather","input_schema":{"type":"object"}}],"input":[\
                {"role":"system","content":"Be kind. <script>document.title='taken'</script>"},\
                {"role":"user","content":[{"type":"text","text":"What is this?"},\
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"%s"}}]},\
                {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"weather",\
                "input":{"city":"Oslo"}}]},\
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",\
                "content":"cold"}]}]}\
                """
                        .formatted(PIXEL));
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

    @BeforeEach
    void forget() {
        models.asked.clear();
    }

    @AfterEach
    void nothingComplained() {
        assertThat(ui.complaints).isEmpty();
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static void write(Page page, String model, String text) {
        page.getByLabel("Model", new Page.GetByLabelOptions().setExact(true)).fill(model);
        page.getByLabel("Text of message 1").fill(text);
    }

    @Test
    void opensASpanAndAsksAgain() throws Exception {
        Page page = ui.open("/traces/asked?span=a");
        page.getByLabel("Open in the playground").click();

        assertThat(page.getByLabel("Text of message 1")).hasValue(Pattern.compile("Be kind"));
        assertThat(page.locator(".draft-image img")).hasCount(1);
        assertThat(page.getByLabel("Calls of message 3")).hasValue(Pattern.compile("Oslo"));
        assertThat(page.getByLabel("Call that message 4 answers")).hasValue("t1");
        page.getByLabel("Text of message 1").fill("Be short.");
        page.keyboard().press("Control+Enter");

        assertThat(page.locator(".run .message")).containsText("good day");
        assertThat(page.locator(".run .facts")).containsText("12 → 34 tokens");
        assertThat(models.asked.take())
                .contains("Be short.", "\"temperature\":0.5", "data:image/png;base64," + PIXEL)
                .contains("\"tool_call_id\":\"t1\"", "\"name\":\"weather\"", "\"parameters\"")
                .doesNotContain("tool_use", "Be kind");
        Ui.shoot(page, "playground-span");
        page.locator(".run").getByText("Trace").click();
        assertThat(page.locator("span-panel")).containsText("good day");
        assertThat(page.locator("span-panel")).containsText("playground");
        assertThat(page.title()).isEqualTo("Traces · Backplane");
    }

    @Test
    void keepsWhatWasWrittenForTheTab() {
        Page page = ui.open("/playground");
        write(page, "plain", "not to be lost");
        page.reload();
        assertThat(page.getByLabel("Text of message 1")).hasValue("not to be lost");
        button(page, "Start over").click();

        assertThat(page.getByLabel("Text of message 1")).hasValue("");
    }

    @Test
    void comparesModelsAndPromptsSideBySide() throws Exception {
        Page page = ui.open("/playground");
        write(page, "plain", "hello");
        button(page, "Compare").click();
        page.getByLabel("Model 2").fill("tools");
        button(page, "Variant").click();
        page.getByLabel("Text of message 1").fill("hello again");
        assertThat(page.locator(".run")).hasCount(3);
        button(page, "Run all").click();

        Locator runs = page.locator(".run");
        assertThat(runs.nth(0).locator(".message")).containsText("good day");
        assertThat(runs.nth(1).locator(".thinking")).containsText("It asks for the weather.");
        assertThat(runs.nth(1).locator(".call")).containsText("Oslo");
        assertThat(runs.nth(2).locator(".actions-line").last()).containsText("Trace");
        assertThat(models.asked.stream().filter(body -> body.contains("hello again"))).hasSize(1);
        Ui.shoot(page, "playground-compare");
        assertThat(Ui.seriousFindings(page)).isEmpty();

        runs.nth(1).getByText("Go on from here").click();
        assertThat(page.getByLabel("Call that message 3 answers")).hasValue("call_7");
    }

    @Test
    void stopsAnAnswer() {
        Page page = ui.open("/playground");
        write(page, "endless", "hello");
        button(page, "Run").click();
        assertThat(page.locator(".run .message")).containsText("word");
        button(page, "Stop").click();

        assertThat(page.locator(".run .facts")).containsText("stopped");
        assertThat(page.locator(".run .message")).containsText("word");
        assertThat(button(page, "Run")).isVisible();
        // The call may be stored a little later than it is asked for.
        ui.complaints.removeIf(text -> text.contains("404"));
    }

    @Test
    void saysInPlaceWhatIsWrong() throws Exception {
        Page page = ui.open("/playground");
        write(page, "broken", "hello");
        button(page, "Run").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("it <b>broke</b>");
        assertThat(page.locator(".run").getByText("Trace")).isVisible();

        page.getByText("Tools").click();
        page.getByLabel("Tools").fill("[{");
        assertThat(page.locator("prompt-editor .error-text")).containsText("not JSON");
        button(page, "Run").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("Tools is not JSON");
        assertThat(models.asked).hasSize(1);
        Ui.shoot(page, "playground-errors");
        // The browser itself reports the answer 400.
        ui.complaints.removeIf(text -> text.contains("400"));
    }

    @Test
    void asksForAnAnswerByASchemaAboutAnImage() throws Exception {
        Page page = ui.open("/playground");
        write(page, "schema", "where?");
        page.getByText("Answer by a JSON schema").click();
        page.getByLabel("Answer by a JSON schema").fill("{\"type\":\"object\"}");
        page.locator("input[type=file]")
                .setInputFiles(
                        new FilePayload("dot.png", "image/png", Base64.getDecoder().decode(PIXEL)));
        assertThat(page.locator(".draft-image img")).hasCount(1);
        button(page, "Run").click();

        assertThat(page.locator(".run json-view .key")).hasText("city");
        assertThat(models.asked.take()).contains("json_schema", "data:image/png;base64,");

        // The call that was recorded comes back with all of it, and can be changed.
        page.locator(".run").getByText("Trace").click();
        page.getByLabel("Open in the playground").click();
        assertThat(page.locator(".draft-image img")).hasCount(1);
        assertThat(page.getByText("Answer by a JSON schema")).containsText("on");
        page.getByText("Answer by a JSON schema").click();
        assertThat(page.getByLabel("Answer by a JSON schema"))
                .hasValue(Pattern.compile("\"type\": \"object\""));
        page.getByLabel("Answer by a JSON schema").fill("{\"type\":\"object\",\"title\":\"T\"}");
        button(page, "Run").click();
        assertThat(page.locator(".run json-view .key")).hasText("city");
        assertThat(models.asked.take())
                .contains("\"schema\":{\"type\":\"object\",\"title\":\"T\"}", "image/png;base64,");
        Ui.shoot(page, "playground-schema");
    }

    @Test
    void takesOverWhatClientsOfTheGatewayAsked() throws Exception {
        ui.post(
                "/v1/chat/completions",
                """
                {"model":"schema","messages":[{"role":"user","content":"where?"}],"stop":["END"],\
                "temperature":0.25,"max_tokens":77,"stream":true,"tool_choice":"required",\
                "tools":[{"type":"function","function":{"name":"weather","parameters":{}}}],\
                "response_format":{"type":"json_schema","json_schema":{"name":"place",\
                "strict":false,"schema":{"type":"object","required":["city"]}}}}\
                """);
        models.asked.clear();
        Page page = ui.open("/traces?range=all&q=attributes.gen_ai.request.max_tokens:77");
        page.locator(".grid-row a").first().click();
        page.locator("trace-tree [role=treeitem]").first().click();
        page.getByLabel("Open in the playground").click();
        button(page, "Run").click();
        assertThat(page.locator(".run .message")).isVisible();

        assertThat(models.asked.take())
                .contains("\"name\":\"place\",\"schema\":{\"type\":\"object\"")
                .contains("\"strict\":false", "\"stop\":[\"END\"]", "\"temperature\":0.25")
                .contains("\"max_tokens\":77", "\"tool_choice\":\"required\"", "\"weather\"");
    }

    @Test
    void fitsAPhoneInTheDark() throws Exception {
        Page page = ui.page(390, 844, ColorScheme.DARK);
        page.navigate(ui.url() + "/playground");
        write(page, "plain", "hello");
        page.keyboard().press("Control+Enter");
        assertThat(page.locator(".run .message")).containsText("good day");

        Ui.shoot(page, "playground-phone");
        assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo(true);
        assertThat(Ui.seriousFindings(page)).isEmpty();
    }
}
