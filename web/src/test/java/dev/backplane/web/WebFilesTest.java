package dev.backplane.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the browser is told about the UI's files, over a socket.
class WebFilesTest {
    /// Of everything there is, compressed.
    private static final long BYTES_MAX = 150_000;

    private static final Pattern IMPORT =
            Pattern.compile("\\b(?:from|import)\\s*\\(?\\s*[\"']([\\w@./-]+)[\"']");

    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void start() {
        Router.Builder routes = Router.builder();
        WebFiles.routes(routes);
        server =
                HttpServer.start(
                        List.of(new HttpServer.Listener("main", "127.0.0.1", 0, routes.build())),
                        new Meter());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port("main") + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @Test
    void weighsLessThanItMay() {
        long bytes = WebFiles.compressedBytes();
        System.getLogger(WebFilesTest.class.getName())
                .log(
                        System.Logger.Level.INFO,
                        "the UI is %,d bytes compressed, of %,d".formatted(bytes, BYTES_MAX));
        assertThat(bytes).isPositive().isLessThan(BYTES_MAX);
    }

    /// Comments stay here; everything else is sent as it is, on its line.
    @Test
    void leavesOutNothingButComments() throws Exception {
        String module =
                """
                // first
                /#* @param {string} a
                 * more */
                const a = /#* @type {any} */ (b); // stays
                const c = "https://x/*" + `//` + 1 / 2;
                """
                        .replace('#', '*');
        assertThat(new String(Comments.removed("app/a.js", module.getBytes(UTF_8)), UTF_8))
                .isEqualTo(
                        "\n\n\nconst a =  (b); // stays\n"
                                + "const c = \"https://x/*\" + `//` + 1 / 2;\n");
        assertThat(Comments.removed("lib/a.js", module.getBytes(UTF_8)))
                .isEqualTo(module.getBytes(UTF_8));
        for (Map.Entry<String, WebFile> sent : WebFiles.all().entrySet()) {
            if (!sent.getKey().startsWith("app/") || !sent.getKey().endsWith(".js")) {
                continue;
            }
            List<String> lines = new String(sent.getValue().plain(), UTF_8).lines().toList();
            try (InputStream in = WebFiles.class.getResourceAsStream("files/" + sent.getKey())) {
                List<String> source = new String(in.readAllBytes(), UTF_8).lines().toList();
                assertThat(lines).as(sent.getKey()).hasSameSizeAs(source);
                // A line without any sign of a comment near it is the same.
                for (int i = 0; i < source.size(); i++) {
                    if (!source.get(i).contains("*") && !source.get(i).contains("//")) {
                        assertThat(lines.get(i)).as(sent.getKey()).isEqualTo(source.get(i));
                    }
                }
            }
        }
    }

    @Test
    void sendsThePageWithAPolicyThatAllowsItsOwnFilesOnly() throws Exception {
        for (String path : List.of("/", "/traces", "/traces/a%2Fb")) {
            HttpResponse<byte[]> page = get(path);

            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(header(page, "Content-Type")).isEqualTo("text/html; charset=utf-8");
            assertThat(header(page, "Cache-Control")).isEqualTo("no-cache");
            assertThat(header(page, "X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(header(page, "Content-Security-Policy"))
                    .contains("default-src 'none'", "script-src 'self' 'sha256-")
                    .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'")
                    .doesNotContain("unsafe");
        }
    }

    /// The hash in the policy is that of the import map in the page, which is its only inline
    /// script.
    @Test
    void allowsTheImportMapByItsHash() throws Exception {
        HttpResponse<byte[]> page = get("/");
        List<MatchResult> inline =
                Pattern.compile("(?s)<script(?![^>]*src=)[^>]*>(.*?)</script>")
                        .matcher(text(page))
                        .results()
                        .toList();

        assertThat(inline).hasSize(1);
        assertThat(header(page, "Content-Security-Policy"))
                .contains(WebFile.policySource(inline.getFirst().group(1)));
        assertThat(text(page)).doesNotContainPattern("\\son\\w+=|<style|\\sstyle=|https?://");
    }

    @Test
    void everyFileThatThePageNamesIsThereAndKeptForGood() throws Exception {
        List<String> named =
                Pattern.compile("(?:href|src)=\"([^\"]+)\"")
                        .matcher(text(get("/")))
                        .results()
                        .map(match -> match.group(1))
                        .toList();

        assertThat(named).hasSizeGreaterThan(5).allMatch(path -> path.startsWith("/ui/"));
        for (String path : named) {
            HttpResponse<byte[]> file = get(path);
            assertThat(file.statusCode()).as(path).isEqualTo(200);
            assertThat(header(file, "Cache-Control")).contains("immutable");
            assertThat(header(file, "Content-Type"))
                    .matches("(text/(javascript|css); charset=utf-8|image/svg\\+xml)");
        }
    }

    /// Nothing is asked for that is not here: not by our modules, not by the libraries.
    @Test
    void everyImportLeadsToAFile() {
        Map<String, WebFile> files = WebFiles.all();
        List<String> missing = new ArrayList<>();
        files.forEach((name, file) -> {
            if (name.endsWith(".js")) {
                String source = new String(file.plain(), StandardCharsets.UTF_8);
                IMPORT.matcher(source.replaceAll("(?m)^\\s*(//|\\*|/\\*\\*).*$", ""))
                        .results()
                        .map(match -> WebPage.resolve(match.group(1), name))
                        .filter(target -> !files.containsKey(target))
                        .forEach(target -> missing.add(name + " -> " + target));
            }
        });

        assertThat(files.keySet()).contains("app/main.js", "lib/lit-html/lit-html.js");
        assertThat(missing).isEmpty();
    }

    @Test
    void saysThatTheBrowserHasAFileAlready() throws Exception {
        String tag = header(get("/"), "ETag");

        HttpResponse<byte[]> again = get("/", "If-None-Match", tag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(header(again, "ETag")).isEqualTo(tag);
        assertThat(get("/", "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
    }

    @Test
    void compressesForWhoeverAcceptsIt() throws Exception {
        HttpResponse<byte[]> plain = get("/");
        HttpResponse<byte[]> compressed = get("/", "Accept-Encoding", "br, gzip;q=0.8");

        assertThat(header(plain, "Content-Encoding")).isEmpty();
        assertThat(header(compressed, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(compressed, "Vary")).isEqualTo("Accept-Encoding");
        assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed.body())).readAllBytes())
                .isEqualTo(plain.body());
        assertThat(header(get("/", "Accept-Encoding", "gzip;q=0"), "Content-Encoding")).isEmpty();
    }

    @Test
    void hasNothingBesidesItsFiles() throws Exception {
        String base = text(get("/")).replaceAll("(?s).*href=\"(/ui/[^/]+/).*", "$1");

        assertThat(get(base + "app/main.js").statusCode()).isEqualTo(200);
        for (String path :
                List.of(
                        base + "app/none.js",
                        base + "index.html/..",
                        base + "..%2F..%2FWebFiles.class",
                        "/ui/000000000000/app/main.js",
                        "/ui/x")) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
        }
    }
}
