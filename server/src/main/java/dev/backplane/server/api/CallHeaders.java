package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.CallListener;
import dev.backplane.gateway.limit.Standing;
import dev.backplane.http.Exchange;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Calls in headers: `X-Backplane-Tags` in; `X-Backplane-Trace`, `X-Backplane-Span`, and limits as
/// OpenAI names them (`x-ratelimit-…`) out.
final class CallHeaders implements CallListener {
    private static final int TAGS_MAX = 10;

    private final Exchange exchange;

    CallHeaders(Exchange exchange) {
        this.exchange = exchange;
    }

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

    @Override
    public void began(String trace, String span) {
        exchange.lastingHeader("X-Backplane-Trace", trace).lastingHeader("X-Backplane-Span", span);
    }

    @Override
    public void stands(Standing standing) {
        write("requests", standing.requests());
        write("tokens", standing.tokens());
    }

    private void write(String what, Optional<Standing.Rate> rate) {
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
