package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.braintrust.Logs3;
import dev.backplane.ingest.braintrust.RowKey;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.Project;
import dev.backplane.store.TraceStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/// Takes the rows of Braintrust's SDKs: `POST /logs3`, its way around the size limit (`POST
/// /logs3/overflow` gives a place to upload to, the next `logs3` names it) and `GET /version`,
/// which announces the limit. [BraintrustLogin] answers what they ask before.
final class BraintrustApi {
    private static final String SURFACE = "logs3";

    private final RowLookup rows;
    private final Intake intake;
    private final IngestBudget budget;
    private final OverflowSpool spool;
    private final BodyLimits limits;
    private final BodyLimits overflowLimits;
    private final String version;

    BraintrustApi(
            TraceStore store,
            Intake intake,
            IngestBudget budget,
            OverflowSpool spool,
            long requestBytesMax,
            long overflowBytesMax,
            String version) {
        this.rows = new RowLookup(store);
        this.intake = intake;
        this.budget = budget;
        this.spool = spool;
        this.limits = BodyLimits.buffered(requestBytesMax);
        this.overflowLimits = BodyLimits.buffered(overflowBytesMax);
        this.version = version;
    }

    /// `GET /version`
    void version(Exchange exchange) throws IOException {
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("version", version);
                    json.writeNumberProperty("logs3_payload_max_bytes", limits.bytesMax());
                    json.writeEndObject();
                });
    }

    /// `POST /logs3`
    void insert(Caller caller, Exchange exchange) throws IOException {
        IngestContext context = intake.context(caller.project());
        Logs3.Places places = new RowPlaces(caller);
        Logs3.Batch batch;
        try (IngestBudget.Lease lease = budget.lease();
                InputStream body = exchange.body(limits)) {
            Slice request = lease.read(body, exchange.contentLength());
            intake.received(SURFACE, request.length());
            batch = decode(request, context, places);
            Optional<String> overflow = batch.overflowKey();
            if (overflow.isPresent()) {
                batch = uploaded(overflow.get(), context, places, lease);
            }
            refuseAboveQuota(batch);
            intake.append(SURFACE, batch.decoded().events());
            if (overflow.isPresent()) {
                spool.remove(overflow.get());
            }
        }
        answer(exchange, batch);
    }

    private Logs3.Batch uploaded(
            String key, IngestContext context, Logs3.Places places, IngestBudget.Lease lease)
            throws IOException {
        try (InputStream file = spool.open(key, context.project())) {
            Slice request = lease.read(file, -1);
            intake.received(SURFACE, request.length());
            return decode(request, context, places);
        }
    }

    private Logs3.Batch decode(Slice request, IngestContext context, Logs3.Places places) {
        return intake.decode(SURFACE, () -> Logs3.decode(request, context, places));
    }

    /// SDKs send a request again, but not single rows of it.
    private static void refuseAboveQuota(Logs3.Batch batch) {
        for (Rejection rejection : batch.decoded().rejected()) {
            if (rejection.problem().kind() == Problem.Kind.LIMITED) {
                throw rejection.problem();
            }
        }
    }

    /// A project's id is its name.
    private final class RowPlaces implements Logs3.Places {
        private final Caller caller;

        RowPlaces(Caller caller) {
            this.caller = caller;
        }

        @Override
        public String project(String projectId) {
            return intake.admit(caller, Project.requireName(projectId)).project();
        }

        @Override
        public Optional<SpanKey> locate(RowKey row, SpanKey likely) {
            return rows.locate(row, likely);
        }
    }

    private void answer(Exchange exchange, Logs3.Batch batch) throws IOException {
        List<Rejection> rejected = batch.decoded().rejected();
        intake.rejected(SURFACE, rejected.size());
        boolean nothing = batch.decoded().events().isEmpty() && !rejected.isEmpty();
        exchange.sendJson(
                nothing ? 400 : 200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("ids");
                    batch.ids().forEach(json::writeString);
                    json.writeEndArray();
                    json.writeArrayPropertyStart("rejected");
                    for (Rejection rejection : rejected.stream().limit(1_000).toList()) {
                        json.writeStartObject();
                        json.writeNumberProperty("row", rejection.index());
                        json.writeName("error");
                        Errors.write(json, rejection.problem(), exchange.requestId());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    /// `POST /logs3/overflow`: where to put a body that is too large for one request.
    void reserve(Caller caller, Exchange exchange) throws IOException {
        try (InputStream body = exchange.body(limits)) {
            body.skip(Long.MAX_VALUE);
        }
        String key = spool.reserve(caller.project());
        String url = BraintrustLogin.baseUrl(exchange) + "/logs3/overflow/" + key;
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("method", "PUT");
                    json.writeStringProperty("signedUrl", url);
                    json.writeObjectPropertyStart("headers");
                    json.writeEndObject();
                    json.writeStringProperty("key", key);
                    json.writeEndObject();
                });
    }

    /// `PUT /logs3/overflow/{key}`: whoever knows the key may upload, as with a signed URL.
    void upload(Exchange exchange) throws IOException {
        try (InputStream body = exchange.body(overflowLimits)) {
            spool.upload(exchange.parameter("key"), body);
        }
        exchange.status(200);
    }
}
