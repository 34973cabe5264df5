package dev.backplane.ingest.otlp;

import com.google.protobuf.ByteString;
import dev.backplane.core.Json;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import tools.jackson.core.JsonGenerator;

/// Writes the JSON form of a request, the alternatives that OTLP allows chosen at random.
final class OtlpJson {
    private final JsonGenerator out;
    private final RandomGenerator random;

    private OtlpJson(JsonGenerator out, RandomGenerator random) {
        this.out = out;
        this.random = random;
    }

    static String write(ExportTraceServiceRequest request, RandomGenerator random) {
        return Json.write(generator -> new OtlpJson(generator, random).request(request));
    }

    private void request(ExportTraceServiceRequest request) {
        out.writeStartObject();
        out.writeArrayPropertyStart("resourceSpans");
        for (ResourceSpans resource : request.getResourceSpansList()) {
            out.writeStartObject();
            if (resource.hasResource()) {
                out.writeObjectPropertyStart("resource");
                attributes(resource.getResource().getAttributesList());
                out.writeEndObject();
            }
            out.writeArrayPropertyStart("scopeSpans");
            resource.getScopeSpansList().forEach(this::scope);
            out.writeEndArray();
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private void scope(ScopeSpans scope) {
        out.writeStartObject();
        if (scope.hasScope()) {
            out.writeObjectPropertyStart("scope");
            out.writeStringProperty("name", scope.getScope().getName());
            out.writeStringProperty("version", scope.getScope().getVersion());
            attributes(scope.getScope().getAttributesList());
            out.writeEndObject();
        }
        out.writeArrayPropertyStart("spans");
        scope.getSpansList().forEach(this::span);
        out.writeEndArray();
        out.writeEndObject();
    }

    private void span(Span span) {
        out.writeStartObject();
        id("traceId", span.getTraceId());
        id("spanId", span.getSpanId());
        id("parentSpanId", span.getParentSpanId());
        out.writeStringProperty("traceState", span.getTraceState());
        out.writeStringProperty("name", span.getName());
        out.writeNumberProperty("kind", span.getKindValue());
        number("startTimeUnixNano", span.getStartTimeUnixNano());
        number("endTimeUnixNano", span.getEndTimeUnixNano());
        attributes(span.getAttributesList());
        out.writeNumberProperty("droppedAttributesCount", span.getDroppedAttributesCount());
        out.writeArrayPropertyStart("events");
        for (Span.Event event : span.getEventsList()) {
            out.writeStartObject();
            out.writeStringProperty("name", event.getName());
            number("timeUnixNano", event.getTimeUnixNano());
            attributes(event.getAttributesList());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeArrayPropertyStart("links");
        for (Span.Link link : span.getLinksList()) {
            out.writeStartObject();
            id("traceId", link.getTraceId());
            id("spanId", link.getSpanId());
            attributes(link.getAttributesList());
            out.writeEndObject();
        }
        out.writeEndArray();
        if (span.hasStatus()) {
            out.writeObjectPropertyStart("status");
            out.writeNumberProperty("code", span.getStatus().getCodeValue());
            out.writeStringProperty("message", span.getStatus().getMessage());
            out.writeEndObject();
        }
        out.writeEndObject();
    }

    private void id(String name, ByteString id) {
        HexFormat hex = random.nextBoolean() ? HexFormat.of() : HexFormat.of().withUpperCase();
        out.writeStringProperty(name, hex.formatHex(id.toByteArray()));
    }

    private void number(String name, long number) {
        if (random.nextBoolean()) {
            out.writeStringProperty(name, Long.toString(number));
        } else {
            out.writeNumberProperty(name, number);
        }
    }

    private void attributes(List<KeyValue> attributes) {
        out.writeArrayPropertyStart("attributes");
        attributes.forEach(this::attribute);
        out.writeEndArray();
    }

    private void attribute(KeyValue attribute) {
        out.writeStartObject();
        out.writeStringProperty("key", attribute.getKey());
        out.writeName("value");
        value(attribute.getValue());
        out.writeEndObject();
    }

    private void value(AnyValue value) {
        out.writeStartObject();
        switch (value.getValueCase()) {
            case STRING_VALUE -> out.writeStringProperty("stringValue", value.getStringValue());
            case BOOL_VALUE -> out.writeBooleanProperty("boolValue", value.getBoolValue());
            case INT_VALUE -> number("intValue", value.getIntValue());
            case DOUBLE_VALUE -> out.writeNumberProperty("doubleValue", value.getDoubleValue());
            case BYTES_VALUE ->
                    out.writeStringProperty(
                            "bytesValue",
                            Base64.getEncoder()
                                    .encodeToString(value.getBytesValue().toByteArray()));
            case ARRAY_VALUE -> {
                out.writeObjectPropertyStart("arrayValue");
                out.writeArrayPropertyStart("values");
                value.getArrayValue().getValuesList().forEach(this::value);
                out.writeEndArray();
                out.writeEndObject();
            }
            case KVLIST_VALUE -> {
                out.writeObjectPropertyStart("kvlistValue");
                out.writeArrayPropertyStart("values");
                value.getKvlistValue().getValuesList().forEach(this::attribute);
                out.writeEndArray();
                out.writeEndObject();
            }
            default -> {}
        }
        out.writeEndObject();
    }
}
