package dev.backplane.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import dev.backplane.bench.BenchCommands;
import dev.backplane.bench.BenchCommands.DemoOptions;
import dev.backplane.bench.api.Target;
import dev.backplane.server.Backplane;
import dev.backplane.server.config.ConfigLoader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A server with data, and a browser that looks at it.
final class Ui implements AutoCloseable {
    /// Where screenshots are kept for people to look at.
    static final Path SHOTS = Path.of("target", "screenshots");

    private static final Path AXE = Path.of("..", "web", "node_modules", "axe-core", "axe.min.js");

    private final Backplane backplane;
    private final Playwright playwright;
    private final Browser browser;
    private final HttpClient http = HttpClient.newHttpClient();

    /// What pages complained about: errors in scripts, refusals of the policy.
    final List<String> complaints = new ArrayList<>();

    /// @param yaml the configuration
    Ui(Path data, String yaml) throws IOException {
        Path chromium = chromium();
        Path file = data.resolve("backplane.yaml");
        Files.writeString(file, yaml);
        backplane =
                Backplane.start(
                        ConfigLoader.load(
                                Map.of(),
                                new ConfigLoader.Overrides(
                                        Optional.of(file),
                                        Optional.of(data),
                                        Optional.of("127.0.0.1:0"),
                                        Optional.of("off"),
                                        Optional.of("off"))),
                        _ -> {});
        playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(chromium)
                                        .setArgs(List.of("--no-sandbox")));
    }

    /// Skips the test where there is none.
    private static Path chromium() {
        Optional<Path> found =
                Stream.of(
                                Optional.ofNullable(System.getenv("BACKPLANE_CHROMIUM")),
                                Optional.of("/usr/bin/chromium"),
                                Optional.of("/usr/bin/chromium-browser"),
                                Optional.of("/usr/bin/google-chrome"))
                        .flatMap(Optional::stream)
                        .map(Path::of)
                        .filter(Files::isExecutable)
                        .findFirst();
        Assumptions.assumeTrue(
                found.isPresent(),
                "the UI was not tested: there is no Chromium in /usr/bin, and BACKPLANE_CHROMIUM"
                        + " names none");
        return found.orElseThrow();
    }

    String url() {
        return "http://127.0.0.1:" + backplane.port();
    }

    /// Sends agent runs as SDKs do, spread over the last six hours.
    Ui withRuns(int runs) {
        BenchCommands.demo(
                new DemoOptions(Target.of(url()), runs, 1, Duration.ofHours(6)), (_, _, _) -> {});
        return this;
    }

    /// Sends span lines.
    void send(String... lines) throws IOException {
        post("/api/v1/spans", String.join("\n", lines));
    }

    String post(String path, String body) throws IOException {
        return ask(at(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    String get(String path) throws IOException {
        return ask(at(path).build());
    }

    private HttpRequest.Builder at(String path) {
        return HttpRequest.newBuilder(URI.create(url() + path));
    }

    private String ask(HttpRequest request) throws IOException {
        try {
            HttpResponse<String> response =
                    http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IOException(request.uri() + " answered " + response.body());
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// A page of a desktop window.
    Page page() {
        return page(1280, 800, ColorScheme.LIGHT);
    }

    Page page(int width, int height, ColorScheme scheme) {
        BrowserContext context =
                browser.newContext(
                        new Browser.NewContextOptions()
                                .setViewportSize(width, height)
                                .setColorScheme(scheme)
                                .setPermissions(List.of("clipboard-read", "clipboard-write")));
        Page page = context.newPage();
        page.setDefaultTimeout(20_000);
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        return page;
    }

    Page open(String path) {
        Page page = page();
        page.navigate(url() + path);
        return page;
    }

    static void shoot(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(SHOTS.resolve(name + ".png")));
    }

    /// What axe finds on the page that is serious or critical.
    static List<String> seriousFindings(Page page) throws IOException {
        Assumptions.assumeTrue(
                Files.exists(AXE),
                "accessibility was not tested: axe-core is not here; web/check-types installs it");
        page.evaluate(Files.readString(AXE));
        Object found =
                page.evaluate(
                        """
                        async () => (await axe.run({resultTypes: ["violations"]})).violations
                          .filter(v => v.impact === "serious" || v.impact === "critical")
                          .map(v => v.id + ": " + v.nodes[0].html + " " + v.nodes[0].failureSummary)
                        """);
        return found instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
        backplane.close();
    }
}
