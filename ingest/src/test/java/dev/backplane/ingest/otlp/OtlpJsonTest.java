package dev.backplane.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.Otlp;
import dev.backplane.testkit.Gen;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import org.junit.jupiter.api.Test;

class OtlpJsonTest {
    private static final String TRACE = "0102030405060708090a0b0c0d0e0f10";

    private static Decoded decode(String json) {
        return OtlpDecoder.json(Slice.of(json), Otlp.CONTEXT);
    }

    private static SpanEvent one(String span) {
        Decoded decoded =
                decode("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + span + "]}]}]}");
        assertThat(decoded.rejected()).isEmpty();
        return decoded.events().getFirst();
    }

    @Test
    void bothEncodingsGiveTheSameEvents() {
        Gen.check(
                1_500,
                random -> {
                    ExportTraceServiceRequest request = RequestGen.request(random);
                    Decoded protobuf =
                            OtlpDecoder.protobuf(Slice.of(request.toByteArray()), Otlp.CONTEXT);

                    Decoded json = decode(OtlpJson.write(request, random));

                    assertThat(json.events()).isEqualTo(protobuf.events());
                    assertThat(json.rejected()).hasSameSizeAs(protobuf.rejected());
                });
    }

    @Test
    void damagedRequestsAreRefusedOrReadButNeverCrash() {
        Gen.check(
                3_000,
                random -> {
                    byte[] bytes =
                            Slice.of(OtlpJson.write(RequestGen.request(random), random)).bytes();
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        bytes[random.nextInt(bytes.length)] =
                                (byte) "{}[],:\"\\0e.-ntf ".charAt(random.nextInt(16));
                    }
                    try {
                        OtlpDecoder.json(Slice.of(bytes), Otlp.CONTEXT);
                    } catch (Problem problem) {
                        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                    }
                });
    }

    @Test
    void takesWhatSendersInTheFieldSend() {
        SpanEvent event =
                one(
                        """
                        {"traceId":"AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"0A0B0C0D0E0F1011",
                         "name":"x","kind":"SPAN_KIND_CLIENT","futureField":{"a":[1]},
                         "startTimeUnixNano":1760000000000000001,"endTimeUnixNano":"1760000000000000002",
                         "status":{"code":"STATUS_CODE_ERROR","message":"no"},
                         "attributes":[{"key":"n","value":{"intValue":"9007199254740993"}},
                                       {"key":"m","value":{"intValue":7}},
                                       {"key":"d","value":{"doubleValue":1}}]}\
                        """);

        assertThat(event.key().trace()).isEqualTo(TRACE);
        assertThat(event.key().span()).isEqualTo("0a0b0c0d0e0f1011");
        assertThat(event.data().number(Field.START_TIME, 0)).isEqualTo(1760000000000000001L);
        assertThat(event.data().number(Field.END_TIME, 0)).isEqualTo(1760000000000000002L);
        assertThat(event.data().text(Field.STATUS)).isEqualTo("error");
        assertThat(event.data().text(Field.ERROR)).isEqualTo("no");
        assertThat(event.data().get(Field.EXTRA))
                .contains(Value.json("{\"otel_kind\":\"client\"}"));
        assertThat(((Value.Attributes) event.data().get(Field.ATTRIBUTES).orElseThrow()).list())
                .extracting(Value.Attribute::value)
                .containsExactly(Value.of(9007199254740993L), Value.of(7), Value.of(1.0));
    }

    @Test
    void loneSurrogatesAndNulAreKept() {
        SpanEvent event =
                one(
                        ("{\"traceId\":\"%s\",\"spanId\":\"0102030405060708\","
                                        + "\"name\":\"\\ud83d a\\u0000b\"}")
                                .formatted(TRACE));

        assertThat(event.data().text(Field.NAME)).isEqualTo("\ud83d a\u0000b");
    }

    @Test
    void saysWhereTheTextIsMalformed() {
        assertThatThrownBy(() -> decode("{\"resourceSpans\":\n [}"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("line 2, column 3");
    }

    @Test
    void aBadIdIsRejectedAlone() {
        Decoded decoded =
                decode(
                        """
                        {"resourceSpans":[{"scopeSpans":[{"spans":[
                          {"traceId":"zz","spanId":"0102030405060708"},
                          {"traceId":"%s","spanId":"0102030405060708"}]}]}]}\
                        """
                                .formatted(TRACE));

        assertThat(decoded.events()).hasSize(1);
        assertThat(decoded.rejected()).hasSize(1);
        assertThat(decoded.rejected().getFirst().index()).isZero();
    }
}
