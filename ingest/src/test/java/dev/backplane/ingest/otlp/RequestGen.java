package dev.backplane.ingest.otlp;

import com.google.protobuf.ByteString;
import dev.backplane.ingest.Otlp;
import dev.backplane.testkit.Gen;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.List;
import java.util.random.RandomGenerator;

/// Random OTLP requests, one span in ten with bad ids.
final class RequestGen {
    private static final List<String> NAMES =
            List.of(
                    "gen_ai.request.model",
                    "gen_ai.usage.input_tokens",
                    "openinference.span.kind",
                    "input.value",
                    "llm.input_messages.0.message.role",
                    "braintrust.metrics",
                    "ai.operationId",
                    "http.route",
                    "ключ");

    private RequestGen() {}

    static ExportTraceServiceRequest request(RandomGenerator random) {
        ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
        for (int i = Gen.integer(random, 0, 2); i > 0; i--) {
            ResourceSpans.Builder resource = ResourceSpans.newBuilder();
            if (random.nextBoolean()) {
                resource.setResource(Resource.newBuilder().addAllAttributes(attributes(random, 1)));
            }
            for (int j = Gen.integer(random, 0, 2); j > 0; j--) {
                resource.addScopeSpans(scope(random));
            }
            request.addResourceSpans(resource);
        }
        return request.build();
    }

    private static ScopeSpans.Builder scope(RandomGenerator random) {
        ScopeSpans.Builder scope = ScopeSpans.newBuilder();
        if (random.nextBoolean()) {
            scope.setScope(
                    InstrumentationScope.newBuilder()
                            .setName(text(random))
                            .setVersion(Gen.identifier(random, 0, 3))
                            .addAllAttributes(attributes(random, 1)));
        }
        for (int k = Gen.integer(random, 0, 4); k > 0; k--) {
            scope.addSpans(span(random));
        }
        return scope;
    }

    private static Span.Builder span(RandomGenerator random) {
        Span.Builder span =
                Span.newBuilder()
                        .setTraceId(id(random, 16))
                        .setSpanId(id(random, 8))
                        .setName(text(random))
                        .setKindValue(random.nextInt(6))
                        .setStartTimeUnixNano(Gen.integer(random, 0, Long.MAX_VALUE))
                        .setEndTimeUnixNano(Gen.integer(random, 0, Long.MAX_VALUE))
                        .addAllAttributes(attributes(random, 3))
                        .setDroppedAttributesCount(random.nextInt(2));
        if (random.nextBoolean()) {
            span.setParentSpanId(ByteString.copyFrom(Gen.bytes(random, 8)));
            span.setTraceState(Gen.identifier(random, 0, 5));
        }
        if (random.nextBoolean()) {
            span.setStatus(
                    Status.newBuilder().setCodeValue(random.nextInt(3)).setMessage(text(random)));
        }
        for (int i = Gen.integer(random, 0, 2); i > 0; i--) {
            span.addEvents(
                    Span.Event.newBuilder()
                            .setName(Gen.pick(random, "exception", "gen_ai.user.message"))
                            .setTimeUnixNano(Gen.integer(random, 0, Long.MAX_VALUE))
                            .addAllAttributes(attributes(random, 1)));
            span.addLinks(
                    Span.Link.newBuilder()
                            .setTraceId(Otlp.id(16, 7))
                            .setSpanId(Otlp.id(8, 9))
                            .addAllAttributes(attributes(random, 1)));
        }
        return span;
    }

    private static ByteString id(RandomGenerator random, int length) {
        if (Gen.oneIn(random, 20)) {
            return ByteString.copyFrom(new byte[Gen.pick(random, 0, length, length - 1, 40)]);
        }
        return ByteString.copyFrom(Gen.bytes(random, length));
    }

    private static List<KeyValue> attributes(RandomGenerator random, int depth) {
        return Gen.list(
                random,
                5,
                r ->
                        KeyValue.newBuilder()
                                .setKey(
                                        r.nextBoolean()
                                                ? Gen.pick(r, NAMES)
                                                : Gen.identifier(r, 0, 6))
                                .setValue(value(r, depth))
                                .build());
    }

    private static AnyValue value(RandomGenerator random, int depth) {
        AnyValue.Builder value = AnyValue.newBuilder();
        switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0 -> value.setBoolValue(random.nextBoolean());
            case 1 -> value.setIntValue(Gen.anyLong(random));
            case 2 -> value.setDoubleValue(Gen.real(random));
            case 3 -> value.setBytesValue(ByteString.copyFrom(Gen.bytes(random, 5)));
            case 4 -> value.setStringValue(Gen.json(random, 2));
            case 5 -> {}
            case 7 ->
                    value.setArrayValue(
                            ArrayValue.newBuilder()
                                    .addAllValues(Gen.list(random, 3, r -> value(r, depth - 1))));
            case 8 ->
                    value.setKvlistValue(
                            KeyValueList.newBuilder().addAllValues(attributes(random, depth - 1)));
            default -> value.setStringValue(text(random));
        }
        return value.build();
    }

    /// UTF-8 can carry it: no lone surrogates.
    private static String text(RandomGenerator random) {
        return new String(
                Gen.string(random, 20).getBytes(java.nio.charset.StandardCharsets.UTF_8),
                java.nio.charset.StandardCharsets.UTF_8);
    }
}
