package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.log.LogLimits;
import dev.backplane.testkit.ManualTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A store whose clock the test holds, and which can be closed and opened again.
final class TimedStore implements AutoCloseable {
    final ManualTime time = new ManualTime();
    private final Path directory;
    private final LocalObjectStore objects;
    TraceDatabase store;

    TimedStore(Path directory) throws IOException {
        this.directory = directory;
        this.objects = LocalObjectStore.open(directory.resolve("objects"));
        this.store = open();
    }

    private TraceDatabase open() throws IOException {
        StoreOptions options =
                new StoreOptions(
                        directory.resolve("node"),
                        new LogLimits(1 << 20, 1_000),
                        Duration.ofDays(1),
                        1 << 20,
                        1 << 20,
                        100_000,
                        false);
        return TraceDatabase.open(options, objects, new HybridClock(time), new Meter());
    }

    void reopen() throws IOException {
        store.close();
        store = open();
    }

    long nanos() {
        return nanos(time.instant());
    }

    static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    static SpanKey key(String trace, String span) {
        return new SpanKey("default", trace, span);
    }

    /// A span of one second that started now.
    void span(String trace, String span) {
        spanFrom(trace, span, nanos());
    }

    void spanFrom(String trace, String span, long startNanos) {
        store.append(
                List.of(
                        SpanEvent.insert(
                                key(trace, span),
                                SpanData.builder()
                                        .put(Field.NAME, span)
                                        .put(Field.START_TIME, startNanos)
                                        .put(Field.END_TIME, startNanos + 1_000_000_000L)
                                        .build())));
    }

    void feedback(String trace, String span) {
        store.append(
                List.of(
                        SpanEvent.feedback(
                                key(trace, span),
                                SpanData.builder()
                                        .put(Field.SCORES, Value.json("{\"good\":1}"))
                                        .build())));
    }

    boolean holds(String trace, String span) {
        return store.span(key(trace, span)).isPresent();
    }

    @Override
    public void close() {
        store.close();
        objects.close();
    }
}
