package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.http.GrpcUnary;
import dev.backplane.http.Handler;
import dev.backplane.http.ProtobufWriter;
import dev.backplane.http.RpcStatus;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.otlp.OtlpDecoder;
import dev.backplane.server.auth.Auth;
import dev.backplane.server.auth.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// OTLP traces over gRPC and HTTP, as the protocol's specification says
/// (https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md).
///
/// - The answer is given after the spans are durable and visible. Spans that cannot be stored are
///   counted and explained in `partial_success`; the others are stored.
/// - HTTP answers, errors included, have the content type of the request; errors are a
///   `google.rpc.Status`.
/// - Too large is final (413, `RESOURCE_EXHAUSTED` without `RetryInfo`); a full budget or a store
///   that cannot write is not (503 with `Retry-After`, `UNAVAILABLE` with `RetryInfo`).
final class OtlpApi {
    static final String GRPC_PATH = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private static final String PROTOBUF = "application/x-protobuf";
    private static final String JSON = "application/json";
    private static final int EXPLAINED_MAX = 10;

    private final Auth auth;
    private final Intake intake;
    private final IngestBudget budget;
    private final BodyLimits limits;

    OtlpApi(Auth auth, Intake intake, IngestBudget budget, long requestBytesMax) {
        this.auth = auth;
        this.intake = intake;
        this.budget = budget;
        this.limits = BodyLimits.buffered(requestBytesMax);
    }

    Handler grpc() {
        return new GrpcUnary(
                limits,
                (exchange, message) -> {
                    IngestContext context = admit(exchange);
                    return protobuf(export(exchange, message, context, false));
                });
    }

    /// `POST /v1/traces`
    void http(Exchange exchange) throws IOException {
        boolean json = exchange.contentType().equals(JSON);
        exchange.answerProblemsWith((answered, problem) -> refuse(answered, problem, json));
        if (!json && !exchange.contentType().equals(PROTOBUF)) {
            throw Problem.of(Problem.Kind.UNSUPPORTED, "content type is not OTLP", "Content-Type")
                    .fix("send " + PROTOBUF + " or " + JSON);
        }
        IngestContext context = admit(exchange);
        List<Rejection> rejected = export(exchange, exchange.body(limits), context, json);
        if (json) {
            exchange.send(200, JSON, json(rejected));
        } else {
            exchange.send(200, PROTOBUF, protobuf(rejected));
        }
    }

    private IngestContext admit(Exchange exchange) {
        return intake.admit(auth.authorize(exchange, Scope.INGEST));
    }

    private List<Rejection> export(
            Exchange exchange, InputStream body, IngestContext context, boolean json)
            throws IOException {
        String surface = exchange.path().equals(GRPC_PATH) ? "otlp_grpc" : "otlp_http";
        try (IngestBudget.Lease lease = budget.lease();
                body) {
            Slice request = lease.read(body, exchange.contentLength());
            intake.received(surface, request.length());
            Decoded decoded =
                    intake.decode(
                            surface,
                            () ->
                                    json
                                            ? OtlpDecoder.json(request, context)
                                            : OtlpDecoder.protobuf(request, context));
            intake.append(surface, decoded.events());
            intake.rejected(surface, decoded.rejected().size());
            return decoded.rejected();
        }
    }

    /// `ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }` with `{
    /// int64 rejected_spans = 1; string error_message = 2; }`; empty when all were stored.
    private static byte[] protobuf(List<Rejection> rejected) {
        ProtobufWriter partial = new ProtobufWriter();
        if (!rejected.isEmpty()) {
            partial.number(1, rejected.size()).text(2, explain(rejected));
        }
        return new ProtobufWriter().bytes(1, partial.toByteArray()).toByteArray();
    }

    private static byte[] json(List<Rejection> rejected) {
        return Json.write(
                        json -> {
                            json.writeStartObject();
                            if (!rejected.isEmpty()) {
                                json.writeObjectPropertyStart("partialSuccess");
                                json.writeStringProperty(
                                        "rejectedSpans", Integer.toString(rejected.size()));
                                json.writeStringProperty("errorMessage", explain(rejected));
                                json.writeEndObject();
                            }
                            json.writeEndObject();
                        })
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String explain(List<Rejection> rejected) {
        StringBuilder text = new StringBuilder();
        for (Rejection rejection : rejected.subList(0, Math.min(rejected.size(), EXPLAINED_MAX))) {
            text.append(text.isEmpty() ? "" : "; ");
            text.append("span ").append(rejection.index()).append(": ");
            text.append(rejection.problem().getMessage());
            if (!rejection.problem().fix().isEmpty()) {
                text.append(", ").append(rejection.problem().fix());
            }
        }
        int more = rejected.size() - EXPLAINED_MAX;
        return more > 0 ? text + "; and " + more + " more" : text.toString();
    }

    /// In the shape that OTLP clients understand.
    private static void refuse(Exchange exchange, Problem problem, boolean json)
            throws IOException {
        Errors.retryAfter(problem)
                .ifPresent(delay -> exchange.header("Retry-After", Errors.seconds(delay)));
        int status = problem.kind().httpStatus();
        if (json) {
            exchange.sendJson(status, out -> RpcStatus.json(out, problem, exchange.requestId()));
        } else {
            exchange.send(status, PROTOBUF, RpcStatus.protobuf(problem, exchange.requestId()));
        }
    }
}
