package dev.backplane.bench.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.check.SinkServer.Fault;
import dev.backplane.bench.report.Progress;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A checker is worth what it catches.
class CrashCheckTest {
    private static CrashCheck.Verdict check(Fault fault) throws IOException {
        CrashCheck.Options options = new CrashCheck.Options(11, 3, 2, 400);
        try (var server = new SinkServer(fault)) {
            return new CrashCheck(server, options, Progress.SILENT).run();
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
