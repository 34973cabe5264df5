package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.Span;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.log.LogLimits;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/// Threads append, merge, delete, read, search and compact at once. What was acknowledged is there
/// at every moment after, what was deleted never is again.
class RaceTest {
    private static final int WRITERS = 3;
    private static final int READERS = 2;
    private static final int STEPS = 80;

    @TempDir Path directory;

    private enum Life {
        LIVE,
        /// Being deleted: nobody may say what a reader sees.
        GOING,
        GONE
    }

    /// What one writer knows of a trace of its own. Numbers only grow.
    private static final class Trace {
        final String id;
        volatile Life life = Life.LIVE;
        volatile int spans;
        volatile long merges;

        Trace(String id) {
            this.id = id;
        }

        SpanKey key(int span) {
            return new SpanKey("default", id, "s" + span);
        }

        String word() {
            return "needle" + id;
        }
    }

    private final List<Trace> traces = new CopyOnWriteArrayList<>();
    private final AtomicBoolean done = new AtomicBoolean();

    private TraceDatabase open(LocalObjectStore objects) throws IOException {
        StoreOptions options =
                new StoreOptions(
                        directory.resolve("node"),
                        new LogLimits(256 << 10, 30),
                        Duration.ofHours(1),
                        1 << 20,
                        1 << 20,
                        100_000,
                        false);
        return TraceDatabase.open(options, objects, HybridClock.system(), new Meter());
    }

    /// What goes wrong goes wrong seldom.
    @RepeatedTest(8)
    void keepsWhatItAcknowledgedAndForgetsWhatItDeleted() throws Exception {
        try (LocalObjectStore objects = LocalObjectStore.open(directory.resolve("objects"))) {
            try (TraceDatabase store = open(objects);
                    ExecutorService threads = Executors.newCachedThreadPool()) {
                List<Future<?>> writers = new ArrayList<>();
                List<Future<?>> others = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    RandomGenerator random = Gen.random(i);
                    String name = "w" + i;
                    writers.add(threads.submit(() -> write(store, random, name)));
                }
                for (int i = 0; i < READERS; i++) {
                    RandomGenerator random = Gen.random(100 + i);
                    others.add(threads.submit(task(() -> check(store, random))));
                }
                others.add(threads.submit(task(() -> store.compact(Progress.NONE))));
                try {
                    await(writers);
                } finally {
                    done.set(true);
                }
                await(others);
                checkAll(store);
            }
            try (TraceDatabase store = open(objects)) {
                checkAll(store);
                store.compact(Progress.NONE);
                checkAll(store);
                assertThat(store.verify(Progress.NONE)).isEmpty();
            }
        }
    }

    private static void await(List<Future<?>> tasks)
            throws InterruptedException, ExecutionException {
        for (Future<?> task : tasks) {
            task.get();
        }
    }

    /// Goes on until the writers are done.
    private Runnable task(Runnable step) {
        return () -> {
            do {
                step.run();
            } while (!done.get());
        };
    }

    private void write(TraceDatabase store, RandomGenerator random, String name) {
        List<Trace> own = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            if (own.isEmpty() || Gen.oneIn(random, 5)) {
                Trace trace = new Trace(name + "x" + step);
                append(store, trace);
                own.add(trace);
                traces.add(trace);
            }
            Trace trace = Gen.pick(random, own);
            switch (random.nextInt(8)) {
                case 0 -> {
                    trace.life = Life.GOING;
                    store.deleteTrace("default", trace.id);
                    trace.life = Life.GONE;
                    own.remove(trace);
                }
                case 1, 2, 3 -> {
                    long next = trace.merges + 1;
                    SpanData data = SpanData.builder().put(Field.INPUT_TOKENS, next).build();
                    store.append(List.of(SpanEvent.merge(trace.key(0), data, MergeRules.NONE)));
                    trace.merges = next;
                }
                default -> append(store, trace);
            }
        }
    }

    private static void append(TraceDatabase store, Trace trace) {
        int span = trace.spans;
        store.append(
                List.of(
                        SpanEvent.insert(
                                trace.key(span),
                                SpanData.builder()
                                        .put(Field.NAME, "turn " + span)
                                        .put(Field.START_TIME, span + 1L)
                                        .put(Field.INPUT, Value.json(message(trace)))
                                        .build())));
        trace.spans = span + 1;
    }

    private static String message(Trace trace) {
        return "[{\"role\":\"user\",\"content\":\"%s and more\"}]".formatted(trace.word());
    }

    private void check(TraceDatabase store, RandomGenerator random) {
        if (!traces.isEmpty()) {
            check(store, traces.get(random.nextInt(traces.size())), random);
        }
    }

    private void checkAll(TraceDatabase store) {
        RandomGenerator random = Gen.random(1);
        assertThat(traces).hasSizeGreaterThan(WRITERS * 3);
        traces.forEach(trace -> check(store, trace, random));
    }

    private static void check(TraceDatabase store, Trace trace, RandomGenerator random) {
        Life before = trace.life;
        int spans = trace.spans;
        long merges = trace.merges;
        Optional<Span> first = store.span(trace.key(0));
        Optional<Span> any = store.span(trace.key(random.nextInt(spans)));
        int size = store.tree("default", trace.id, "", 0, 1).total();
        List<String> found = search(store, trace.word());
        if (before == Life.GONE) {
            assertThat(first).as(trace.id).isEmpty();
            assertThat(any).as(trace.id).isEmpty();
            assertThat(size).as(trace.id).isZero();
            assertThat(found).as(trace.id).isEmpty();
        } else if (before == Life.LIVE && trace.life == Life.LIVE) {
            assertThat(first).as(trace.id).isPresent();
            assertThat(first.get().data().number(Field.INPUT_TOKENS, 0))
                    .as(trace.id)
                    .isGreaterThanOrEqualTo(merges);
            assertThat(any).as(trace.id).isPresent();
            assertThat(size).as(trace.id).isGreaterThanOrEqualTo(spans);
            assertThat(found).as(trace.id).containsExactly(trace.id + "/s0");
        }
    }

    private static List<String> search(TraceDatabase store, String word) {
        List<String> found = new ArrayList<>();
        store.search(
                new ListQuery("default", word, OptionalLong.empty(), OptionalLong.empty(), "", 99),
                hit -> found.add(hit.span().key().trace() + "/" + hit.span().key().span()));
        return found;
    }
}
