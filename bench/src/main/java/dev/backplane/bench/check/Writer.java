package dev.backplane.bench.check;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.Dice;
import dev.backplane.bench.runs.JsonString;
import dev.backplane.bench.runs.Profile;
import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One sender of a round: inserts runs over OTLP in small batches, repeats some requests as
/// retrying senders do, merges, scores and deletes spans that it has sent, and reads some of it
/// back at once. Ends when the server is gone. Each writer has traces of its own.
final class Writer {
    private static final int BATCH_MAX = 20;
    private static final List<Profile> PROFILES =
            List.of(Profile.AIRLINE, Profile.AIRLINE, Profile.RESEARCH, Profile.CODING);

    /// @param number of this writer among all of all rounds: every run is sent once ever
    /// @param runsMax after which it ends by itself
    record Options(long seed, long number, long runsMax) {}

    private record SpanId(String traceId, String spanId) {}

    private final ServerApi api;
    private final Oracle oracle;
    private final Findings findings;
    private final Reader reader;
    private final Options options;
    private final Dice dice;
    private final AgentRuns runs;
    private final OtlpEncoder encoder = new OtlpEncoder();
    private final List<String> traces = new ArrayList<>();
    private final List<SpanId> sent = new ArrayList<>();
    private long events;

    Writer(ServerApi api, Oracle oracle, Findings findings, Options options) {
        this.api = api;
        this.oracle = oracle;
        this.findings = findings;
        this.options = options;
        this.reader = new Reader(api, oracle, findings);
        this.dice = Dice.of(options.seed(), -5, options.number());
        this.runs = new AgentRuns(options.seed(), 0.1);
    }

    /// The traces that were begun.
    List<String> traces() {
        return traces;
    }

    /// Writes until the server no longer answers, or refuses for now.
    ///
    /// @return whether all runs were sent
    boolean run() {
        try {
            for (long i = 0; i < options.runsMax(); i++) {
                send(runs.run(dice.pick(PROFILES), options.number() * 100_000 + i));
            }
            return true;
        } catch (IOException _) {
            // Killed: what was on its way stays pending in the oracle.
            return false;
        } catch (Problem problem) {
            if (!problem.kind().retryable()) {
                findings.add("a request failed: " + problem.getMessage());
            }
            return false;
        }
    }

    private void send(AgentRun run) throws IOException {
        traces.add(run.traceId());
        Instant start = Instant.now().minusNanos(run.durationNanos());
        List<AgentSpan> spans = run.spans();
        int from = 0;
        while (from < spans.size()) {
            int to = Math.min(spans.size(), from + dice.between(1, BATCH_MAX));
            if (dice.chance(0.1)) {
                score(run.traceId(), AgentRun.hex(spans.get(from).id()));
            }
            insert(run, spans.subList(from, to), start);
            from = to;
            if (dice.chance(0.5)) {
                change();
            }
        }
    }

    private void insert(AgentRun run, List<AgentSpan> spans, Instant start) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        List<SpanState> after = new ArrayList<>();
        for (AgentSpan span : spans) {
            request.writeBytes(encoder.encode(run, span, Dialect.GEN_AI, start));
            Payloads payloads = Payloads.of(span);
            String spanId = AgentRun.hex(span.id());
            SpanState state =
                    oracle.state(run.traceId(), spanId)
                            .inserted(payloads.input(), payloads.output());
            after.add(state);
            oracle.sending(run.traceId(), spanId, state);
        }
        byte[] body = request.toByteArray();
        Answer answer = ServerApi.require(api.sendTraces(body), "POST /v1/traces");
        if (answer.body().length > 0) {
            findings.add("trace %s: spans were rejected".formatted(run.traceId()));
        }
        for (int i = 0; i < spans.size(); i++) {
            String spanId = AgentRun.hex(spans.get(i).id());
            acknowledge(run.traceId(), spanId, after.get(i));
            sent.add(new SpanId(run.traceId(), spanId));
        }
        if (dice.chance(0.1)) {
            // Again, as by a sender that missed the answer.
            ServerApi.require(api.sendTraces(body), "POST /v1/traces");
        }
    }

    private void acknowledge(String traceId, String spanId, SpanState after) throws IOException {
        oracle.acknowledged(traceId, spanId, after);
        findings.event();
        events++;
        if (events % 7 == 0) {
            Oracle.Entry entry = new Oracle.Entry(traceId, spanId, after, Optional.empty());
            reader.checkSpan(entry, "at once after the acknowledgement");
        }
    }

    private void change() throws IOException {
        SpanId span = dice.pick(sent);
        if (!oracle.state(span.traceId(), span.spanId()).present()) {
            return;
        }
        double chance = dice.fraction();
        if (chance < 0.5) {
            merge(span.traceId(), span.spanId());
        } else if (chance < 0.85) {
            score(span.traceId(), span.spanId());
        } else {
            delete(span.traceId(), span.spanId());
        }
    }

    private void merge(String traceId, String spanId) throws IOException {
        String mark = dice.hex(16);
        String output = "replaced by mark " + mark;
        SpanState after =
                oracle.state(traceId, spanId).merged(output.getBytes(StandardCharsets.UTF_8), mark);
        oracle.sending(traceId, spanId, after);
        StringBuilder line = new StringBuilder("{\"op\":\"merge\",\"trace_id\":\"");
        line.append(traceId).append("\",\"span_id\":\"").append(spanId).append("\",\"output\":");
        JsonString.append(line, output).append(",\"metadata\":{\"mark\":\"").append(mark);
        byte[] body = line.append("\"}}\n").toString().getBytes(StandardCharsets.UTF_8);
        ServerApi.require(api.sendLines(body), "POST /api/v1/spans");
        acknowledge(traceId, spanId, after);
    }

    private void score(String traceId, String spanId) throws IOException {
        double score = dice.below(101) / 100.0;
        SpanState after = oracle.state(traceId, spanId).scored(score);
        oracle.sending(traceId, spanId, after);
        String path = "/api/v1/spans/" + traceId + "/" + spanId + "/feedback";
        String body = "{\"scores\":{\"check\":" + score + "}}";
        ServerApi.require(api.sendJson(path, body), "POST " + path);
        acknowledge(traceId, spanId, after);
    }

    private void delete(String traceId, String spanId) throws IOException {
        oracle.sending(traceId, spanId, SpanState.ABSENT);
        String path = "/api/v1/spans/" + traceId + "/" + spanId;
        ServerApi.require(api.delete(path), "DELETE " + path);
        acknowledge(traceId, spanId, SpanState.ABSENT);
    }
}
