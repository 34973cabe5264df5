package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Ingested;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.ndjson.SpanLines;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.TraceStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// The native ways in: lines of span events, single payloads of any size, feedback; and deletes.
final class WriteApi {
    private static final String SURFACE = "native";

    private final TraceStore store;
    private final Intake intake;
    private final IngestBudget budget;
    private final BodyLimits limits;

    WriteApi(TraceStore store, Intake intake, IngestBudget budget, long requestBytesMax) {
        this.store = store;
        this.intake = intake;
        this.budget = budget;
        this.limits = BodyLimits.buffered(requestBytesMax);
    }

    /// `POST /api/v1/spans`: one event a line, any number of lines.
    void lines(Caller caller, Exchange exchange) throws IOException {
        IngestContext context = intake.admit(caller);
        Ingested ingested;
        try (IngestBudget.Lease lease = budget.lease();
                InputStream body = lease.metered(exchange.body(BodyLimits.STREAM))) {
            ingested = SpanLines.read(body, context, intake.sink(SURFACE, lease));
        }
        intake.rejected(SURFACE, ingested.rejected());
        boolean nothing = ingested.accepted() == 0 && ingested.rejected() > 0;
        exchange.sendJson(
                nothing ? 400 : 200, json -> answer(json, ingested, exchange.requestId()));
    }

    private static void answer(JsonGenerator json, Ingested ingested, String requestId) {
        json.writeStartObject();
        json.writeNumberProperty("accepted", ingested.accepted());
        json.writeNumberProperty("rejected_count", ingested.rejected());
        json.writeArrayPropertyStart("rejected");
        for (Rejection rejection : ingested.rejections()) {
            json.writeStartObject();
            json.writeNumberProperty("line", rejection.index());
            json.writeName("error");
            Errors.write(json, rejection.problem(), requestId);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /// `PUT /api/v1/spans/{trace}/{span}/{field}`: a payload of any length as a stream.
    void upload(Caller caller, Exchange exchange) throws IOException {
        intake.admit(caller);
        Field field = ReadApi.field(exchange);
        if (field.type() != Field.Type.PAYLOAD) {
            throw Problem.invalid("field " + field.id() + " takes no upload", exchange.path())
                    .fix("send it as a line to POST /api/v1/spans");
        }
        boolean json = exchange.contentType().equals("application/json");
        if (!json && !exchange.contentType().equals("text/plain")) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "content type is not supported",
                            exchange.path())
                    .fix("send text/plain (UTF-8) or application/json");
        }
        try (InputStream body = exchange.body(BodyLimits.STREAM)) {
            store.upload(ReadApi.key(caller, exchange), field, json, body);
        }
        exchange.status(204);
    }

    /// `POST /api/v1/spans/{trace}/{span}/feedback`
    void feedback(Caller caller, Exchange exchange) throws IOException {
        intake.admit(caller);
        SpanKey key = ReadApi.key(caller, exchange);
        try (IngestBudget.Lease lease = budget.lease();
                InputStream body = exchange.body(limits)) {
            Slice request = lease.read(body, exchange.contentLength());
            SpanEvent event = SpanEvent.feedback(key, FeedbackBody.read(request, caller.key()));
            intake.append(SURFACE, List.of(event));
        }
        exchange.sendJson(200, WriteApi::accepted);
    }

    private static void accepted(JsonGenerator json) {
        json.writeStartObject();
        json.writeNumberProperty("accepted", 1);
        json.writeEndObject();
    }

    /// `DELETE /api/v1/traces/{trace}`
    void deleteTrace(Caller caller, Exchange exchange) {
        String trace = exchange.parameter("trace");
        if (store.trace(caller.project(), trace).isEmpty()) {
            throw Problem.notFound("no such trace", exchange.path())
                    .fix("check the id and the project");
        }
        store.deleteTrace(caller.project(), trace);
        exchange.status(204);
    }

    /// `DELETE /api/v1/spans/{trace}/{span}`
    void deleteSpan(Caller caller, Exchange exchange) {
        SpanKey key = ReadApi.key(caller, exchange);
        if (store.span(key).isEmpty()) {
            throw Problem.notFound("no such span", exchange.path())
                    .fix("check the ids and the project");
        }
        intake.append(SURFACE, List.of(SpanEvent.delete(key)));
        exchange.status(204);
    }
}
