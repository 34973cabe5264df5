package dev.backplane.server.api;

import dev.backplane.http.Exchange;
import java.util.List;

/// Which session a call belongs to.
final class Sessions {
    /// Ours first; the others are what agents say by themselves, seen from Claude Code 2.1 and
    /// Codex 0.169.
    private static final List<String> HEADERS =
            List.of("X-Backplane-Session", "X-Claude-Code-Session-Id", "session-id");

    private Sessions() {}

    /// Its name, or empty.
    static String of(Exchange exchange) {
        return HEADERS.stream()
                .flatMap(name -> exchange.header(name).stream())
                .filter(value -> !value.isBlank())
                .findFirst()
                .orElse("");
    }
}
