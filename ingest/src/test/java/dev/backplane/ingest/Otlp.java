package dev.backplane.ingest;

import com.google.protobuf.ByteString;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.ingest.braintrust.Logs3;
import dev.backplane.ingest.braintrust.RowKey;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.List;
import java.util.Optional;

/// Requests as an OpenTelemetry SDK would build them, by the generated classes.
public final class Otlp {
    public static final IngestContext CONTEXT = new IngestContext("default", PriceTable.bundled());

    /// Where nothing is stored and a project's id is its name.
    public static final Logs3.Places NO_ROWS =
            new Logs3.Places() {
                @Override
                public String project(String projectId) {
                    return projectId;
                }

                @Override
                public Optional<SpanKey> locate(RowKey row, SpanKey likely) {
                    return Optional.empty();
                }
            };

    private Otlp() {}

    public static AnyValue any(Object value) {
        AnyValue.Builder any = AnyValue.newBuilder();
        switch (value) {
            case String text -> any.setStringValue(text);
            case Boolean flag -> any.setBoolValue(flag);
            case Integer number -> any.setIntValue(number);
            case Long number -> any.setIntValue(number);
            case Double number -> any.setDoubleValue(number);
            case byte[] bytes -> any.setBytesValue(ByteString.copyFrom(bytes));
            case List<?> list -> {
                ArrayValue.Builder array = ArrayValue.newBuilder();
                list.forEach(element -> array.addValues(any(element)));
                any.setArrayValue(array);
            }
            default -> throw new IllegalArgumentException(value.toString());
        }
        return any.build();
    }

    public static KeyValue attribute(String key, Object value) {
        return KeyValue.newBuilder().setKey(key).setValue(any(value)).build();
    }

    /// A span with fixed ids and times and these attributes: name, value, name, value…
    public static Span.Builder span(Object... attributes) {
        Span.Builder span =
                Span.newBuilder()
                        .setTraceId(id(16, 1))
                        .setSpanId(id(8, 2))
                        .setName("call")
                        .setStartTimeUnixNano(1_760_000_000_000_000_000L)
                        .setEndTimeUnixNano(1_760_000_001_000_000_000L);
        for (int i = 0; i < attributes.length; i += 2) {
            span.addAttributes(attribute((String) attributes[i], attributes[i + 1]));
        }
        return span;
    }

    public static ByteString id(int length, int last) {
        byte[] id = new byte[length];
        id[length - 1] = (byte) last;
        return ByteString.copyFrom(id);
    }

    public static Slice request(Span.Builder... spans) {
        ScopeSpans.Builder scope = ScopeSpans.newBuilder();
        for (Span.Builder span : spans) {
            scope.addSpans(span);
        }
        return Slice.of(
                ExportTraceServiceRequest.newBuilder()
                        .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope))
                        .build()
                        .toByteArray());
    }
}
