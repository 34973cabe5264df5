package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.SpanSink;
import dev.backplane.core.Value;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.Project;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Keeps what was changed over the API, by whom and with what, as spans in project `_system`: the
/// span is the unit of memory here too.
final class Audit {
    private static final System.Logger LOG = System.getLogger(Audit.class.getName());
    private static final Pattern AGENT = Pattern.compile("\\bagent/([A-Za-z0-9._-]{1,64})");
    private static final int USER_AGENT_CHARS_MAX = 256;

    private final SpanSink sink;
    private final boolean enabled;

    Audit(SpanSink sink, boolean enabled) {
        this.sink = sink;
        this.enabled = enabled;
    }

    /// After the request was answered. A record that cannot be written is logged: the change has
    /// happened.
    void record(Caller caller, Exchange exchange, Instant start, boolean failed) {
        if (!enabled) {
            return;
        }
        try {
            sink.append(List.of(event(caller, exchange, start, failed)));
        } catch (Problem problem) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0} could not be recorded: {1}",
                    exchange.requestId(),
                    problem.getMessage());
        }
    }

    private static SpanEvent event(
            Caller caller, Exchange exchange, Instant start, boolean failed) {
        String userAgent = exchange.header("User-Agent").orElse("");
        String cut = userAgent.substring(0, Math.min(userAgent.length(), USER_AGENT_CHARS_MAX));
        Matcher agent = AGENT.matcher(cut);
        List<Value.Attribute> attributes = new ArrayList<>();
        attribute(attributes, "http.request.method", exchange.method());
        attribute(attributes, "http.route", exchange.route());
        attribute(attributes, "url.path", exchange.path());
        attribute(attributes, "client.address", exchange.remoteAddress());
        attribute(attributes, "user_agent.original", cut);
        attribute(attributes, "backplane.key", caller.key());
        attribute(attributes, "backplane.project", caller.project());
        attribute(attributes, "backplane.request_id", exchange.requestId());
        attributes.add(
                new Value.Attribute("http.response.status_code", Value.of(exchange.status())));
        SpanData data =
                SpanData.builder()
                        .put(Field.NAME, exchange.method() + " " + exchange.route())
                        .put(Field.KIND, SpanKind.OTHER.id())
                        .put(Field.START_TIME, nanos(start))
                        .put(Field.END_TIME, nanos(Instant.now()))
                        .put(Field.STATUS, failed || exchange.status() >= 400 ? "error" : "ok")
                        .put(Field.AGENT, agent.find() ? agent.group(1) : "")
                        .put(Field.USER_ID, caller.key())
                        .put(Field.DIALECT, "native")
                        .put(Field.ATTRIBUTES, new Value.Attributes(attributes))
                        .build();
        return SpanEvent.insert(new SpanKey(Project.SYSTEM, id(16), id(8)), data);
    }

    private static void attribute(List<Value.Attribute> attributes, String name, String text) {
        if (!text.isEmpty()) {
            attributes.add(new Value.Attribute(name, Value.text(text)));
        }
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    private static String id(int bytes) {
        byte[] random = new byte[bytes];
        ThreadLocalRandom.current().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
