package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.store.Progress;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {
    private static final Duration RETENTION = Duration.ofDays(30);

    @TempDir Path directory;
    private int runs;

    private static void expire(TimedStore timed) {
        timed.store.expire("default", timed.time.instant().minus(RETENTION));
    }

    /// The root lies in a segment, what keeps it alive in the log.
    @Test
    void aTraceThatIsWrittenToKeepsItsRoot() throws IOException {
        try (TimedStore timed = new TimedStore(directory)) {
            timed.span("long", "root");
            timed.span("idle", "root");
            timed.store.compact(Progress.NONE);
            timed.time.advance(Duration.ofDays(40));
            timed.span("long", "turn");
            for (int round = 0; round < 3; round++) {
                expire(timed);
                assertThat(timed.holds("long", "root")).isTrue();
                assertThat(timed.holds("long", "turn")).isTrue();
                assertThat(timed.holds("idle", "root")).isFalse();
                if (round == 0) {
                    timed.reopen();
                } else {
                    timed.store.compact(Progress.NONE);
                }
            }
            assertThat(timed.store.stats().segmentSpans()).isEqualTo(2);
            timed.time.advance(RETENTION.plusMillis(1));
            expire(timed);
            assertThat(timed.holds("long", "root")).isFalse();
            assertThat(timed.holds("long", "turn")).isFalse();
        }
    }

    /// A backfill is as new as the day it came.
    @Test
    void whatTimesASpanCarriesDoesNotMatter() throws IOException {
        try (TimedStore timed = new TimedStore(directory)) {
            timed.time.advance(Duration.ofDays(-400));
            long then = timed.nanos();
            timed.time.advance(Duration.ofDays(400));
            timed.spanFrom("backfill", "a", then);
            timed.store.compact(Progress.NONE);
            timed.time.advance(RETENTION);
            expire(timed);
            assertThat(timed.holds("backfill", "a")).isTrue();
            timed.time.advance(Duration.ofMillis(1));
            expire(timed);
            assertThat(timed.holds("backfill", "a")).isFalse();
        }
    }

    @Test
    void writesNothingWhenNothingIsIdle() throws IOException {
        try (TimedStore timed = new TimedStore(directory)) {
            timed.span("t", "a");
            long before = timed.store.stats().logBytes();
            expire(timed);
            assertThat(timed.store.stats().logBytes()).isEqualTo(before);
        }
    }

    /// Against a map of traces to spans and the moment of their latest event: whatever is appended,
    /// compacted, expired and reopened in whatever order.
    @Test
    void keepsAndForgetsWholeTraces() {
        Gen.check(
                6,
                random -> {
                    Path own = directory.resolve("run-" + runs++);
                    try (TimedStore timed = new TimedStore(own)) {
                        new Run(timed, random).play(120);
                    }
                });
    }

    private record Run(
            TimedStore timed,
            RandomGenerator random,
            Map<String, Set<String>> spans,
            Map<String, Instant> latest) {
        Run(TimedStore timed, RandomGenerator random) {
            this(timed, random, new HashMap<>(), new HashMap<>());
        }

        void play(int steps) throws IOException {
            for (int i = 0; i < steps; i++) {
                switch (Gen.integer(random, 0, 16)) {
                    case 0 -> timed.store.compact(Progress.NONE);
                    case 1 -> timed.reopen();
                    case 2, 3 -> timed.time.advance(Duration.ofDays(Gen.integer(random, 1, 20)));
                    case 4, 5 -> {
                        expire(timed);
                        Instant since = timed.time.instant().minus(RETENTION);
                        latest.values().removeIf(instant -> instant.isBefore(since));
                        check();
                    }
                    default -> append(i);
                }
            }
            timed.reopen();
            check();
            timed.store.compact(Progress.NONE);
            check();
        }

        void append(int step) {
            String trace = "t" + Gen.integer(random, 0, 12);
            if (!latest.containsKey(trace)) {
                spans.remove(trace);
            }
            String span = "s" + step;
            if (Gen.oneIn(random, 4)) {
                timed.feedback(trace, span);
            } else {
                timed.span(trace, span);
            }
            spans.computeIfAbsent(trace, _ -> new HashSet<>()).add(span);
            latest.put(trace, timed.time.instant());
        }

        void check() {
            spans.forEach((trace, ids) -> {
                for (String span : ids) {
                    assertThat(timed.holds(trace, span))
                            .as("%s of %s", span, trace)
                            .isEqualTo(latest.containsKey(trace));
                }
            });
        }
    }
}
