package dev.backplane.bench.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.Message;
import dev.backplane.bench.runs.Profile;
import dev.backplane.core.Json;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Our encoder against the generated classes of opentelemetry-proto.
class OtlpEncoderTest {
    private static final Instant START = Instant.parse("2026-11-24T10:00:00.000000007Z");
    private static final long START_NANOS = START.getEpochSecond() * 1_000_000_000L + 7;
    private final AgentRuns runs = new AgentRuns(5, 0.05);
    private final OtlpEncoder encoder = new OtlpEncoder();

    @ParameterizedTest
    @EnumSource(Profile.class)
    void generatedClassesReadWhatWeWriteAndWriteTheSame(Profile profile) throws Exception {
        for (Dialect dialect : Dialect.values()) {
            AgentRun run = runs.run(profile, 1);
            for (AgentSpan span : run.spans()) {
                byte[] encoded = encoder.encode(run, span, dialect, START);
                var request = ExportTraceServiceRequest.parseFrom(encoded);
                assertThat(Arrays.equals(request.toByteArray(), encoded)).isTrue();
                check(run, span, request);
            }
        }
    }

    private static void check(AgentRun run, AgentSpan span, ExportTraceServiceRequest request) {
        ResourceSpans resource = request.getResourceSpans(0);
        assertThat(attributes(resource.getResource().getAttributesList()))
                .containsEntry("service.name", run.profile().service());
        Span decoded = resource.getScopeSpans(0).getSpans(0);
        assertThat(HexFormat.of().formatHex(decoded.getTraceId().toByteArray()))
                .isEqualTo(run.traceId());
        assertThat(HexFormat.of().formatHex(decoded.getSpanId().toByteArray()))
                .isEqualTo(AgentRun.hex(span.id()));
        assertThat(decoded.getParentSpanId().isEmpty()).isEqualTo(span.parentId() == 0);
        assertThat(decoded.getName()).isEqualTo(span.name());
        assertThat(decoded.getStartTimeUnixNano()).isEqualTo(START_NANOS + span.startNanos());
        assertThat(decoded.getEndTimeUnixNano())
                .isEqualTo(span.isOpen() ? 0 : START_NANOS + span.endNanos());
        boolean failed = decoded.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
        assertThat(failed).isEqualTo(span.error().isPresent());
    }

    @Test
    void genAiMessagesAreTheJsonOfTheMessages() throws Exception {
        AgentRun run = runs.run(Profile.AIRLINE, 2);
        int calls = 0;
        for (AgentSpan span : run.spans()) {
            if (span.work() instanceof ModelCall call && call.output().isPresent()) {
                Map<String, String> attributes = attributes(run, span, Dialect.GEN_AI);
                StringBuilder expected = new StringBuilder("[");
                for (Message message : call.input()) {
                    expected.append(expected.length() > 1 ? "," : "");
                    expected.append(new String(message.json(), StandardCharsets.UTF_8));
                }
                assertThat(attributes.get("gen_ai.input.messages"))
                        .isEqualTo(expected.append(']').toString());
                assertThat(attributes)
                        .containsEntry("gen_ai.request.model", call.model())
                        .containsEntry(
                                "gen_ai.usage.input_tokens",
                                Integer.toString(call.tokens().input()));
                calls++;
            }
        }
        assertThat(calls).isGreaterThan(5);
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void whatLooksLikeJsonIsJson(Dialect dialect) throws Exception {
        for (Profile profile : Profile.values()) {
            AgentRun run = runs.run(profile, 0);
            for (AgentSpan span : run.spans()) {
                for (String value : attributes(run, span, dialect).values()) {
                    if (value.startsWith("{") || value.startsWith("[{")) {
                        assertParses(value);
                    }
                }
            }
        }
    }

    private static void assertParses(String json) {
        try (var parser = Json.parser(json)) {
            while (parser.nextToken() != null) {
                assertThat(parser.currentToken()).isNotNull();
            }
        }
    }

    @Test
    void everyDialectNamesTheModelAndTheMessages() throws Exception {
        AgentRun run = runs.run(Profile.AIRLINE, 2);
        AgentSpan call =
                run.spans().stream()
                        .filter(span ->
                                span.work() instanceof ModelCall made && made.output().isPresent())
                        .toList()
                        .getLast();
        assertThat(attributes(run, call, Dialect.GEN_AI_LEGACY))
                .containsKeys("gen_ai.system", "gen_ai.request.model")
                .doesNotContainKey("gen_ai.input.messages");
        assertThat(attributes(run, call, Dialect.OPENINFERENCE))
                .containsEntry("llm.input_messages.0.message.role", "system")
                .containsEntry("openinference.span.kind", "LLM");
        assertThat(attributes(run, call, Dialect.OPENLLMETRY))
                .containsEntry("gen_ai.prompt.1.role", "user");
        assertThat(attributes(run, call, Dialect.VERCEL)).containsKey("ai.prompt.messages");
    }

    private Map<String, String> attributes(AgentRun run, AgentSpan span, Dialect dialect)
            throws Exception {
        var request =
                ExportTraceServiceRequest.parseFrom(encoder.encode(run, span, dialect, START));
        return attributes(
                request.getResourceSpans(0).getScopeSpans(0).getSpans(0).getAttributesList());
    }

    private static Map<String, String> attributes(Iterable<KeyValue> attributes) {
        Map<String, String> map = new HashMap<>();
        for (KeyValue attribute : attributes) {
            var value = attribute.getValue();
            map.put(
                    attribute.getKey(),
                    value.hasStringValue()
                            ? value.getStringValue()
                            : value.hasIntValue() ? Long.toString(value.getIntValue()) : "");
        }
        return map;
    }
}
