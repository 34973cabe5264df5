package dev.backplane.bench.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.check.SinkServer.Fault;
import dev.backplane.bench.report.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A checker is worth what it catches.
class CrashCheckTest {
    private static CrashCheck.Verdict check(Fault fault) throws IOException {
        CrashCheck.Options options = new CrashCheck.Options(11, 3, 2, 400);
        try (var server = new SinkServer(fault)) {
            return new CrashCheck(server, options, Progress.SILENT, new Stop()).run();
        }
    }

    /// Asks to stop as soon as a round is done, as a signal would, and ends the server under it.
    private static CrashCheck.Verdict stopAfterFirstRound(List<String> finished)
            throws IOException {
        CrashCheck.Options options = new CrashCheck.Options(11, 1_000, 2, 400);
        Stop stop = new Stop();
        Progress progress =
                new Progress() {
                    @Override
                    public void at(String what, long done, long total) {}

                    @Override
                    public void finished(String sentence) {
                        finished.add(sentence);
                        stop.ask();
                    }
                };
        try (var server = new SinkServer(Fault.NONE)) {
            stop.onAsk(server::kill);
            return new CrashCheck(server, options, progress, stop).run();
        }
    }

    @Test
    void reportsTheRoundsDoneWhenItIsStopped() throws IOException {
        List<String> finished = new ArrayList<>();
        CrashCheck.Verdict verdict = stopAfterFirstRound(finished);
        assertThat(finished).hasSize(1);
        assertThat(finished.getFirst())
                .startsWith("round 1 of 1,000")
                .contains("no broken promise");
        assertThat(verdict.isSound()).isTrue();
        assertThat(verdict.report().notes()).anyMatch(note -> note.contains("1 of 1,000 rounds"));
        assertThat(verdict.report().tables().getFirst().rows().getFirst().getFirst()).isEqualTo(1L);
    }

    @Test
    void aServerThatIsGoneForAnotherReasonBreaksAPromise() throws IOException {
        CrashCheck.Options options = new CrashCheck.Options(11, 1_000, 2, 400);
        try (var server = new SinkServer(Fault.NONE)) {
            Progress progress =
                    (what, _, _) -> {
                        if (what.startsWith("comparing")) {
                            server.kill();
                        }
                    };
            CrashCheck.Verdict verdict =
                    new CrashCheck(server, options, progress, new Stop()).run();
            assertThat(verdict.isSound()).isFalse();
            assertThat(verdict.report().notes())
                    .anyMatch(note -> note.contains("no server listens"));
        }
    }

    @Test
    void acceptsAServerThatKeepsItsPromises() throws IOException {
        CrashCheck.Verdict verdict = check(Fault.NONE);
        assertThat(verdict.report().notes()).isEmpty();
        assertThat(verdict.isSound()).isTrue();
        Object events = verdict.report().tables().getFirst().rows().getFirst().get(1);
        assertThat((Long) events).isGreaterThan(100);
    }

    @Test
    void asksAgainWhereItIsRefusedForNow() throws IOException {
        CrashCheck.Verdict verdict = check(Fault.ASKS_TO_WAIT);
        assertThat(verdict.report().notes()).isEmpty();
        var table = verdict.report().tables().getFirst();
        int column = table.columns().indexOf("asked again");
        assertThat(table.rows().getFirst().get(column)).isEqualTo(3L);
    }

    @ParameterizedTest
    @CsvSource({
        "LOSES, is missing",
        "DOUBLES, is there twice",
        "CORRUPTS, has another input",
        "SHOWS_LATE, is missing (at once after the acknowledgement)",
        "RESURRECTS, is there though it was deleted",
        "DROPS_FEEDBACK, has score Optional.empty"
    })
    void catchesAServerThatBreaksOne(Fault fault, String finding) throws IOException {
        CrashCheck.Verdict verdict = check(fault);
        assertThat(verdict.isSound()).isFalse();
        assertThat(verdict.report().notes()).anyMatch(note -> note.contains(finding));
    }
}
