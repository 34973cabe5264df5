package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.backplane.bench.SyntheticChatModel;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Models in the memory of the process: what they take and do, and how they go.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalModelsTest {
    private Ui ui;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        Path file = data.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 2_048);
        ui =
                new Ui(
                        data,
                        """
                        models:
                          tiny: {path: "%s"}
                        local: {threads: 1, memory: 1GiB}
                        """
                                .formatted(file));
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

    @Test
    void showsWhatIsLoadedAndUnloadsIt() throws Exception {
        Page page = ui.open("/models");
        assertThat(page.getByText("Models by name")).isVisible();
        assertThat(page.getByText("In memory")).hasCount(0);

        ui.post(
                "/v1/chat/completions",
                "{\"model\":\"tiny\",\"max_tokens\":8,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
        // It comes by itself while one looks.
        Locator row = page.locator(".resident tbody tr");
        assertThat(row).hasCount(1);
        assertThat(row).containsText("tiny");
        assertThat(row).containsText("qwen3");
        assertThat(row).containsText(Pattern.compile("\\d (kB|MB)"));
        assertThat(row).containsText(Pattern.compile("until|for good"));
        assertThat(row.locator("td").nth(3)).containsText(Pattern.compile("idle|\\d\\.\\d"));
        Ui.shoot(page, "models-loaded");
        assertThat(Ui.seriousFindings(page)).isEmpty();

        button(page, "Unload tiny").click();
        button(page, "Unload").click();
        assertThat(row).hasCount(0);
        assertThat(ui.get("/api/ps")).isEqualTo("{\"models\":[]}");
    }
}
