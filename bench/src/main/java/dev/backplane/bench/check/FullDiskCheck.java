package dev.backplane.bench.check;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Fills the disk under a server and proves that it refuses with a status that asks to try again,
/// still answers reads, loses nothing, goes on by itself once there is room, and has everything
/// after a `kill -9`. The caller provides the small disk, with a file on it whose removal makes
/// room.
public final class FullDiskCheck {
    private static final int RECOVERY_TRIES = 60;
    private static final long WRITER_RUNS_MAX = 20_000;

    /// @param ballast file to delete when the disk is to have room again
    public record Options(long seed, Path ballast) {}

    private final Subject subject;
    private final Options options;
    private final Progress progress;
    private final Oracle oracle = new Oracle();
    private final Findings findings = new Findings();
    private long writers;

    public FullDiskCheck(Subject subject, Options options, Progress progress) {
        this.subject = subject;
        this.options = options;
        this.progress = progress;
    }

    public CrashCheck.Verdict run() throws IOException {
        URI url = subject.start();
        long taken;
        long tries;
        try (ServerApi api = api(url)) {
            progress.at("filling the disk", 0, 0);
            if (write(api, WRITER_RUNS_MAX)) {
                findings.add("the disk was never full: give a smaller one");
            }
            taken = findings.events();
            verify(api, "with a full disk");
            Files.delete(options.ballast());
            tries = 1;
            while (!write(api, 1) && tries < RECOVERY_TRIES) {
                tries++;
                Pause.millis(500);
            }
            if (tries == RECOVERY_TRIES) {
                findings.add("writes are still refused long after there was room again");
            }
            verify(api, "after there was room again");
        }
        subject.kill();
        try (ServerApi api = api(subject.start())) {
            verify(api, "after a full disk and a kill");
        }
        subject.kill();
        return new CrashCheck.Verdict(report(taken, tries), findings.count() == 0);
    }

    private static ServerApi api(URI url) {
        return new ServerApi(Target.of(url.toString()));
    }

    private boolean write(ServerApi api, long runsMax) throws IOException {
        Writer.Options own = new Writer.Options(options.seed(), writers++, runsMax);
        boolean finished = new Writer(api, oracle, findings, own).run();
        if (!api.get("/health").isOk()) {
            findings.add("the server is not well");
        }
        return finished;
    }

    private void verify(ServerApi api, String when) throws IOException {
        try {
            new Reader(api, oracle, findings).checkAll(when, progress);
        } catch (Problem refused) {
            findings.add("%s (%s)".formatted(refused.getMessage(), when));
        }
    }

    private Report report(long taken, long tries) {
        Table table =
                new Table(
                        "Full disk",
                        List.of(
                                "events until full",
                                "spans",
                                "reads compared",
                                "asked again",
                                "tries until room was seen",
                                "broken promises"),
                        List.of(
                                List.of(
                                        taken,
                                        oracle.spanCount(),
                                        findings.reads(),
                                        findings.timesAskedAgain(),
                                        tries,
                                        findings.count())));
        Map<String, String> conditions = Map.of("seed", Long.toString(options.seed()));
        return new Report("Full disk check", conditions, List.of(table), findings.shown());
    }
}
