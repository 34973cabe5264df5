package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.Subtree;
import dev.backplane.store.TraceRow;
import dev.backplane.store.TraceStore;
import dev.backplane.store.TreeRow;
import dev.backplane.store.Turn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.core.JsonGenerator;

/// One trace: its tree in windows, what its parts add up to, and what was said in it.
final class TreeApi {
    private static final int TREE_DEFAULT = 500;
    private static final int TREE_MAX = 10_000;
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

    /// `GET /api/v1/traces/{trace}?offset=&limit=&q=&span=`
    void tree(Caller caller, Exchange exchange) throws IOException {
        String trace = exchange.parameter("trace");
        int limit = Parameters.integer(exchange, "limit", TREE_DEFAULT, 1, TREE_MAX);
        TraceRow summary =
                store.trace(caller.project(), trace)
                        .orElseThrow(() -> ReadApi.missing("trace", caller, exchange));
        int offset = offset(caller, exchange, limit);
        TraceStore.Tree tree =
                store.tree(caller.project(), trace, Parameters.text(exchange, "q"), offset, limit);
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
