package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.CallListener;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.limit.Standing;
import dev.backplane.http.Exchange;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Calls in headers: `X-Backplane-Tags` in; `X-Backplane-Trace`, `X-Backplane-Span`, limits as
/// OpenAI names them (`x-ratelimit-…`), who answers (`X-Backplane-Target`), whether it was kept
/// (`X-Backplane-Cache`) and what was not told to the provider (`X-Backplane-Ignored`) out.
final class CallHeaders implements CallListener {
    private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x21-\\x7E]");
    private static final int TAGS_MAX = 10;
    private static final int HEADER_CHARS_MAX = 1_000;

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

    @Override
    public void answers(Gateway.Outcome outcome) {
        header("X-Backplane-Target", outcome.target());
        header("X-Backplane-Cache", outcome.repeated() ? "hit" : "");
        header("X-Backplane-Ignored", String.join(",", outcome.ignored()));
    }

    /// Names are the client's text and must not break a header.
    private void header(String name, String text) {
        if (!text.isEmpty()) {
            String plain = UNPRINTABLE.matcher(text).replaceAll("_");
            exchange.header(name, plain.substring(0, Math.min(plain.length(), HEADER_CHARS_MAX)));
        }
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
