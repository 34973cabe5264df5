package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.limit.Standing;
import dev.backplane.http.Exchange;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Limits in headers: `X-Backplane-Tags` in, `x-ratelimit-…` out, as OpenAI names them.
final class RateHeaders {
    private static final int TAGS_MAX = 10;

    private RateHeaders() {}

    /// The tags of a call, separated by commas, each once.
    ///
    /// @throws Problem `INVALID` for more than [#TAGS_MAX]
    static List<String> tags(Exchange exchange) {
        Set<String> tags = new LinkedHashSet<>();
        for (String tag : exchange.header("X-Backplane-Tags").orElse("").split(",")) {
            if (!tag.isBlank()) {
                tags.add(tag.strip());
            }
        }
        if (tags.size() > TAGS_MAX) {
            throw Problem.invalid("call has more than " + TAGS_MAX + " tags", "X-Backplane-Tags")
                    .fix("send fewer");
        }
        return List.copyOf(tags);
    }

    static void write(Exchange exchange, Standing standing) {
        write(exchange, "requests", standing.requests());
        write(exchange, "tokens", standing.tokens());
    }

    private static void write(Exchange exchange, String what, Optional<Standing.Rate> rate) {
        rate.ifPresent(of ->
                exchange.lastingHeader("x-ratelimit-limit-" + what, Long.toString(of.limit()))
                        .lastingHeader(
                                "x-ratelimit-remaining-" + what, Long.toString(of.remaining()))
                        .lastingHeader("x-ratelimit-reset-" + what, seconds(of.reset())));
    }

    /// `59.5s`, which clients read as a duration.
    private static String seconds(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis / 1e3 + "s";
    }
}
