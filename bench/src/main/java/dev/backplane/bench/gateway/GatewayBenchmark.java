package dev.backplane.bench.gateway;

import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Request;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import dev.backplane.bench.gateway.OpenLoop.Load;
import dev.backplane.bench.gateway.OpenLoop.Result;
import dev.backplane.bench.measure.Machine;
import dev.backplane.bench.measure.ProcessMeter;
import dev.backplane.bench.report.Latencies;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/// What a gateway costs: the same requests at the same rate, in turns, straight to the model server
/// and through the gateway. The overhead is the difference of the two distributions' quantiles.
/// Then, if asked for, the highest rate at which the gateway's 99th percentile stays below a limit.
final class GatewayBenchmark {
    /// @param perSecond requests
    /// @param length of one run
    /// @param warmUp through the gateway, before the first run of each shape
    /// @param rounds of a run straight and one through the gateway
    /// @param highest whether to look for the highest rate
    /// @param p99MillisMax what it has to keep
    record Options(
            List<Shape> shapes,
            double perSecond,
            Duration length,
            Duration warmUp,
            int rounds,
            boolean highest,
            double p99MillisMax,
            long seed) {
        Options {
            shapes = List.copyOf(shapes);
        }
    }

    /// @param name for the report
    /// @param gateway through it
    /// @param direct the model server behind it
    record Paths(String name, Destination gateway, Destination direct, OptionalLong gatewayPid) {}

    private static final int DISTINCT = 64;
    private static final Duration STEP = Duration.ofSeconds(5);

    /// So that a 99th percentile is not made of a handful of requests.
    private static final int STEP_REQUESTS_MIN = 2_000;

    /// A run that answered fewer than this share of what was sent in its time did not keep up.
    private static final double KEPT_UP = 0.98;

    private static final List<String> OVERHEAD_COLUMNS =
            List.of(
                    "request",
                    "body KB",
                    "measured",
                    "round",
                    "path",
                    "answers",
                    "p50 ms",
                    "p90 ms",
                    "p99 ms",
                    "max ms",
                    "failed",
                    "gateway processors");
    private static final List<String> STEP_COLUMNS =
            List.of(
                    "request",
                    "path",
                    "sent/s",
                    "answered/s",
                    "p50 ms",
                    "p99 ms",
                    "failed",
                    "gateway processors",
                    "load processors",
                    "kept");

    private final Options options;
    private final Paths paths;
    private final Progress progress;
    private final List<List<Object>> overhead = new ArrayList<>();
    private final List<List<Object>> steps = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private OpenLoop gateway;
    private OpenLoop direct;

    private GatewayBenchmark(Options options, Paths paths, Progress progress) throws IOException {
        this.options = options;
        this.paths = paths;
        this.progress = progress;
        this.gateway = new OpenLoop(paths.gateway().url(), numbers);
        this.direct = new OpenLoop(paths.direct().url(), numbers);
    }

    static Report run(Options options, Paths paths, Progress progress) throws IOException {
        GatewayBenchmark benchmark = new GatewayBenchmark(options, paths, progress);
        try {
            Map<String, String> conditions = new LinkedHashMap<>(Machine.conditions());
            for (Shape shape : options.shapes()) {
                benchmark.measure(shape);
            }
            conditions.put("load average at end", Machine.load());
            conditions.put("gateway", paths.name());
            conditions.put("warm-up", options.warmUp().toSeconds() + " s on each way");
            conditions.put(
                    "runs",
                    "%d rounds of %d s".formatted(options.rounds(), options.length().toSeconds()));
            conditions.put("seed", Long.toString(options.seed()));
            return benchmark.report(conditions);
        } finally {
            benchmark.gateway.close();
            benchmark.direct.close();
        }
    }

    /// The same requests on both ways, but for the address in their head.
    private record Requests(Shape shape, List<Request> gateway, List<Request> direct) {
        double bodyKilobytes() {
            return gateway.stream().mapToInt(Request::bodyBytes).average().orElse(0) / 1e3;
        }
    }

    private void measure(Shape shape) throws IOException {
        Requests requests =
                new Requests(
                        shape,
                        ChatRequests.make(shape, paths.gateway(), options.seed(), DISTINCT),
                        ChatRequests.make(shape, paths.direct(), options.seed(), DISTINCT));
        Duration left = options.warmUp();
        while (left.isPositive()) {
            Duration step = left.compareTo(STEP) < 0 ? left : STEP;
            progress.at(shape.id() + ": warming up, seconds left", left.toSeconds(), 0);
            through(new Load(requests.gateway(), shape.streams(), options.perSecond(), step));
            straight(new Load(requests.direct(), shape.streams(), options.perSecond(), step));
            left = left.minus(step);
        }
        Runs all = new Runs();
        for (int round = 1; round <= options.rounds(); round++) {
            progress.at(shape.id() + ": round", round, options.rounds());
            Run plain = straight(load(requests.direct(), shape, options.perSecond()));
            Run passed = through(load(requests.gateway(), shape, options.perSecond()));
            all.add(plain, passed);
            rows(requests, Integer.toString(round), plain, passed);
        }
        if (options.rounds() > 1) {
            rows(requests, "all", all.plain, all.passed);
        }
        if (options.highest()) {
            search(requests);
        }
    }

    private Load load(List<Request> requests, Shape shape, double perSecond) {
        return new Load(requests, shape.streams(), perSecond, options.length());
    }

    /// A run with what it took of the machine.
    private record Run(
            Latencies first,
            Latencies whole,
            long failed,
            Result result,
            double gatewayProcessors,
            double loadProcessors) {}

    /// All rounds together.
    private static final class Runs {
        private Run plain = empty();
        private Run passed = empty();
        private int rounds;

        private static Run empty() {
            Latencies none = new Latencies();
            return new Run(none, none, 0, new Result(none, none, 0, 0, "", 1, false), 0, 0);
        }

        void add(Run direct, Run through) {
            plain = joined(plain, direct);
            passed = joined(passed, through);
            rounds++;
        }

        private Run joined(Run some, Run more) {
            return new Run(
                    some.first().and(more.first()),
                    some.whole().and(more.whole()),
                    some.failed() + more.failed(),
                    more.result(),
                    (some.gatewayProcessors() * rounds + more.gatewayProcessors()) / (rounds + 1),
                    (some.loadProcessors() * rounds + more.loadProcessors()) / (rounds + 1));
        }
    }

    private Run through(Load load) throws IOException {
        Run run = run(gateway, load);
        if (spoilt(run)) {
            gateway.close();
            gateway = new OpenLoop(paths.gateway().url(), numbers);
        }
        return run;
    }

    private Run straight(Load load) throws IOException {
        Run run = run(direct, load);
        if (spoilt(run)) {
            direct.close();
            direct = new OpenLoop(paths.direct().url(), numbers);
        }
        return run;
    }

    /// Answers may still come that belong to no later run.
    private static boolean spoilt(Run run) {
        return run.failed() > 0 || run.result().overrun();
    }

    private Run run(OpenLoop loop, Load load) throws IOException {
        ProcessMeter self = ProcessMeter.self();
        double selfBefore = self.cpuSeconds();
        double gatewayBefore = gatewaySeconds();
        long begin = System.nanoTime();
        Result result = loop.run(load);
        double wall = (System.nanoTime() - begin) / 1e9;
        if (result.failed() > 0 && notes.size() < 5) {
            notes.add(
                    "%,d of %,d requests failed at %,.0f/s: %s"
                            .formatted(
                                    result.failed(),
                                    result.sent(),
                                    load.perSecond(),
                                    result.complaint()));
        }
        return new Run(
                result.first(),
                result.whole(),
                result.failed(),
                result,
                (gatewaySeconds() - gatewayBefore) / wall,
                (self.cpuSeconds() - selfBefore) / wall);
    }

    private double gatewaySeconds() {
        return paths.gatewayPid().isPresent()
                ? ProcessMeter.of(paths.gatewayPid().getAsLong()).cpuSeconds()
                : Double.NaN;
    }

    private void rows(Requests requests, String round, Run plain, Run passed) {
        if (requests.shape().streams()) {
            rows(requests, "first byte", round, plain, passed, plain.first(), passed.first());
        }
        rows(requests, "whole answer", round, plain, passed, plain.whole(), passed.whole());
    }

    private void rows(
            Requests requests,
            String measured,
            String round,
            Run plain,
            Run passed,
            Latencies direct,
            Latencies through) {
        List<Object> begin =
                List.of(requests.shape().id(), requests.bodyKilobytes(), measured, round);
        overhead.add(row(begin, "direct", direct, plain.failed(), ""));
        Object processors = known(passed.gatewayProcessors());
        overhead.add(row(begin, "gateway", through, passed.failed(), processors));
        List<Object> difference = new ArrayList<>(begin);
        difference.addAll(List.of("difference", ""));
        for (double fraction : new double[] {0.5, 0.9, 0.99}) {
            difference.add(through.quantileMillis(fraction) - direct.quantileMillis(fraction));
        }
        difference.addAll(List.of("", "", ""));
        overhead.add(difference);
    }

    private static List<Object> row(
            List<Object> begin, String path, Latencies of, long failed, Object processors) {
        List<Object> row = new ArrayList<>(begin);
        row.addAll(
                List.of(
                        path,
                        of.count(),
                        of.quantileMillis(0.5),
                        of.quantileMillis(0.9),
                        of.quantileMillis(0.99),
                        of.quantileMillis(1),
                        failed,
                        processors));
        return row;
    }

    private static Object known(double value) {
        return Double.isNaN(value) ? "" : value;
    }

    private void search(Requests requests) throws IOException {
        double kept = RateSearch.highest(options.perSecond(), rate -> keeps(requests, rate));
        if (kept > 0) {
            Load load = new Load(requests.direct(), requests.shape().streams(), kept, step(kept));
            Run plain = straight(load);
            steps.add(step(requests, "direct", kept, plain, ""));
        }
        notes.add(
                "%s: highest rate with p99 below %s ms: %,.0f requests/s"
                        .formatted(requests.shape().id(), options.p99MillisMax(), kept));
    }

    private static Duration step(double rate) {
        long seconds = (long) Math.ceil(STEP_REQUESTS_MIN / rate);
        return Duration.ofSeconds(Math.max(STEP.toSeconds(), seconds));
    }

    private boolean keeps(Requests requests, double rate) throws IOException {
        progress.at(requests.shape().id() + ": requests/s", Math.round(rate), 0);
        boolean streams = requests.shape().streams();
        Run run = through(new Load(requests.gateway(), streams, rate, step(rate)));
        boolean kept =
                run.failed() == 0
                        && !run.result().overrun()
                        && judged(requests, run).quantileMillis(0.99) < options.p99MillisMax()
                        && run.result().perSecond() >= rate * KEPT_UP;
        steps.add(step(requests, "gateway", rate, run, kept ? "yes" : "no"));
        return kept;
    }

    /// A stream's length is the model's; what the gateway adds shows at its first byte.
    private static Latencies judged(Requests requests, Run run) {
        return requests.shape().streams() ? run.first() : run.whole();
    }

    private static List<Object> step(
            Requests requests, String path, double rate, Run run, String kept) {
        Latencies latencies = judged(requests, run);
        return List.of(
                requests.shape().id(),
                path,
                rate,
                run.result().perSecond(),
                latencies.quantileMillis(0.5),
                latencies.quantileMillis(0.99),
                run.failed(),
                path.equals("direct") ? "" : known(run.gatewayProcessors()),
                run.loadProcessors(),
                kept);
    }

    private Report report(Map<String, String> conditions) {
        List<Table> tables = new ArrayList<>();
        if (!overhead.isEmpty()) {
            String name = "Latency at %,.0f requests/s".formatted(options.perSecond());
            tables.add(new Table(name, OVERHEAD_COLUMNS, overhead));
        }
        if (!steps.isEmpty()) {
            tables.add(new Table("Highest rate", STEP_COLUMNS, steps));
        }
        return new Report("Gateway", conditions, tables, notes);
    }
}
