package dev.backplane.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.Otlp;
import dev.backplane.ingest.Rejection;
import dev.backplane.testkit.Gen;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpProtobufTest {
    private static Decoded decode(Slice request) {
        return OtlpDecoder.protobuf(request, Otlp.CONTEXT);
    }

    @Test
    void readsWhatTheGeneratedClassesRead() {
        Gen.check(
                1_500,
                random -> {
                    ExportTraceServiceRequest request = RequestGen.request(random);
                    compare(request, decode(Slice.of(request.toByteArray())));
                });
    }

    private static void compare(ExportTraceServiceRequest request, Decoded decoded) {
        List<Integer> rejected = new ArrayList<>();
        int index = 0;
        int accepted = 0;
        for (ResourceSpans resource : request.getResourceSpansList()) {
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    if (isId(span.getTraceId(), 16) && isId(span.getSpanId(), 8)) {
                        compare(span, resource.getResource(), decoded.events().get(accepted++));
                    } else {
                        rejected.add(index);
                    }
                    index++;
                }
            }
        }
        assertThat(decoded.events()).hasSize(accepted);
        assertThat(decoded.rejected().stream().map(Rejection::index).toList())
                .isEqualTo(rejected.stream().map(Integer::longValue).toList());
    }

    private static boolean isId(ByteString id, int length) {
        return id.size() == length && !id.equals(ByteString.copyFrom(new byte[length]));
    }

    private static void compare(Span span, Resource resource, SpanEvent event) {
        assertThat(event.op()).isEqualTo(SpanEvent.Op.INSERT);
        assertThat(event.key().trace()).isEqualTo(hex(span.getTraceId()));
        assertThat(event.key().span()).isEqualTo(hex(span.getSpanId()));
        assertThat(event.data().text(Field.NAME)).isEqualTo(span.getName());
        assertThat(event.data().number(Field.START_TIME, 0)).isEqualTo(span.getStartTimeUnixNano());
        assertThat(event.data().number(Field.END_TIME, 0)).isEqualTo(span.getEndTimeUnixNano());
        boolean parent = isId(span.getParentSpanId(), 8);
        assertThat(event.data().text(Field.PARENT_ID))
                .isEqualTo(parent ? hex(span.getParentSpanId()) : "");
        compare(span.getAttributesList(), attributes(event, Field.ATTRIBUTES));
        compare(resource.getAttributesList(), attributes(event, Field.RESOURCE));
        List<Value.Event> events =
                event.data().get(Field.EVENTS).orElse(new Value.Events(List.of()))
                                instanceof Value.Events(List<Value.Event> list)
                        ? list
                        : List.of();
        assertThat(events).hasSize(span.getEventsCount());
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).name()).isEqualTo(span.getEvents(i).getName());
            assertThat(events.get(i).timeNanos()).isEqualTo(span.getEvents(i).getTimeUnixNano());
            compare(span.getEvents(i).getAttributesList(), events.get(i).attributes());
        }
        assertThat(event.data().has(Field.LINKS)).isEqualTo(span.getLinksCount() > 0);
    }

    private static List<Value.Attribute> attributes(SpanEvent event, Field field) {
        return event.data().get(field).orElse(new Value.Attributes(List.of()))
                        instanceof Value.Attributes(List<Value.Attribute> list)
                ? list
                : List.of();
    }

    private static void compare(List<KeyValue> sent, List<Value.Attribute> read) {
        assertThat(read).hasSameSizeAs(sent);
        for (int i = 0; i < sent.size(); i++) {
            assertThat(read.get(i).name()).isEqualTo(sent.get(i).getKey());
            AnyValue value = sent.get(i).getValue();
            Value ours = read.get(i).value();
            switch (value.getValueCase()) {
                case STRING_VALUE -> assertThat(ours).isEqualTo(Value.text(value.getStringValue()));
                case BOOL_VALUE -> assertThat(ours).isEqualTo(Value.of(value.getBoolValue()));
                case INT_VALUE -> assertThat(ours).isEqualTo(Value.of(value.getIntValue()));
                case DOUBLE_VALUE -> assertThat(ours).isEqualTo(Value.of(value.getDoubleValue()));
                case BYTES_VALUE ->
                        assertThat(ours)
                                .isEqualTo(
                                        new Value.Binary(
                                                Slice.of(value.getBytesValue().toByteArray())));
                default -> assertThat(ours).isInstanceOf(Value.Json.class);
            }
        }
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Test
    void damagedRequestsAreRefusedOrReadButNeverCrash() {
        Gen.check(
                5_000,
                random -> {
                    byte[] bytes = RequestGen.request(random).toByteArray();
                    for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
                        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                    }
                    int cut =
                            random.nextBoolean()
                                    ? bytes.length
                                    : Gen.integer(random, 0, bytes.length);
                    try {
                        decode(new Slice(bytes, 0, cut));
                    } catch (Problem problem) {
                        assertThat(problem.kind())
                                .isIn(Problem.Kind.INVALID, Problem.Kind.TOO_LARGE);
                        assertThat(problem.what()).contains("byte");
                    }
                });
    }

    @Test
    void stringsAreSlicesOfTheRequest() {
        String messages = "[{\"role\":\"user\",\"content\":\"hi\"}]";
        Slice request =
                Otlp.request(
                        Otlp.span(
                                "gen_ai.operation.name",
                                "chat",
                                "gen_ai.input.messages",
                                messages));

        SpanEvent event = decode(request).events().getFirst();

        Slice input = (Slice) ((Value.Json) event.data().get(Field.INPUT).orElseThrow()).content();
        Value raw = attributes(event, Field.ATTRIBUTES).get(1).value();
        assertThat(input.text()).isEqualTo(messages);
        assertThat(input.array()).isSameAs(request.array());
        assertThat(((Value.Text) raw).content()).isSameAs(input);
    }

    @Test
    void aBadSpanIsRejectedAlone() {
        Slice request =
                Otlp.request(
                        Otlp.span(),
                        Otlp.span().setTraceId(ByteString.EMPTY),
                        Otlp.span().setSpanId(ByteString.copyFrom(new byte[8])),
                        Otlp.span().setSpanId(Otlp.id(7, 3)),
                        Otlp.span().setSpanId(Otlp.id(8, 4)));

        Decoded decoded = decode(request);

        assertThat(decoded.events()).hasSize(2);
        assertThat(decoded.rejected().stream().map(Rejection::index)).containsExactly(1L, 2L, 3L);
        assertThat(decoded.rejected().get(2).problem())
                .hasMessageContaining("span id of 7 bytes")
                .extracting(Problem::fix)
                .isEqualTo("send 16 hex digits (8 bytes)");
    }

    @Test
    void aSpanThatEndsBeforeItStartsIsKept() {
        Slice request = Otlp.request(Otlp.span().setEndTimeUnixNano(5));

        assertThat(decode(request).events().getFirst().data().number(Field.END_TIME, 0))
                .isEqualTo(5);
    }

    @Test
    void resourceMayComeAfterItsSpans() {
        byte[] spans =
                ResourceSpans.newBuilder()
                        .addScopeSpans(ScopeSpans.newBuilder().addSpans(Otlp.span()))
                        .build()
                        .toByteArray();
        byte[] resource =
                ResourceSpans.newBuilder()
                        .setResource(
                                Resource.newBuilder()
                                        .addAttributes(Otlp.attribute("service.name", "late")))
                        .build()
                        .toByteArray();
        ByteString both = ByteString.copyFrom(spans).concat(ByteString.copyFrom(resource));
        byte[] request =
                ByteString.copyFrom(new byte[] {0x0A, (byte) both.size()})
                        .concat(both)
                        .toByteArray();
        assertThat(both.size()).isLessThan(128);

        SpanEvent event = decode(Slice.of(request)).events().getFirst();

        assertThat(attributes(event, Field.RESOURCE))
                .containsExactly(new Value.Attribute("service.name", Value.text("late")));
    }

    @Test
    void arraysKeepOrderAndDoublesTheirPoint() {
        Slice request = Otlp.request(Otlp.span("list", List.of(2.0, 1, "a", true, new byte[] {1})));

        SpanEvent event = decode(request).events().getFirst();

        assertThat(attributes(event, Field.ATTRIBUTES).getFirst().value())
                .isEqualTo(Value.json("[2.0,1,\"a\",true,\"AQ==\"]"));
    }

    @Test
    void invalidUtf8IsKeptByteForByte() {
        byte[] bad = {'a', (byte) 0xFF, 'b'};
        Slice request = Otlp.request(Otlp.span("key", "a?b"));
        byte[] bytes = request.bytes();
        for (int i = 0; i < bytes.length - 2; i++) {
            if (bytes[i] == 'a' && bytes[i + 1] == '?') {
                bytes[i + 1] = (byte) 0xFF;
            }
        }

        SpanEvent event = decode(Slice.of(bytes)).events().getFirst();

        assertThat(attributes(event, Field.ATTRIBUTES).getFirst().value())
                .isEqualTo(Value.text(Slice.of(bad)));
    }

    @Test
    void manyTinySpansAreRefusedBeforeTheyFillTheMemory() {
        byte[] scope = new byte[400_000];
        for (int i = 0; i < scope.length; i += 2) {
            scope[i] = 0x12;
        }
        ByteString spans = ByteString.copyFrom(scope);
        ByteString resource = field(2, spans);
        byte[] request = field(1, resource).toByteArray();

        assertThatThrownBy(() -> decode(Slice.of(request)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("more than 10000 malformed spans");
    }

    private static ByteString field(int number, ByteString value) {
        ByteString.Output out = ByteString.newOutput();
        out.write(number << 3 | 2);
        int length = value.size();
        while (length >= 0x80) {
            out.write(length & 0x7F | 0x80);
            length >>>= 7;
        }
        out.write(length);
        return out.toByteString().concat(value);
    }
}
