package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Progress;
import dev.backplane.store.log.LogLimits;
import dev.backplane.store.segment.Manifest;
import dev.backplane.store.segment.SegmentInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A store to which nothing is added any more becomes small by itself.
@Timeout(120)
class RestTest {
    @TempDir Path directory;
    private LocalObjectStore objects;
    private TraceDatabase store;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory.resolve("objects"));
        StoreOptions options =
                new StoreOptions(
                        directory.resolve("node"),
                        new LogLimits(1 << 20, 40),
                        Duration.ofMillis(20),
                        1 << 20,
                        1 << 20,
                        10_000,
                        false);
        store = TraceDatabase.open(options, objects, HybridClock.system(), new Meter());
    }

    @AfterEach
    void close() {
        store.close();
        objects.close();
    }

    private void spans(String project, int from, int count) {
        List<SpanEvent> events = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            events.add(
                    SpanEvent.insert(
                            new SpanKey(project, "t" + i % 7, "s" + i),
                            SpanData.builder()
                                    .put(Field.START_TIME, 1_000_000_000L + i)
                                    .put(Field.OUTPUT, Value.json("{\"text\":\"words " + i + "\"}"))
                                    .build()));
        }
        store.append(events);
    }

    /// The segments, once nothing is in the log, each is as small as it gets, and `reached` holds.
    private List<SegmentInfo> await(Predicate<List<SegmentInfo>> reached) throws IOException {
        while (true) {
            long fresh = store.stats().freshSpans();
            List<SegmentInfo> segments = Manifest.load(objects).segments();
            if (fresh == 0
                    && segments.stream().allMatch(SegmentInfo::thorough)
                    && reached.test(segments)) {
                return segments;
            }
            Thread.yield();
        }
    }

    private static long rows(List<SegmentInfo> segments) {
        return segments.stream().mapToLong(SegmentInfo::liveRows).sum();
    }

    @Test
    void aStoreAtRestEndsAsOneThatWasCompacted() throws IOException {
        for (int i = 0; i < 9; i++) {
            spans("a", i * 30, 30);
            spans("b", i, 1);
        }
        List<SegmentInfo> rested = await(segments -> segments.size() == 2 && rows(segments) == 279);
        store.compact(Progress.NONE);
        assertThat(Manifest.load(objects).segments()).as("nothing was left").isEqualTo(rested);
        assertThat(store.verify(Progress.NONE)).isEmpty();
    }

    /// What comes late and alone does not have the whole store written anew each time.
    @Test
    void aLargeSegmentIsLeftForAFewRowsMore() throws IOException {
        spans("a", 0, 330);
        String large = await(segments -> rows(segments) == 330).getFirst().id();
        for (int i = 1; i < 4; i++) {
            spans("a", 1_000 + i, 1);
            int more = i;
            assertThat(await(segments -> rows(segments) == 330 + more && segments.size() == 2))
                    .extracting(SegmentInfo::id)
                    .contains(large);
        }
        store.compact(Progress.NONE);
        assertThat(store.stats().segments()).hasSize(1);
    }

    /// A compaction that somebody asks for leaves nothing that was made in a hurry either.
    @Test
    void oneSegmentThatWasMadeQuicklyIsMadeAnew() throws IOException {
        spans("a", 0, 330);
        store.compact(Progress.NONE);
        assertThat(Manifest.load(objects).segments()).hasSize(1).allMatch(SegmentInfo::thorough);
    }
}
