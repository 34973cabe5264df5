package dev.backplane.web;

import dev.backplane.http.Exchange;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The one page of the UI, with its policy.
///
/// The only inline text is the import map, which must stand in the page. It is allowed by its hash;
/// any other inline script or style is not.
record WebPage(WebFile file, String policy) {
    /// Where modules that are imported by name are found.
    private static final Map<String, String> LIBRARIES =
            new TreeMap<>(
                    Map.of(
                            "lit", "lib/lit/index.js",
                            "lit/", "lib/lit/",
                            "lit-html", "lib/lit-html/lit-html.js",
                            "lit-html/", "lib/lit-html/",
                            "lit-element/", "lib/lit-element/",
                            "@lit/reactive-element", "lib/reactive-element/reactive-element.js",
                            "@lit/reactive-element/", "lib/reactive-element/",
                            "uplot", "lib/uplot/uPlot.iife.min.js"));

    /// @param base address of the files, with the slash at its end
    /// @param files their names
    static WebPage of(String template, String base, Collection<String> files) {
        String map = importMap(base);
        String text =
                template.replace("{{base}}", base)
                        .replace("{{importmap}}", map)
                        .replace("{{preload}}", preload(base, files));
        String policy =
                "default-src 'none'; script-src 'self' "
                        + WebFile.policySource(map)
                        + "; style-src 'self'; img-src 'self' data: blob:; media-src data: blob:;"
                        + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                        + " frame-ancestors 'none'; require-trusted-types-for 'script';"
                        + " trusted-types lit-html";
        return new WebPage(WebFile.of("text/html; charset=utf-8", text), policy);
    }

    private static String importMap(String base) {
        return LIBRARIES.entrySet().stream()
                .map(entry -> "\"%s\":\"%s%s\"".formatted(entry.getKey(), base, entry.getValue()))
                .collect(Collectors.joining(",", "{\"imports\":{", "}}"));
    }

    /// The libraries that every page needs, so that a browser need not find out import by import.
    private static String preload(String base, Collection<String> files) {
        return files.stream()
                .filter(name -> name.matches("lib/(lit|reactive)[^/]*/.*\\.js"))
                .sorted()
                .map(name -> "<link rel=\"modulepreload\" href=\"%s%s\">".formatted(base, name))
                .collect(Collectors.joining("\n"));
    }

    /// The file that an import means.
    ///
    /// @param importer name of the file in which it stands
    static String resolve(String specifier, String importer) {
        if (specifier.startsWith(".")) {
            return URI.create("/" + importer).resolve(specifier).getPath().substring(1);
        }
        String exact = LIBRARIES.get(specifier);
        if (exact != null) {
            return exact;
        }
        return LIBRARIES.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("/"))
                .filter(entry -> specifier.startsWith(entry.getKey()))
                .map(entry -> entry.getValue() + specifier.substring(entry.getKey().length()))
                .findFirst()
                .orElse(specifier);
    }

    void send(Exchange exchange) throws IOException {
        exchange.header("Content-Security-Policy", policy)
                .header("Cache-Control", "no-cache")
                .header("Referrer-Policy", "no-referrer")
                .header("Cross-Origin-Opener-Policy", "same-origin")
                .header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
        file.send(exchange);
    }
}
