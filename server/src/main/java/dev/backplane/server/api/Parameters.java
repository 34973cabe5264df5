package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.OptionalLong;

/// Query parameters with their types.
final class Parameters {
    private Parameters() {}

    /// A misspelt parameter would otherwise give an answer to another question.
    ///
    /// @throws Problem `INVALID` if there are others than these
    static void requireOnly(Exchange exchange, List<String> allowed) {
        for (String name : exchange.queryNames()) {
            if (!allowed.contains(name)) {
                throw Problem.invalid("unknown query parameter", exchange.path())
                        .fix(
                                allowed.isEmpty()
                                        ? "there are none here"
                                        : "use " + String.join(", ", allowed));
            }
        }
    }

    static String text(Exchange exchange, String name) {
        return exchange.query(name).orElse("");
    }

    /// A whole number from `min` to `max`.
    static int integer(Exchange exchange, String name, int otherwise, int min, int max) {
        String text = text(exchange, name);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (text.matches("\\d{1,9}")) {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw Problem.invalid("'" + name + "' is out of range", "query parameter " + name)
                .fix("give a whole number from " + min + " to " + max);
    }

    /// Nanoseconds since 1970 from RFC 3339 text or from such a number itself.
    static OptionalLong time(Exchange exchange, String name) {
        return time(text(exchange, name), name);
    }

    /// The same of a text, which may be empty.
    static OptionalLong time(String text, String name) {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (text.matches("\\d{1,18}|[1-8]\\d{18}")) {
            return OptionalLong.of(Long.parseLong(text));
        }
        try {
            Instant instant = OffsetDateTime.parse(text).toInstant();
            return OptionalLong.of(
                    Math.addExact(
                            Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L),
                            instant.getNano()));
        } catch (DateTimeException | ArithmeticException e) {
            throw Problem.invalid("'" + name + "' is not a time", "query parameter " + name)
                    .fix("give RFC 3339 (2026-01-02T03:04:05Z) or nanoseconds since 1970")
                    .causedBy(e);
        }
    }
}
