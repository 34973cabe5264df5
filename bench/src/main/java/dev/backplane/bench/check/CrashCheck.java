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
///
/// A check that is asked to [Stop] ends within a few seconds and reports the rounds done.
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
    private final Stop stop;
    private final Oracle oracle = new Oracle();
    private final Findings findings = new Findings();
    private final Latencies restarts = new Latencies();
    private final Dice dice;
    private int survived;

    public CrashCheck(Subject subject, Options options, Progress progress, Stop stop) {
        this.subject = subject;
        this.options = options;
        this.progress = progress;
        this.stop = stop;
        this.dice = Dice.of(options.seed(), -6, 0);
    }

    public Verdict run() throws IOException {
        boolean isWhole = false;
        try {
            isWhole = survive(subject.start());
        } catch (IOException e) {
            if (!stop.explainsFailure()) {
                throw e;
            }
        } catch (Problem gone) {
            if (!stop.explainsFailure()) {
                findings.add(gone.getMessage());
            }
        }
        subject.kill();
        Verdict verdict = new Verdict(report(), findings.count() == 0);
        return stop.isAsked() && !isWhole ? verdict.note(stopped()) : verdict;
    }

    /// @return whether nobody asked for an early end
    private boolean survive(URI first) throws IOException {
        URI url = first;
        while (survived < options.rounds() && findings.count() == 0) {
            if (stop.isAsked()) {
                return false;
            }
            int round = survived;
            String of = "in round " + (round + 1) + ", kills";
            progress.at("writing " + of, round, options.rounds());
            List<String> traces = writeUntilKilled(url, round);
            progress.at("starting again " + of, round + 1L, options.rounds());
            long begin = System.nanoTime();
            url = subject.start();
            long nanos = System.nanoTime() - begin;
            restarts.add(nanos);
            progress.at("comparing " + of, round + 1L, options.rounds());
            verify(url, traces, round);
            survived++;
            progress.finished(soFar(nanos));
        }
        if (stop.isAsked()) {
            return false;
        }
        verifyAll(url);
        return true;
    }

    private String soFar(long restartNanos) {
        return "round %,d of %,d: %,d events acknowledged, %,d reads compared, %s, back in %,d ms"
                .formatted(
                        survived,
                        options.rounds(),
                        findings.events(),
                        findings.reads(),
                        findings.count() == 0
                                ? "no broken promise"
                                : findings.count() + " broken promises",
                        restartNanos / 1_000_000);
    }

    private String stopped() {
        return ("stopped after %,d of %,d rounds: a round that was under way was not compared"
                        + " whole, and the last look at every span was left out")
                .formatted(survived, options.rounds());
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
                                "asked again",
                                "restart p50 ms",
                                "restart max ms",
                                "broken promises"),
                        List.of(
                                List.of(
                                        restarts.count(),
                                        findings.events(),
                                        oracle.spanCount(),
                                        findings.reads(),
                                        findings.timesAskedAgain(),
                                        restarts.quantileMillis(0.5),
                                        restarts.quantileMillis(1),
                                        findings.count())));
        return new Report("Crash check", conditions, List.of(table), findings.shown());
    }
}
