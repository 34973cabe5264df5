package dev.backplane.web;

import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.http.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Serves the UI: its page at every address that it knows, and its files below `/ui/`. Files are
/// read and compressed when the first is asked for. Thread-safe.
public final class WebFiles {
    private static final String FOLDER = "files";
    private static final String PREFIX = "/ui/";
    private static final String PAGE = "index.html";

    /// Addresses of the UI; `app/main.js` has the same list with a page for each.
    private static final List<String> PAGES =
            List.of(
                    "/",
                    "/traces",
                    "/traces/{trace}",
                    "/sessions",
                    "/sessions/{session}",
                    "/query",
                    "/dashboards",
                    "/dashboards/{dashboard}",
                    "/playground",
                    "/datasets",
                    "/datasets/{dataset}",
                    "/models",
                    "/keys",
                    "/projects",
                    "/policies",
                    "/status");

    private static final Map<String, String> TYPES =
            Map.of(
                    "js", "text/javascript; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "svg", "image/svg+xml",
                    "html", "text/html; charset=utf-8");

    private final Map<String, WebFile> files;
    private final WebPage page;
    private final String version;

    private WebFiles(Map<String, WebFile> files) {
        WebFile template = files.get(PAGE);
        if (template == null) {
            throw new IllegalStateException("the UI has no " + PAGE);
        }
        this.files = Map.copyOf(files);
        this.version = version(files);
        this.page =
                WebPage.of(
                        new String(template.plain(), StandardCharsets.UTF_8),
                        PREFIX + version + "/",
                        files.keySet());
    }

    /// Read once in a process.
    private static final class Bundled {
        static final WebFiles FILES = new WebFiles(read());

        private Bundled() {}
    }

    /// Adds the UI to a router.
    public static void routes(Router.Builder routes) {
        PAGES.forEach(path -> routes.get(path, exchange -> Bundled.FILES.page.send(exchange)));
        StringBuilder template = new StringBuilder(PREFIX + "{version}");
        for (String part : List.of("{a}", "{b}", "{c}", "{d}")) {
            template.append('/').append(part);
            routes.get(template.toString(), exchange -> Bundled.FILES.file(exchange));
        }
    }

    private void file(Exchange exchange) throws IOException {
        String path = exchange.path().substring(PREFIX.length());
        int slash = path.indexOf('/');
        WebFile file = files.get(path.substring(slash + 1));
        if (file == null || !path.substring(0, slash).equals(version)) {
            throw Problem.notFound("no such file of the UI", exchange.path())
                    .fix("load the page again: the server is of another version");
        }
        exchange.header("Cache-Control", "public, max-age=31536000, immutable");
        file.send(exchange);
    }

    /// Bytes that a browser that has nothing loads for everything, as they leave.
    static long compressedBytes() {
        return Bundled.FILES.files.values().stream().mapToLong(f -> f.compressed().length).sum();
    }

    static Map<String, WebFile> all() {
        return Bundled.FILES.files;
    }

    private static String version(Map<String, WebFile> files) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        new TreeMap<>(files)
                .forEach((name, file) ->
                        all.writeBytes((name + file.tag()).getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(WebFile.sha256(all.toByteArray()), 0, 6);
    }

    private static Map<String, WebFile> read() {
        URL folder = WebFiles.class.getResource(FOLDER);
        if (folder == null) {
            throw new IllegalStateException("the UI's files are not on the class path");
        }
        try {
            URI uri = folder.toURI();
            if (!uri.getScheme().equals("jar")) {
                return read(Path.of(uri));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return read(jar.provider().getPath(uri));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// uPlot's small build is a script that sets a variable; half as long as its module.
    private static byte[] module(String name, byte[] file) {
        ByteArrayOutputStream module = new ByteArrayOutputStream(file.length + 32);
        module.writeBytes(file);
        if (name.equals("lib/uplot/uPlot.iife.min.js")) {
            module.writeBytes("\nexport default uPlot;\n".getBytes(StandardCharsets.UTF_8));
        }
        return module.toByteArray();
    }

    private static Map<String, WebFile> read(Path folder) throws IOException {
        Map<String, WebFile> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                String name = folder.relativize(path).toString().replace('\\', '/');
                String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
                String type = TYPES.get(suffix);
                if (type != null) {
                    byte[] file = Comments.removed(name, Files.readAllBytes(path));
                    files.put(name, WebFile.of(type, module(name, file)));
                }
            }
        }
        return files;
    }
}
