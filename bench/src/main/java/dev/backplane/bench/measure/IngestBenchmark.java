package dev.backplane.bench.measure;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.measure.RequestFile.Request;
import dev.backplane.bench.measure.RequestFile.Witness;
import dev.backplane.bench.report.Latencies;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.bench.runs.Profile;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/// How fast a server takes spans over OTLP/HTTP, and how soon they can be read.
///
/// Requests are made before the clock starts. `connections` senders send them as fast as the server
/// acknowledges; a request that the server refuses for good voids the round, one that it asks to
/// send again is counted. Beside them, for a sample of requests, a reader asks for a span of the
/// request from the moment of its acknowledgement until it is there, by id and by a word of its
/// output.
public final class IngestBenchmark {
    private static final Duration VISIBLE_MAX = Duration.ofSeconds(30);

    /// How long ago the runs of a round begin: a round of short ones takes hours of their time.
    private static final Duration SPREAD = Duration.ofDays(1);

    private static final Duration POLL = Duration.ofMillis(2);
    private static final int TRIES = 100;

    /// @param bytes raw OTLP bytes a round
    /// @param warmUpBytes sent before the first round, not counted
    /// @param connections senders at once
    /// @param requestBytes about the size of a request
    /// @param runsAtOnce agent runs whose spans are interleaved
    /// @param sampleEvery one request in so many is watched until it is visible
    /// @param serverPid empty: found by its port if it is on this machine
    public record Options(
            long seed,
            Profile profile,
            long bytes,
            long warmUpBytes,
            int rounds,
            int connections,
            int requestBytes,
            int runsAtOnce,
            int sampleEvery,
            OptionalLong serverPid,
            Path temporary) {}

    /// What one round measured.
    private record Round(
            RequestFile file,
            double seconds,
            Latencies acknowledged,
            Latencies visible,
            Latencies searchable,
            long again,
            double serverCores,
            double senderCores,
            double serverMegabytes) {}

    private final ServerApi api;
    private final Options options;
    private final Progress progress;
    private final ProcessMeter server;

    public IngestBenchmark(ServerApi api, Options options, Progress progress) {
        this.api = api;
        this.options = options;
        this.progress = progress;
        OptionalLong pid = options.serverPid();
        if (pid.isEmpty()) {
            pid = ProcessMeter.listener(api.target().url().getPort());
        }
        this.server = ProcessMeter.of(pid.orElse(Long.MAX_VALUE));
    }

    public Report run() throws IOException {
        Map<String, String> conditions = Machine.conditions();
        conditions.put("profile", options.profile().id());
        conditions.put("seed", Long.toString(options.seed()));
        conditions.put("connections", Integer.toString(options.connections()));
        conditions.put("runs interleaved", Integer.toString(options.runsAtOnce()));
        conditions.put("warm-up", megabytes(options.warmUpBytes()));
        if (options.warmUpBytes() > 0) {
            round(0, options.warmUpBytes());
        }
        // So that the log of what came before does not count as shrunk later.
        compact();
        Map<String, Object> before = stats();
        List<List<Object>> rows = new ArrayList<>();
        long raw = 0;
        for (int i = 1; i <= options.rounds(); i++) {
            Round round = round(i, options.bytes());
            raw += round.file().bytes();
            rows.add(row(i, round));
            conditions.put("mean span", meanSpan(round.file()));
        }
        Table speed = new Table("Ingest", COLUMNS, rows);
        conditions.put("load average at end", Machine.load());
        return new Report("Ingest", conditions, List.of(speed, stored(before, raw)), NOTES);
    }

    private static final List<String> COLUMNS =
            List.of(
                    "round",
                    "raw MB",
                    "spans",
                    "seconds",
                    "MB/s",
                    "spans/s",
                    "ack p50 ms",
                    "ack p99 ms",
                    "visible p50 ms",
                    "visible p99 ms",
                    "searchable p50 ms",
                    "searchable p99 ms",
                    "sent again",
                    "server cores",
                    "sender cores",
                    "server RSS MB");
    private static final List<String> NOTES =
            List.of(
                    "MB are 10^6 bytes of OTLP protobuf, not compressed. Visible and searchable"
                            + " count from the acknowledgement to the end of the first answer that"
                            + " has the span, so they include one request.");

    private static String meanSpan(RequestFile file) {
        return String.format(Locale.ROOT, "%.1f KB", file.bytes() / 1e3 / file.spans());
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.0f MB", bytes / 1e6);
    }

    private static List<Object> row(int number, Round round) {
        double raw = round.file().bytes() / 1e6;
        return List.of(
                (long) number,
                raw,
                round.file().spans(),
                round.seconds(),
                raw / round.seconds(),
                round.file().spans() / round.seconds(),
                round.acknowledged().quantileMillis(0.5),
                round.acknowledged().quantileMillis(0.99),
                measured(round.visible().quantileMillis(0.5)),
                measured(round.visible().quantileMillis(0.99)),
                measured(round.searchable().quantileMillis(0.5)),
                measured(round.searchable().quantileMillis(0.99)),
                round.again(),
                measured(round.serverCores()),
                measured(round.senderCores()),
                measured(round.serverMegabytes()));
    }

    static Object measured(double value) {
        return Double.isNaN(value) ? "" : (Object) value;
    }

    private Round round(int number, long bytes) throws IOException {
        Workload.Options shape =
                new Workload.Options(
                        options.seed() * 1_000 + number,
                        1,
                        List.of(options.profile()),
                        options.runsAtOnce());
        Path path = Files.createTempFile(options.temporary(), "backplane-bench-", ".otlp");
        Workload workload = new Workload(shape, Instant.now().minus(SPREAD));
        try (RequestFile file =
                RequestFile.write(path, workload, bytes, options.requestBytes(), progress)) {
            return new Sending(file, number == 0 ? "warming up" : "round " + number).run();
        }
    }

    /// One round's senders and readers.
    private final class Sending {
        private final RequestFile file;
        private final String name;
        private final Latencies acknowledged = new Latencies();
        private final Latencies visible = new Latencies();
        private final Latencies searchable = new Latencies();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicLong sent = new AtomicLong();
        private final AtomicLong again = new AtomicLong();
        private final Queue<Future<?>> watchers = new ConcurrentLinkedQueue<>();

        Sending(RequestFile file, String name) {
            this.file = file;
            this.name = name;
        }

        Round run() throws IOException {
            double serverCpu = server.cpuSeconds();
            double senderCpu = ProcessMeter.self().cpuSeconds();
            long begin = System.nanoTime();
            double seconds;
            try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor();
                    ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < options.connections(); i++) {
                    running.add(
                            senders.submit(() -> {
                                send(readers);
                                return null;
                            }));
                }
                for (Future<?> sender : running) {
                    await(sender);
                }
                seconds = (System.nanoTime() - begin) / 1e9;
                serverCpu = server.cpuSeconds() - serverCpu;
                senderCpu = ProcessMeter.self().cpuSeconds() - senderCpu;
                for (Future<?> watcher : watchers) {
                    await(watcher);
                }
            }
            return new Round(
                    file,
                    seconds,
                    acknowledged,
                    visible,
                    searchable,
                    again.get(),
                    serverCpu / seconds,
                    senderCpu / seconds,
                    server.memoryMegabytes("VmHWM"));
        }

        private void send(ExecutorService readers) throws IOException {
            List<Request> requests = file.requests();
            for (int i = next.getAndIncrement(); i < requests.size(); i = next.getAndIncrement()) {
                Request request = requests.get(i);
                acknowledged.add(sendUntilTaken(file.read(request)));
                long taken = System.nanoTime();
                progress.at(name, sent.addAndGet(request.length()), file.bytes());
                if (i % options.sampleEvery() == 0) {
                    watchers.add(readers.submit(() -> watch(request.last(), taken)));
                }
            }
        }

        private long sendUntilTaken(byte[] body) throws IOException {
            for (int tried = 1; ; tried++) {
                Answer answer = api.sendTraces(body);
                if (!answer.isRetryable() || tried == TRIES) {
                    ServerApi.require(answer, "POST /v1/traces");
                    return answer.nanos();
                }
                again.incrementAndGet();
                sleep(Duration.ofMillis(50));
            }
        }

        private void watch(Witness witness, long acknowledgedAt) {
            String path = "/api/v1/spans/" + witness.traceId() + "/" + witness.spanId();
            if (poll(path, acknowledgedAt, Answer::isOk)) {
                visible.add(System.nanoTime() - acknowledgedAt);
            }
            if (witness.callId().isPresent()) {
                String query = "\"" + witness.callId().get() + "\"";
                String search = ServerApi.path("/api/v1/search", Map.of("q", query, "limit", "1"));
                if (poll(search, acknowledgedAt, IngestBenchmark::hasHit)) {
                    searchable.add(System.nanoTime() - acknowledgedAt);
                }
            }
        }

        private boolean poll(String path, long since, Predicate<Answer> isThere) {
            try {
                while (!isThere.test(api.get(path))) {
                    if (System.nanoTime() - since > VISIBLE_MAX.toNanos()) {
                        throw Problem.timeout(
                                "an acknowledged span cannot be read after " + VISIBLE_MAX, path);
                    }
                    sleep(POLL);
                }
                return true;
            } catch (IOException _) {
                return false;
            }
        }
    }

    private static boolean hasHit(Answer answer) {
        return answer.isOk() && !JsonTree.objects(JsonTree.object(answer.body()), "hits").isEmpty();
    }

    static void sleep(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void await(Future<?> task) throws IOException {
        try {
            task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Map<String, Object> stats() throws IOException {
        return JsonTree.object(
                ServerApi.require(api.get("/api/v1/store/stats"), "GET /api/v1/store/stats")
                        .body());
    }

    private Table stored(Map<String, Object> before, long raw) throws IOException {
        List<List<Object>> rows = new ArrayList<>();
        rows.add(storedRow("right after", before, raw));
        compact();
        rows.add(storedRow("compacted", before, raw));
        return new Table(
                "Stored (what the rounds added)",
                List.of(
                        "when",
                        "raw MB",
                        "stored MB",
                        "raw : stored",
                        "log MB",
                        "columns MB",
                        "text MB",
                        "payload MB"),
                rows);
    }

    private void compact() throws IOException {
        progress.at("compacting", 0, 0);
        String path = "/api/v1/store/compact";
        ServerApi.require(api.sendJson(path, "{}"), "POST " + path);
    }

    private List<Object> storedRow(String when, Map<String, Object> before, long raw)
            throws IOException {
        Map<String, Object> after = stats();
        double stored = grown("stored_bytes", before, after);
        return List.of(
                when,
                raw / 1e6,
                stored,
                raw / 1e6 / stored,
                grown("log_bytes", before, after),
                grown("column_bytes", before, after),
                grown("text_bytes", before, after),
                grown("payload_bytes", before, after));
    }

    private static double grown(
            String name, Map<String, Object> before, Map<String, Object> after) {
        return (number(after, name) - number(before, name)) / 1e6;
    }

    private static double number(Map<String, Object> stats, String name) {
        return stats.get(name) instanceof Number number ? number.doubleValue() : 0;
    }
}
