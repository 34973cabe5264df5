package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.Span;
import dev.backplane.core.SpanKey;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.trajectory.ChatTimes;
import dev.backplane.ingest.trajectory.FileImport;
import dev.backplane.server.auth.Caller;
import dev.backplane.store.TraceStore;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;

/// `POST /api/v1/import?name=FILE`: a file of any length and of a format that is found out; answers
/// with a line now and then and with the sums at the end.
final class ImportApi {
    private static final String SURFACE = "import";
    private static final int EXPLAINED_MAX = 100;

    private final TraceStore store;
    private final Intake intake;
    private final IngestBudget budget;
    private final InstantSource clock;

    ImportApi(TraceStore store, Intake intake, IngestBudget budget, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        this.intake = intake;
        this.budget = budget;
    }

    void run(Caller caller, Exchange exchange) throws IOException {
        IngestContext context = intake.admit(caller);
        String name = exchange.query("name").orElse("import");
        try (IngestBudget.Lease lease = budget.lease();
                InputStream body = lease.metered(exchange.body(BodyLimits.STREAM))) {
            ProgressLines.run(
                    exchange,
                    lines -> {
                        FileImport.Report report =
                                FileImport.read(
                                        body,
                                        name,
                                        context,
                                        new ChatTimes(clock.instant(), this::start),
                                        intake.sink(SURFACE, lease),
                                        so -> lines.step(json -> sums(json, so)));
                        intake.rejected(SURFACE, report.rejected());
                        intake.received(SURFACE, report.bytes());
                        return json -> {
                            sums(json, report);
                            rejections(json, report, exchange.requestId());
                        };
                    });
        }
    }

    private OptionalLong start(SpanKey key) {
        return store.span(key).stream()
                .map(Span::data)
                .filter(data -> data.has(Field.START_TIME))
                .mapToLong(data -> data.number(Field.START_TIME, 0))
                .findFirst();
    }

    private static void sums(JsonGenerator json, FileImport.Report report) {
        json.writeNumberProperty("traces", report.traces());
        json.writeNumberProperty("spans", report.spans());
        json.writeNumberProperty("rejected", report.rejected());
        json.writeNumberProperty("bytes", report.bytes());
    }

    private static void rejections(JsonGenerator json, FileImport.Report report, String requestId) {
        json.writeArrayPropertyStart("rejections");
        for (Rejection rejection : report.rejections().stream().limit(EXPLAINED_MAX).toList()) {
            json.writeStartObject();
            json.writeNumberProperty("line", rejection.index());
            json.writeName("error");
            Errors.write(json, rejection.problem(), requestId);
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
