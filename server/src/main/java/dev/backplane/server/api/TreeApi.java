package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.Flame;
import dev.backplane.store.Subtree;
import dev.backplane.store.TraceRow;
import dev.backplane.store.TraceStore;
import dev.backplane.store.TreePart;
import dev.backplane.store.TreeRow;
import dev.backplane.store.Turn;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;

/// One trace: its tree in windows, what its parts add up to, and what was said in it.
final class TreeApi {
    private static final int TREE_DEFAULT = 500;
    private static final int TREE_MAX = 10_000;
    private static final int COLUMNS_DEFAULT = 500;
    private static final int COLUMNS_MAX = 2_000;
    private static final int LANES_DEFAULT = 30;
    private static final int LANES_MAX = 100;

    /// In a millisecond.
    private static final double NANOS = 1e6;

    private static final Pattern MILLIS = Pattern.compile("-?[0-9]{1,12}(\\.[0-9]{1,9})?");

    private static final int TURNS_DEFAULT = 100;
    private static final int TURNS_MAX = 1_000;

    /// Of an answer: turns that are longer together come with the next one.
    private static final long TURNS_BYTES_MAX = 8 << 20;

    /// A longer message is told by its size, and had as a part of its field.
    private static final int MESSAGE_BYTES_MAX = 64 << 10;

    private final TraceStore store;

    TreeApi(TraceStore store) {
        this.store = store;
    }

    /// `GET /api/v1/traces/{trace}?offset=&limit=&q=&only=&span=`
    void tree(Caller caller, Exchange exchange) throws IOException {
        String trace = exchange.parameter("trace");
        int limit = Parameters.integer(exchange, "limit", TREE_DEFAULT, 1, TREE_MAX);
        TraceRow summary =
                store.trace(caller.project(), trace)
                        .orElseThrow(() -> ReadApi.missing("trace", caller, exchange));
        int offset = offset(caller, exchange, limit);
        TraceStore.Tree tree =
                store.tree(
                        caller.project(),
                        trace,
                        Parameters.text(exchange, "q"),
                        part(exchange),
                        offset,
                        limit);
        exchange.header("Content-Type", "application/json");
        try (JsonGenerator json = Json.generator(exchange.output())) {
            json.writeStartObject();
            json.writeName("trace");
            RowJson.trace(json, summary);
            json.writeArrayPropertyStart("spans");
            for (TreeRow row : tree.rows()) {
                RowJson.treeRow(json, row);
            }
            json.writeEndArray();
            json.writeNumberProperty("total", tree.total());
            json.writeNumberProperty("offset", offset);
            int next = offset + tree.rows().size();
            if (next < tree.total() && !tree.rows().isEmpty()) {
                json.writeNumberProperty("next_offset", next);
            } else {
                json.writeNullProperty("next_offset");
            }
            json.writeEndObject();
        }
    }

    private static TreePart part(Exchange exchange) {
        String only = exchange.query("only").orElse(TreePart.ALL.id());
        return Arrays.stream(TreePart.values())
                .filter(part -> part.id().equals(only))
                .findFirst()
                .orElseThrow(() ->
                        Problem.invalid("part of the tree is not known", "query parameter only")
                                .fix("use all, failed or critical"));
    }

    /// That of the window which is asked for by number, or by a span that shall be in it.
    private int offset(Caller caller, Exchange exchange, int limit) {
        String span = Parameters.text(exchange, "span");
        if (span.isEmpty()) {
            return Parameters.integer(exchange, "offset", 0, 0, Integer.MAX_VALUE);
        }
        int position =
                store.position(caller.project(), exchange.parameter("trace"), span)
                        .orElseThrow(() -> ReadApi.missing("span", caller, exchange));
        return position - position % limit;
    }

    /// `GET /api/v1/traces/{trace}/totals?offset=&limit=`: of the same window of the tree.
    void totals(Caller caller, Exchange exchange) throws IOException {
        int offset = Parameters.integer(exchange, "offset", 0, 0, Integer.MAX_VALUE);
        int limit = Parameters.integer(exchange, "limit", TREE_DEFAULT, 1, TREE_MAX);
        List<Subtree> totals =
                store.subtrees(caller.project(), exchange.parameter("trace"), offset, limit);
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeNumberProperty("offset", offset);
                    json.writeArrayPropertyStart("totals");
                    totals.forEach(subtree -> write(json, subtree));
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, Subtree subtree) {
        json.writeStartObject();
        json.writeNumberProperty("spans", subtree.spans());
        json.writeNumberProperty("errors", subtree.errors());
        json.writeNumberProperty("input_tokens", subtree.inputTokens());
        json.writeNumberProperty("output_tokens", subtree.outputTokens());
        json.writeNumberProperty("cost", subtree.cost());
        json.writeBooleanProperty("critical", subtree.critical());
        json.writeEndObject();
    }

    /// `GET /api/v1/traces/{trace}/flame?from=&to=&columns=&lane=&lanes=`: times in milliseconds
    /// after the trace's start.
    void flame(Caller caller, Exchange exchange) throws IOException {
        String trace = exchange.parameter("trace");
        long from = nanos(exchange, "from", 0);
        long to = nanos(exchange, "to", Long.MAX_VALUE);
        if (to <= from) {
            throw Problem.invalid("to is not after from", "query parameter to")
                    .fix("give milliseconds after the trace's start, the later one as to");
        }
        int columns = Parameters.integer(exchange, "columns", COLUMNS_DEFAULT, 1, COLUMNS_MAX);
        int lane = Parameters.integer(exchange, "lane", 0, 0, Integer.MAX_VALUE);
        int lanes = Parameters.integer(exchange, "lanes", LANES_DEFAULT, 1, LANES_MAX);
        Flame flame =
                store.flame(
                        caller.project(), trace, new Flame.Window(from, to, columns, lane, lanes));
        if (flame.spans() == 0 && store.trace(caller.project(), trace).isEmpty()) {
            throw ReadApi.missing("trace", caller, exchange);
        }
        exchange.header("Content-Type", "application/json");
        try (JsonGenerator json = Json.generator(exchange.output())) {
            json.writeStartObject();
            json.writeNumberProperty("spans", flame.spans());
            json.writeNumberProperty("lanes", flame.lanes());
            json.writeNumberProperty("length_ms", flame.lengthNanos() / NANOS);
            json.writeArrayPropertyStart("bars");
            flame.bars().forEach(bar -> write(json, bar));
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void write(JsonGenerator json, Flame.Bar bar) {
        json.writeStartObject();
        json.writeNumberProperty("lane", bar.lane());
        json.writeNumberProperty("from_ms", bar.from() / NANOS);
        json.writeNumberProperty("to_ms", bar.to() / NANOS);
        json.writeNumberProperty("spans", bar.spans());
        json.writeNumberProperty("errors", bar.errors());
        json.writeBooleanProperty("critical", bar.critical());
        json.writeBooleanProperty("open", bar.open());
        json.writeNumberProperty("position", bar.position());
        json.writeStringProperty("kind", bar.kind());
        json.writeStringProperty("name", bar.name());
        json.writeEndObject();
    }

    private static long nanos(Exchange exchange, String name, long absent) {
        String text = exchange.query(name).orElse("");
        if (text.isEmpty()) {
            return absent;
        }
        // Nothing with an exponent, which would be written out in full.
        if (!MILLIS.matcher(text).matches()) {
            throw Problem.invalid(name + " is not a number of milliseconds", "query parameter")
                    .fix("give milliseconds after the trace's start, like 1500.25");
        }
        return new BigDecimal(text)
                .movePointRight(6)
                .setScale(0, RoundingMode.HALF_UP)
                .longValueExact();
    }

    /// `GET /api/v1/traces/{trace}/conversation?span=&from=&limit=`
    void conversation(Caller caller, Exchange exchange) throws IOException {
        int from = Parameters.integer(exchange, "from", 0, 0, Integer.MAX_VALUE);
        int limit = Parameters.integer(exchange, "limit", TURNS_DEFAULT, 1, TURNS_MAX);
        List<Turn> turns = new ArrayList<>();
        long[] bytes = {0};
        OptionalInt next =
                store.conversation(
                        caller.project(),
                        exchange.parameter("trace"),
                        Parameters.text(exchange, "span"),
                        from,
                        turn -> {
                            turns.add(turn);
                            turn.added().forEach(message -> bytes[0] += shownBytes(message));
                            return turns.size() < limit && bytes[0] < TURNS_BYTES_MAX;
                        });
        exchange.header("Content-Type", "application/json");
        try (JsonGenerator json = Json.generator(exchange.output())) {
            json.writeStartObject();
            json.writeArrayPropertyStart("turns");
            for (Turn turn : turns) {
                write(json, turn);
            }
            json.writeEndArray();
            if (next.isPresent()) {
                json.writeNumberProperty("next", next.getAsInt());
            } else {
                json.writeNullProperty("next");
            }
            json.writeEndObject();
        }
    }

    private static long shownBytes(Turn.Message message) {
        return Math.min(message.content().size(), MESSAGE_BYTES_MAX);
    }

    private static void write(JsonGenerator json, Turn turn) {
        json.writeStartObject();
        json.writeNumberProperty("position", turn.position());
        json.writeName("call");
        RowJson.span(json, turn.call());
        json.writeNumberProperty("repeated", turn.repeated());
        json.writeArrayPropertyStart("messages");
        turn.added().forEach(message -> write(json, message));
        json.writeEndArray();
        json.writeEndObject();
    }

    /// What came as JSON was checked then, and leaves as it is.
    private static void write(JsonGenerator json, Turn.Message message) {
        Content content = message.content();
        json.writeStartObject();
        json.writeStringProperty("field", message.field().id());
        json.writeNumberProperty("index", message.index());
        json.writeNumberProperty("bytes", content.size());
        if (content.size() > MESSAGE_BYTES_MAX) {
            json.writeNullProperty("content");
        } else if (message.json()) {
            json.writeName("content");
            json.writeRawValue(content.read(MESSAGE_BYTES_MAX).text());
        } else {
            json.writeStringProperty("content", content.read(MESSAGE_BYTES_MAX).text());
        }
        json.writeEndObject();
    }
}
