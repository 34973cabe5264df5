package dev.backplane.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that wants a key.
class KeyTest {
    @Test
    void asksForAKeyAndForgetsItWithTheTab(@TempDir Path data) throws Exception {
        String yaml =
                """
                loopback_without_key: false
                keys:
                  - {name: reader, key: bp_reader_secret_0123456789abcdef, scopes: [read]}
                """;
        try (Ui ui = new Ui(data, yaml)) {
            Page page = ui.open("/traces");
            assertThat(page.getByText("This server wants a key")).isVisible();
            Locator key =
                    page.getByRole(AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName("Key"));
            key.fill("wrong");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Go on")).click();
            assertThat(page.getByRole(AriaRole.ALERT)).containsText("does not take the key");
            Ui.shoot(page, "key");
            key.fill("bp_reader_secret_0123456789abcdef");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Go on")).click();

            assertThat(page.getByText("No traces in this time")).isVisible();
            assertThat(page.evaluate("localStorage.length + ' ' + document.cookie"))
                    .isEqualTo("0 ");
            page.reload();
            assertThat(page.getByText("No traces in this time")).isVisible();
            Page other = ui.open("/traces");
            assertThat(other.getByText("This server wants a key")).isVisible();
        }
    }
}
