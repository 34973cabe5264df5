package dev.backplane.bench.check;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.report.Latencies;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.bench.runs.Dice;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Kills a server with -9 at random points under load and proves after each restart that every
/// acknowledged event is there, once, with the very bytes that were sent.
///
/// - Nothing acknowledged is lost: every span of the round is read by id after the restart, and
///   every span of all rounds at the end.
/// - Nothing is there twice: each trace's tree and `select span_id` name each span once, also when
///   its request was sent twice.
/// - Bytes are kept: input and output are read raw and compared.
/// - An event is whole or not there: a span whose event got no answer is as before or as after it.
/// - Reads see writes: one event in seven is read back right after its acknowledgement.
/// - Deletes, merges and scores survive: they are among the events.
///
/// The seed decides what is sent and when the server is killed; when the server happens to answer
/// is up to the machine, so a finding may need several runs of its seed to show again.
public final class CrashCheck {
    /// @param rounds kills
    /// @param writers at once
    /// @param lifeMillisMax longest time from the first event to the kill
    public record Options(long seed, int rounds, int writers, int lifeMillisMax) {}

    /// @param isSound whether every promise was kept
    public record Verdict(Report report, boolean isSound) {
        public Verdict note(String sentence) {
            List<String> notes = new ArrayList<>(report.notes());
            notes.add(sentence);
            return new Verdict(
                    new Report(report.title(), report.conditions(), report.tables(), notes),
                    isSound);
        }
    }

    private static final int OLD_TRACES = 20;

    private final Subject subject;
    private final Options options;
    private final Progress progress;
    private final Oracle oracle = new Oracle();
    private final Findings findings = new Findings();
    private final Latencies restarts = new Latencies();
    private final Dice dice;

    public CrashCheck(Subject subject, Options options, Progress progress) {
        this.subject = subject;
        this.options = options;
        this.progress = progress;
        this.dice = Dice.of(options.seed(), -6, 0);
    }

    public Verdict run() throws IOException {
        URI url = subject.start();
        for (int round = 0; round < options.rounds() && findings.count() == 0; round++) {
            List<String> traces = writeUntilKilled(url, round);
            long begin = System.nanoTime();
            url = subject.start();
            restarts.add(System.nanoTime() - begin);
            verify(url, traces, round);
            progress.at("rounds survived", round + 1L, options.rounds());
        }
        verifyAll(url);
        subject.kill();
        return new Verdict(report(), findings.count() == 0);
    }

    private static ServerApi api(URI url) {
        return new ServerApi(Target.of(url.toString()));
    }

    /// @return the traces of the round
    private List<String> writeUntilKilled(URI url, int round) throws IOException {
        List<Writer> writers = new ArrayList<>();
        try (ServerApi api = api(url);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < options.writers(); i++) {
                long number = (long) round * options.writers() + i;
                Writer.Options own = new Writer.Options(options.seed(), number, Long.MAX_VALUE);
                Writer writer = new Writer(api, oracle, findings, own);
                writers.add(writer);
                threads.execute(writer::run);
            }
            if (dice.chance(0.5)) {
                threads.execute(() -> compact(api));
            }
            Pause.millis(dice.between(50, options.lifeMillisMax()));
            subject.kill();
        }
        return writers.stream().flatMap(writer -> writer.traces().stream()).toList();
    }

    /// So that kills hit compactions, too. Whether it ends is no promise.
    private static void compact(ServerApi api) {
        try {
            Pause.millis(100);
            api.sendJson("/api/v1/store/compact", "{}");
        } catch (IOException | Problem _) {
            return;
        }
    }

    /// The round's traces, and some of earlier rounds.
    private void verify(URI url, List<String> traces, int round) throws IOException {
        String when = "after kill " + (round + 1);
        try (ServerApi api = api(url)) {
            Reader reader = new Reader(api, oracle, findings);
            for (String trace : traces) {
                reader.checkTrace(trace, when);
            }
            List<String> all = oracle.traceIds();
            for (int i = 0; i < OLD_TRACES && !all.isEmpty(); i++) {
                reader.checkTrace(dice.pick(all), when);
            }
        }
    }

    private void verifyAll(URI url) throws IOException {
        try (ServerApi api = api(url)) {
            new Reader(api, oracle, findings).checkAll("at the end", progress);
        }
    }

    private Report report() {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("seed", Long.toString(options.seed()));
        conditions.put("writers", Integer.toString(options.writers()));
        Table table =
                new Table(
                        "Kill -9",
                        List.of(
                                "kills",
                                "events acknowledged",
                                "spans",
                                "reads compared",
                                "restart p50 ms",
                                "restart max ms",
                                "broken promises"),
                        List.of(
                                List.of(
                                        restarts.count(),
                                        findings.events(),
                                        oracle.spanCount(),
                                        findings.reads(),
                                        restarts.quantileMillis(0.5),
                                        restarts.quantileMillis(1),
                                        findings.count())));
        return new Report("Crash check", conditions, List.of(table), findings.shown());
    }
}
