package dev.backplane.bench.measure;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.report.Latencies;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// One trace that is larger than any other: many agent runs under one root, as a batch job sends
/// them. Its root comes last, so while the trace grows its runs have no parent yet.
///
/// Measured is what a person does with it: the first page of its tree and one in the middle, a
/// search within it, the whole of it as a file. "First" is the first such question after the store
/// was compacted.
public final class TraceBenchmark {
    private static final int REQUEST_BYTES = 1_000_000;
    private static final Duration BETWEEN_RUNS = Duration.ofMillis(10);
    private static final int TRIES = 200;

    /// @param spans in the trace, about: runs are whole
    /// @param profile of the runs in it
    /// @param warm how often each question is asked after the first time
    /// @param trace one that is there already, to be asked about and not sent
    public record Options(
            long seed, Profile profile, long spans, int warm, Optional<String> trace) {}

    private final ServerApi api;
    private final Options options;
    private final Progress progress;
    private final ProcessMeter server;
    private final List<List<Object>> rows = new ArrayList<>();

    public TraceBenchmark(ServerApi api, Options options, Progress progress) {
        this.api = api;
        this.options = options;
        this.progress = progress;
        OptionalLong pid = ProcessMeter.listener(api.target().url().getPort());
        this.server = ProcessMeter.of(pid.orElse(Long.MAX_VALUE));
    }

    public Report run() throws IOException {
        Map<String, String> conditions = Machine.conditions();
        conditions.put("profile", options.profile().id());
        String trace = options.trace().isPresent() ? options.trace().get() : send(conditions);
        progress.at("compacting", 0, 0);
        ServerApi.require(api.sendJson("/api/v1/store/compact", "{}"), "POST store/compact");
        String tree = "/api/v1/traces/" + trace;
        ask("tree, first 500 rows", tree + "?limit=500");
        Map<String, Object> root = JsonTree.object(api.get(tree + "?limit=1").body());
        long total = root.get("total") instanceof Number number ? number.longValue() : 0;
        conditions.put("trace", trace + ", " + total + " spans");
        ask("tree, 500 rows in the middle", tree + "?limit=500&offset=" + total / 2);
        ask("search within, common word", tree + "?limit=500&q=documents");
        ask("search within, absent word", tree + "?limit=500&q=antidisestablishment");
        ask("latest traces", "/api/v1/traces?limit=50");
        Table latency =
                new Table(
                        "Latency",
                        List.of("query", "first ms", "warm p50 ms", "warm p99 ms", "answer KB"),
                        rows);
        Table export = export(trace);
        conditions.put("load average at end", Machine.load());
        return new Report("One large trace", conditions, List.of(latency, export), List.of());
    }

    private void ask(String title, String path) throws IOException {
        progress.at(title, 0, 0);
        Answer first = ServerApi.require(api.get(path), path);
        Latencies warm = new Latencies();
        for (int i = 0; i < options.warm(); i++) {
            warm.add(ServerApi.require(api.get(path), path).nanos());
        }
        rows.add(
                List.of(
                        title,
                        first.nanos() / 1e6,
                        warm.quantileMillis(0.5),
                        warm.quantileMillis(0.99),
                        first.body().length / 1e3));
    }

    private Table export(String trace) throws IOException {
        progress.at("exporting", 0, 0);
        double before = server.memoryMegabytes("VmRSS");
        String path =
                ServerApi.path(
                        "/api/v1/store/export", Map.of("filter", "trace_id = '" + trace + "'"));
        ServerApi.Drained drained = api.drain(path);
        double seconds = drained.nanos() / 1e9;
        return new Table(
                "Export",
                List.of("MB", "lines", "seconds", "MB/s", "server RSS MB before", "peak RSS MB"),
                List.of(
                        List.of(
                                drained.bytes() / 1e6,
                                drained.lines(),
                                seconds,
                                drained.bytes() / 1e6 / seconds,
                                IngestBenchmark.measured(before),
                                IngestBenchmark.measured(server.memoryMegabytes("VmHWM")))));
    }

    /// @return the id of the trace
    private String send(Map<String, String> conditions) throws IOException {
        AgentRuns runs = new AgentRuns(options.seed(), 1);
        OtlpEncoder encoder = new OtlpEncoder();
        ByteArrayOutputStream request = new ByteArrayOutputStream(2 * REQUEST_BYTES);
        Instant start = Instant.now();
        AgentRun first = runs.run(options.profile(), 0);
        AgentSpan root = first.spans().getLast();
        long begin = System.nanoTime();
        long raw = 0;
        long sent = 1;
        long lastEnd = 0;
        for (long index = 1; sent < options.spans(); index++) {
            AgentRun run = within(runs.run(options.profile(), index), first.traceId());
            Duration offset = BETWEEN_RUNS.multipliedBy(index);
            for (AgentSpan span : run.spans()) {
                AgentSpan placed = span.parentId() == 0 ? under(root.id(), span) : span;
                request.write(encoder.encode(run, placed, Dialect.GEN_AI, start.plus(offset)));
                sent++;
            }
            lastEnd = Math.max(lastEnd, offset.toNanos() + run.durationNanos());
            if (request.size() >= REQUEST_BYTES) {
                raw += flush(request);
                progress.at("sending spans", sent, options.spans());
            }
        }
        AgentSpan whole =
                new AgentSpan(root.id(), 0, "batch", 0, lastEnd, Optional.empty(), root.work());
        request.write(encoder.encode(first, whole, Dialect.GEN_AI, start));
        raw += flush(request);
        conditions.put("raw bytes", Long.toString(raw));
        conditions.put(
                "sent in",
                "%.0f s by one sender, generating included"
                        .formatted((System.nanoTime() - begin) / 1e9));
        return first.traceId();
    }

    /// The run as part of another trace.
    private static AgentRun within(AgentRun run, String trace) {
        return new AgentRun(
                run.profile(),
                run.index(),
                trace,
                run.sessionId(),
                run.userId(),
                run.spans(),
                run.feedback());
    }

    private static AgentSpan under(long parent, AgentSpan span) {
        return new AgentSpan(
                span.id(),
                parent,
                span.name(),
                span.startNanos(),
                span.endNanos(),
                span.error(),
                span.work());
    }

    private long flush(ByteArrayOutputStream request) throws IOException {
        byte[] body = request.toByteArray();
        request.reset();
        for (int tried = 1; ; tried++) {
            Answer answer = api.sendTraces(body);
            if (!answer.isRetryable() || tried == TRIES) {
                ServerApi.require(answer, "POST /v1/traces");
                return body.length;
            }
            IngestBenchmark.sleep(Duration.ofMillis(50));
        }
    }
}
