package dev.backplane.store.column;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColumnLoaderTest {
    private static final int ROWS = 1_000;

    @TempDir Path folder;

    /// Parts that are files, as those of a store are, and a reader that makes columns up.
    private static final class Parts implements ColumnLoader.Reader {
        final List<Path> paths = new ArrayList<>();
        final Map<Path, AtomicInteger> reads = new ConcurrentHashMap<>();
        int texts = 3;

        Parts(Path folder, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                paths.add(Files.createFile(folder.resolve(System.nanoTime() + "-" + i)));
            }
        }

        @Override
        public Map<FilterColumn, Column> read(
                Path part,
                long rows,
                Set<FilterColumn> columns,
                long dictionaryBytes,
                BooleanSupplier wanted) {
            reads.computeIfAbsent(part, _ -> new AtomicInteger()).incrementAndGet();
            Map<FilterColumn, Column> read = new EnumMap<>(FilterColumn.class);
            for (FilterColumn column : columns) {
                ColumnBuilder builder = ColumnBuilder.of(column, (int) rows, dictionaryBytes);
                for (int row = 0; row < rows; row++) {
                    switch (builder) {
                        case ColumnBuilder.Texts text -> text.set(row, "text " + row % texts);
                        case ColumnBuilder.Wholes whole -> whole.set(row, row);
                        case ColumnBuilder.Reals real -> real.set(row, row);
                        case ColumnBuilder.Marks marks -> marks.set(row);
                    }
                }
                read.put(column, builder.build());
            }
            return read;
        }

        int reads() {
            return reads.values().stream().mapToInt(AtomicInteger::get).sum();
        }
    }

    /// A cache and its loader, as a list uses them.
    private record Memory(ColumnCache cache, ColumnLoader loader, Meter meter) {
        static Memory of(long capacity, ColumnLoader.Reader reader, Executor background) {
            Meter meter = new Meter();
            ColumnCache cache = new ColumnCache(capacity, meter);
            return new Memory(cache, new ColumnLoader(cache, reader, background, meter), meter);
        }

        /// @return whether all of them were there
        boolean ask(Path part, FilterColumn... columns) {
            Set<FilterColumn> missed = EnumSet.noneOf(FilterColumn.class);
            for (FilterColumn column : columns) {
                if (cache.get(part, ROWS, column).isEmpty()) {
                    missed.add(column);
                }
            }
            if (!missed.isEmpty()) {
                loader.read(part, ROWS, missed);
            }
            return missed.isEmpty();
        }
    }

    @Test
    void whatWasMissedIsThereTheNextTime() throws IOException {
        Parts parts = new Parts(folder, 2);
        Memory memory = Memory.of(1 << 20, parts, Runnable::run);
        assertThat(memory.ask(parts.paths.get(0), FilterColumn.MODEL, FilterColumn.COST)).isFalse();
        assertThat(memory.ask(parts.paths.get(0), FilterColumn.COST, FilterColumn.MODEL)).isTrue();
        assertThat(memory.ask(parts.paths.get(1), FilterColumn.MODEL)).isFalse();
        assertThat(parts.reads()).isEqualTo(2);
    }

    @Test
    void neverTakesMoreThanItMay() {
        Gen.check(
                50,
                random -> {
                    Parts parts = new Parts(folder, 6);
                    long capacity = Gen.integer(random, 0, 60_000);
                    Memory memory = Memory.of(capacity, parts, Runnable::run);
                    for (int i = 0; i < 200; i++) {
                        parts.texts = Gen.integer(random, 1, ROWS);
                        Path part = Gen.pick(random, parts.paths);
                        memory.ask(
                                part,
                                Gen.pick(random, FilterColumn.values()),
                                Gen.pick(random, FilterColumn.values()));
                        if (Gen.oneIn(random, 30)) {
                            Files.deleteIfExists(part);
                        }
                        assertThat(memory.cache.bytes()).isBetween(0L, capacity);
                    }
                });
    }

    @Test
    void whatHasNoRoomTogetherIsNotReadAgainEachTime() {
        Gen.check(
                20,
                random -> {
                    Parts parts = new Parts(folder, 2);
                    // Room for one of the two.
                    Memory memory = Memory.of(12_000, parts, Runnable::run);
                    for (int i = 0; i < 1_000; i++) {
                        memory.ask(Gen.pick(random, parts.paths), FilterColumn.DURATION_MS);
                    }
                    assertThat(parts.reads()).isLessThan(25);
                    assertThat(memory.meter.render())
                            .doesNotContain("backplane_store_columns_full_total 0\n");
                });
    }

    @Test
    void whatIsAskedForMoreOftenTakesThePlaceOfTheOther() throws IOException {
        Parts parts = new Parts(folder, 2);
        Memory memory = Memory.of(12_000, parts, Runnable::run);
        for (int i = 0; i < 100; i++) {
            memory.ask(parts.paths.get(0), FilterColumn.DURATION_MS);
        }
        for (int i = 0; i < 100; i++) {
            memory.ask(parts.paths.get(1), FilterColumn.DURATION_MS);
        }
        assertThat(memory.ask(parts.paths.get(1), FilterColumn.DURATION_MS)).isTrue();
        assertThat(memory.ask(parts.paths.get(0), FilterColumn.DURATION_MS)).isFalse();
    }

    @Test
    void aDictionaryLargerThanTheRoomIsReadOnce() throws IOException {
        Parts parts = new Parts(folder, 1);
        parts.texts = ROWS;
        Memory memory = Memory.of(20_000, parts, Runnable::run);
        for (int i = 0; i < 50; i++) {
            memory.ask(parts.paths.get(0), FilterColumn.SESSION_ID);
        }
        assertThat(parts.reads()).isEqualTo(1);
        assertThat(memory.cache.get(parts.paths.get(0), ROWS, FilterColumn.SESSION_ID))
                .containsInstanceOf(Column.Absent.class);
    }

    @Test
    void columnsOfPartsThatAreGoneGiveTheirRoomBack() throws IOException {
        Parts parts = new Parts(folder, 3);
        Memory memory = Memory.of(1 << 20, parts, Runnable::run);
        memory.ask(parts.paths.get(0), FilterColumn.COST);
        memory.ask(parts.paths.get(1), FilterColumn.COST);
        long both = memory.cache.bytes();
        Files.delete(parts.paths.get(0));
        Files.delete(parts.paths.get(1));
        memory.ask(parts.paths.get(2), FilterColumn.COST);
        assertThat(memory.cache.bytes()).isEqualTo(both / 2);
    }

    @Test
    void manyThatMissTheSameReadItOnce() throws Exception {
        Parts parts = new Parts(folder, 8);
        Memory memory = Memory.of(1 << 20, parts, task -> Thread.ofVirtual().start(task));
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int first = i;
            threads.add(
                    Thread.ofVirtual()
                            .uncaughtExceptionHandler((_, failure) -> failures.add(failure))
                            .start(() -> {
                                for (int j = 0; j < parts.paths.size(); j++) {
                                    Path part = parts.paths.get((first + j) % parts.paths.size());
                                    while (!memory.ask(
                                            part, FilterColumn.COST, FilterColumn.KIND)) {
                                        Thread.yield();
                                    }
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        memory.loader.close();
        assertThat(failures).isEmpty();
        assertThat(parts.reads.values()).extracting(AtomicInteger::get).containsOnly(1);
    }

    @Test
    void closingEndsWhatIsReadAndWaitsForIt() throws Exception {
        Parts parts = new Parts(folder, 3);
        CountDownLatch began = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        ColumnLoader.Reader slow =
                (part, rows, columns, bytes, wanted) -> {
                    began.countDown();
                    while (wanted.getAsBoolean()) {
                        Thread.onSpinWait();
                    }
                    parts.read(part, rows, columns, bytes, wanted);
                    ended.set(true);
                    throw Problem.timeout("nobody wants it any more", "test");
                };
        Memory memory = Memory.of(1 << 20, slow, task -> Thread.ofVirtual().start(task));
        memory.ask(parts.paths.get(0), FilterColumn.COST);
        memory.ask(parts.paths.get(1), FilterColumn.COST);
        began.await();
        memory.loader.close();
        assertThat(ended).isTrue();
        memory.ask(parts.paths.get(2), FilterColumn.COST);
        assertThat(parts.reads()).as("neither what waited nor what came later").isEqualTo(1);
        assertThat(memory.meter.render()).contains("backplane_store_columns_failures_total 0\n");
    }

    @Test
    void whatFailsIsCountedAndTriedAgainWhenItIsMissedAgain() throws IOException {
        Parts parts = new Parts(folder, 2);
        AtomicInteger calls = new AtomicInteger();
        ColumnLoader.Reader failing =
                (part, rows, columns, bytes, wanted) -> {
                    if (calls.incrementAndGet() == 1) {
                        throw Problem.unavailable("a disk that does not answer", "test");
                    }
                    return parts.read(part, rows, columns, bytes, wanted);
                };
        Memory memory = Memory.of(1 << 20, failing, Runnable::run);
        Path part = parts.paths.get(0);
        assertThat(memory.ask(part, FilterColumn.COST)).isFalse();
        assertThat(memory.ask(part, FilterColumn.COST)).isFalse();
        assertThat(memory.ask(part, FilterColumn.COST)).isTrue();
        assertThat(memory.meter.render()).contains("backplane_store_columns_failures_total 1\n");
    }

    @Test
    void aPartThatGoesWhileItIsReadIsNoFailure() throws IOException {
        Parts parts = new Parts(folder, 1);
        ColumnLoader.Reader late =
                (part, _, _, _, _) -> {
                    try {
                        Files.delete(part);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                    throw Problem.unavailable("no such file", "test");
                };
        Memory memory = Memory.of(1 << 20, late, Runnable::run);
        memory.ask(parts.paths.get(0), FilterColumn.COST);
        assertThat(memory.meter.render()).contains("backplane_store_columns_failures_total 0\n");
    }
}
