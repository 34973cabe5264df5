package dev.backplane.bench;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/// What the command line offers of this module: one method a command, options as a record. Each
/// returns its [Report] and tells a [Progress] meanwhile; failures are [Problem]s.
public final class BenchCommands {
    private BenchCommands() {}

    /// `demo`: sends realistic agent runs to a running server.
    ///
    /// @param runs how many agent runs
    /// @param period over which they are spread, up to now
    public record DemoOptions(Target target, int runs, long seed, Duration period) {
        public static DemoOptions of(Target target) {
            return new DemoOptions(target, 300, 1, Duration.ofHours(6));
        }
    }

    public static Report demo(DemoOptions options, Progress progress) {
        Demo.Options given =
                new Demo.Options(options.runs(), options.seed(), options.period(), Instant.now());
        Demo.check(given);
        try (var api = new ServerApi(options.target())) {
            return new Demo(api, given, progress).send();
        } catch (IOException e) {
            throw broken(options.target(), e);
        }
    }

    private static Problem broken(Target target, IOException cause) {
        return Problem.unavailable(
                        "the connection broke: " + cause.getMessage(), target.url().toString())
                .fix("see whether the server still runs: backplane doctor")
                .causedBy(cause);
    }
}
