package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.Span;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanJson;
import dev.backplane.core.SpanKey;
import dev.backplane.store.Progress;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.log.LogLimits;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.SpanGen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever is appended, compacted, merged, deleted and reopened in whatever order, every span
/// reads back as the fold of its events, byte for byte.
class ModelTest {
    @TempDir Path directory;
    private int runs;

    @Test
    void readsWhatAMapOfEventsWould() {
        Gen.check(
                4,
                random -> {
                    Path own = directory.resolve("run-" + runs++);
                    new Run(own, random).play(40);
                });
    }

    /// One store and its model.
    private static final class Run {
        final Path directory;
        final RandomGenerator random;
        final SpanGen spans;
        final Map<SpanKey, List<StoredEvent>> model = new HashMap<>();
        final Map<SpanEvent, Long> prints = new HashMap<>();
        final LocalObjectStore objects;
        long version;
        TraceDatabase store;

        Run(Path directory, RandomGenerator random) throws IOException {
            this.directory = directory;
            this.random = random;
            this.spans = new SpanGen(random);
            this.objects = LocalObjectStore.open(directory.resolve("objects"));
            this.store = open();
        }

        TraceDatabase open() throws IOException {
            StoreOptions options =
                    new StoreOptions(
                            directory.resolve("node"),
                            new LogLimits(64 << 10, 40),
                            Duration.ofHours(1),
                            1 << 20,
                            1 << 20,
                            100_000,
                            Gen.oneIn(random, 2));
            return TraceDatabase.open(options, objects, HybridClock.system(), new Meter());
        }

        void play(int steps) throws IOException {
            for (int i = 0; i < steps; i++) {
                switch (Gen.integer(random, 0, 20)) {
                    case 0 -> store.compact(Progress.NONE);
                    case 1 -> {
                        store.close();
                        store = open();
                    }
                    case 2 -> deleteTrace();
                    case 3, 4 -> check();
                    default -> append();
                }
            }
            check();
            store.compact(Progress.NONE);
            check();
            assertThat(store.verify(Progress.NONE)).isEmpty();
            store.close();
            store = open();
            check();
            store.close();
        }

        void append() {
            List<SpanEvent> events = spans.events(Gen.integer(random, 1, 20));
            store.append(events);
            for (SpanEvent event : events) {
                model.computeIfAbsent(event.key(), _ -> new ArrayList<>())
                        .add(
                                new StoredEvent(++version, event.op(), event.data(), event.rules())
                                        .withPrint(print(event)));
            }
        }

        /// Equal for equal events, as the store's prints are.
        long print(SpanEvent event) {
            return prints.computeIfAbsent(event, _ -> prints.size() + 1L);
        }

        void deleteTrace() {
            if (!model.isEmpty()) {
                SpanKey any = Gen.pick(random, List.copyOf(model.keySet()));
                store.deleteTrace(any.project(), any.trace());
                model.keySet()
                        .removeIf(key ->
                                key.project().equals(any.project())
                                        && key.trace().equals(any.trace()));
            }
        }

        void check() throws IOException {
            for (Map.Entry<SpanKey, List<StoredEvent>> entry : model.entrySet()) {
                Optional<Span> expected =
                        Fold.fold(entry.getValue())
                                .map(f -> new Span(entry.getKey(), f.data(), f.version()));
                Optional<Span> found = store.span(entry.getKey());
                assertThat(json(found)).as("%s", entry.getKey()).isEqualTo(json(expected));
            }
        }

        static String json(Optional<Span> span) throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (span.isPresent()) {
                SpanJson.write(span.get(), out);
            }
            return out.toString(StandardCharsets.ISO_8859_1);
        }
    }
}
