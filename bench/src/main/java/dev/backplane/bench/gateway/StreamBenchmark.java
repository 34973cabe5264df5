package dev.backplane.bench.gateway;

import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import dev.backplane.bench.measure.Machine;
import dev.backplane.bench.measure.ProcessMeter;
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
import java.util.function.DoubleSupplier;

/// Many streams at once, straight to the model server, through a [ByteProxy] and through the
/// gateway: whether any stands still, and what is taken for it.
final class StreamBenchmark {
    /// @param streams at once
    /// @param interval between two tokens of one
    /// @param length of a stream
    record Options(int streams, Duration interval, Duration length, Duration warmUp, long seed) {}

    private static final int DISTINCT = 64;
    private static final Duration STALL = Duration.ofMillis(200);
    private static final Duration RAMP = Duration.ofSeconds(5);
    private static final List<String> COLUMNS =
            List.of(
                    "path",
                    "streams",
                    "events",
                    "gap p50 ms",
                    "gap p99 ms",
                    "gap max ms",
                    "late p99 ms",
                    "stalls > 200 ms",
                    "failed",
                    "between processors",
                    "between CPU µs an event",
                    "load CPU µs an event",
                    "gateway MB (RSS)");

    private final Options options;
    private final AtomicLong numbers = new AtomicLong();
    private final List<List<Object>> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private StreamBenchmark(Options options) {
        this.options = options;
    }

    static Report run(Options options, GatewayBenchmark.Paths paths, Progress progress)
            throws IOException {
        StreamBenchmark benchmark = new StreamBenchmark(options);
        Map<String, String> conditions = new LinkedHashMap<>(Machine.conditions());
        if (options.warmUp().isPositive()) {
            progress.at("warming up", 0, 0);
            int few = Math.max(1, options.streams() / 4);
            for (long left = options.warmUp().toNanos();
                    left > 0;
                    left -= options.length().toNanos()) {
                benchmark.load(paths.gateway()).run(few, Duration.ZERO, options.length());
            }
        }
        progress.at("straight to the model server", 1, 3);
        benchmark.measure("direct", paths.direct(), () -> 0, OptionalLong.empty());
        progress.at("through a bare proxy", 2, 3);
        try (ByteProxy proxy = ByteProxy.start(paths.direct().url())) {
            Destination through = new Destination(proxy.url(), paths.direct().model());
            benchmark.measure("bare proxy", through, proxy::cpuSeconds, OptionalLong.empty());
        }
        progress.at("through the gateway", 3, 3);
        OptionalLong pid = paths.gatewayPid();
        benchmark.measure("gateway", paths.gateway(), () -> cpuSeconds(pid), pid);
        conditions.put("load average at end", Machine.load());
        conditions.put("gateway", paths.name());
        conditions.put("warm-up", options.warmUp().toSeconds() + " s through the gateway");
        conditions.put("seed", Long.toString(options.seed()));
        String name =
                "%,d streams of a token each %d ms, %d s"
                        .formatted(
                                options.streams(),
                                options.interval().toMillis(),
                                options.length().toSeconds());
        return new Report(
                "Gateway: streams",
                conditions,
                List.of(new Table(name, COLUMNS, benchmark.rows)),
                benchmark.notes);
    }

    private StreamLoad load(Destination destination) {
        return new StreamLoad(
                destination.url(),
                ChatRequests.make(Shape.STREAM, destination, options.seed(), DISTINCT),
                options.interval(),
                STALL,
                numbers);
    }

    /// @param between processor time in seconds of what is between, so far
    private void measure(
            String path, Destination destination, DoubleSupplier between, OptionalLong pid)
            throws IOException {
        StreamLoad load = load(destination);
        ProcessMeter self = ProcessMeter.self();
        double selfBefore = self.cpuSeconds();
        double before = between.getAsDouble();
        long begin = System.nanoTime();
        StreamLoad.Result result = load.run(options.streams(), RAMP, options.length());
        double wall = (System.nanoTime() - begin) / 1e9;
        double used = between.getAsDouble() - before;
        double own = self.cpuSeconds() - selfBefore - (pid.isPresent() ? 0 : used);
        double events = Math.max(1, result.events());
        rows.add(
                List.of(
                        path,
                        options.streams(),
                        result.events(),
                        result.gaps().quantileMillis(0.5),
                        result.gaps().quantileMillis(0.99),
                        result.gaps().quantileMillis(1),
                        result.lateness().quantileMillis(0.99),
                        result.stalls(),
                        result.failed(),
                        known(used / wall),
                        known(used * 1e6 / events),
                        known(own * 1e6 / events),
                        pid.isPresent()
                                ? ProcessMeter.of(pid.getAsLong()).memoryMegabytes("VmHWM")
                                : ""));
        if (result.failed() > 0) {
            notes.add(
                    "%s: %,d streams failed: %s"
                            .formatted(path, result.failed(), result.complaint()));
        }
    }

    private static double cpuSeconds(OptionalLong pid) {
        return pid.isPresent() ? ProcessMeter.of(pid.getAsLong()).cpuSeconds() : Double.NaN;
    }

    private static Object known(double value) {
        return Double.isNaN(value) ? "" : value;
    }
}
