package dev.backplane.server.api;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Span;
import dev.backplane.core.SpanJson;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.ListQuery;
import dev.backplane.store.TraceStore;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Lists, single spans and search.
final class ReadApi {
    private static final int LIST_DEFAULT = 100;
    private static final int LIST_MAX = 10_000;
    private static final int UNLIMITED = -1;
    private static final int PAYLOAD_BYTES_MAX = 100_000_000;

    private final TraceStore store;

    ReadApi(TraceStore store) {
        this.store = store;
    }

    /// `GET /api/v1/traces?filter=&since=&until=&cursor=&limit=`
    void traces(Caller caller, Exchange exchange) throws IOException {
        ListQuery query = query(caller, exchange, Parameters.text(exchange, "filter"));
        RowStream.send(exchange, "traces", RowJson::trace, sink -> store.traces(query, sink));
    }

    /// `GET /api/v1/spans?filter=&since=&until=&cursor=&limit=`
    void spans(Caller caller, Exchange exchange) throws IOException {
        ListQuery query = query(caller, exchange, Parameters.text(exchange, "filter"));
        RowStream.send(exchange, "spans", RowJson::span, sink -> store.spans(query, sink));
    }

    /// `GET /api/v1/search?q=&since=&until=&cursor=&limit=`
    void search(Caller caller, Exchange exchange) throws IOException {
        String text = Parameters.text(exchange, "q");
        if (text.isBlank()) {
            throw Problem.invalid("there is nothing to search for", "query parameter q")
                    .fix("give words or a \"phrase\" in q");
        }
        ListQuery query = query(caller, exchange, text);
        RowStream.send(exchange, "hits", RowJson::hit, sink -> store.search(query, sink));
    }

    private static ListQuery query(Caller caller, Exchange exchange, String filter) {
        return new ListQuery(
                caller.project(),
                filter,
                Parameters.time(exchange, "since"),
                Parameters.time(exchange, "until"),
                Parameters.text(exchange, "cursor"),
                Parameters.integer(exchange, "limit", LIST_DEFAULT, 1, LIST_MAX));
    }

    /// `GET /api/v1/spans/{trace}/{span}?payload_bytes=`: everything; or, with the parameter,
    /// without the payloads that are longer, which are then told in `omitted`.
    void span(Caller caller, Exchange exchange) throws IOException {
        int bytesMax =
                Parameters.integer(exchange, "payload_bytes", UNLIMITED, 0, PAYLOAD_BYTES_MAX);
        Span span = find(caller, exchange);
        exchange.header("Content-Type", "application/json");
        OutputStream out = new BufferedOutputStream(exchange.output(), 8 << 10);
        if (bytesMax == UNLIMITED) {
            SpanJson.write(span, out);
        } else {
            SpanJson.write(span, bytesMax, out);
        }
        out.flush();
    }

    /// `GET /api/v1/spans/{trace}/{span}/{field}`: the field alone, payloads as the bytes that
    /// arrived.
    void field(Caller caller, Exchange exchange) throws IOException {
        Field field = field(exchange);
        Value value =
                find(caller, exchange)
                        .data()
                        .get(field)
                        .orElseThrow(() -> missing("field " + field.id(), caller, exchange));
        switch (value) {
            case Value.Text(Content content) ->
                    payload(exchange, "text/plain; charset=utf-8", content);
            case Value.Json(Content content) -> payload(exchange, "application/json", content);
            case Value.Binary(Content content) ->
                    payload(exchange, "application/octet-stream", content);
            case Value.Int _, Value.Real _, Value.Flag _, Value.Attributes _, Value.Events _ -> {
                exchange.header("Content-Type", "application/json");
                OutputStream out = new BufferedOutputStream(exchange.output(), 8 << 10);
                SpanJson.write(value, out);
                out.flush();
            }
        }
    }

    private static void payload(Exchange exchange, String type, Content content)
            throws IOException {
        exchange.header("Content-Type", type);
        exchange.header("Content-Length", Long.toString(content.size()));
        exchange.header("X-Content-Type-Options", "nosniff");
        content.writeTo(exchange.output());
    }

    /// The `{field}` of the path.
    static Field field(Exchange exchange) {
        String name = exchange.parameter("field");
        return Field.byId(name)
                .orElseThrow(() ->
                        Problem.notFound("no such field", exchange.path())
                                .fix("use a field's name such as input or output"));
    }

    static SpanKey key(Caller caller, Exchange exchange) {
        return new SpanKey(
                caller.project(), exchange.parameter("trace"), exchange.parameter("span"));
    }

    private Span find(Caller caller, Exchange exchange) {
        return store.span(key(caller, exchange))
                .orElseThrow(() -> missing("span", caller, exchange));
    }

    static Problem missing(String what, Caller caller, Exchange exchange) {
        return Problem.notFound(
                        "no such " + what, exchange.path() + " in project " + caller.project())
                .fix("check the ids and the project");
    }
}
