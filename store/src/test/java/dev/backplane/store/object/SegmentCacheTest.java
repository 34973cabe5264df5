package dev.backplane.store.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.testkit.FaultyObjectStore;
import dev.backplane.testkit.FaultyObjectStore.Fault;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentCacheTest {
    private static final int SIZE = 1_000;

    @TempDir Path root;
    private LocalObjectStore local;
    private FarStore far;
    private Path directory;

    @BeforeEach
    void open() throws IOException {
        local = LocalObjectStore.open(root.resolve("objects"));
        far = new FarStore(local);
        directory = root.resolve("cache");
        for (int i = 0; i < 10; i++) {
            local.putIfAbsent(key(i), content(i));
        }
    }

    @AfterEach
    void close() {
        local.close();
    }

    @Test
    void secondOpenFetchesNothing() throws IOException {
        SegmentCache cache = cache(10 * SIZE);

        assertServes(cache, 1);
        assertServes(cache, 1);

        assertThat(far.fetches).hasValue(1);
        assertThat(cache.bytes()).isEqualTo(SIZE);
    }

    @Test
    void leastRecentlyUsedGoFirst() throws IOException {
        SegmentCache cache = cache(3 * SIZE);
        for (int i : new int[] {1, 2, 3, 1, 4}) {
            assertServes(cache, i);
        }

        assertThat(cache.bytes()).isEqualTo(3 * SIZE);
        int before = far.fetches.get();
        assertServes(cache, 1);
        assertServes(cache, 3);
        assertServes(cache, 4);
        assertThat(far.fetches.get() - before).isZero();
        assertServes(cache, 2);
        assertThat(far.fetches.get() - before).isEqualTo(1);
    }

    @Test
    void openFilesStayWhateverTheBudget() throws IOException {
        SegmentCache cache = cache(SIZE);
        SegmentCache.Pinned again = cache.open(key(1));
        try (SegmentCache.Pinned first = cache.open(key(1));
                SegmentCache.Pinned second = cache.open(key(2))) {
            again.close();
            again.close();
            assertServes(cache, 3);

            assertThat(first.path()).hasBinaryContent(content(1));
            assertThat(second.path()).hasBinaryContent(content(2));
        }
        assertThat(cache.bytes()).isEqualTo(SIZE);
        assertThat(files()).hasSize(1);
    }

    @Test
    void localStoreHandsOutItsOwnFiles() throws IOException {
        SegmentCache cache = SegmentCache.open(local, directory, 10 * SIZE, new Meter());

        try (SegmentCache.Pinned pinned = cache.open(key(1))) {
            assertThat(pinned.path()).isEqualTo(local.root().resolve(key(1)));
        }

        cache.forget(key(1));
        assertThat(local.get(key(1))).isPresent();
        assertThat(cache.bytes()).isZero();
        assertThat(files()).isEmpty();
    }

    @Test
    void completeCopiesSurviveARestartInTheirOrder() throws IOException {
        SegmentCache before = cache(10 * SIZE);
        for (int i = 1; i <= 4; i++) {
            Path path;
            try (SegmentCache.Pinned pinned = before.open(key(i))) {
                path = pinned.path();
            }
            Files.setLastModifiedTime(path, FileTime.fromMillis((10 - i) * 1_000L));
        }
        Files.write(directory.resolve("half.part"), new byte[SIZE]);
        far.fetches.set(0);

        SegmentCache after = cache(2 * SIZE);

        assertThat(after.bytes()).isEqualTo(2 * SIZE);
        assertThat(files()).hasSize(2);
        assertServes(after, 1);
        assertServes(after, 2);
        assertThat(far.fetches).hasValue(0);
    }

    @Test
    void copyThatSomebodyRemovedIsFetchedAgain() throws IOException {
        SegmentCache cache = cache(10 * SIZE);
        assertServes(cache, 1);
        for (Path file : files()) {
            Files.delete(file);
        }

        assertServes(cache, 1);

        assertThat(cache.bytes()).isEqualTo(SIZE);
    }

    @Test
    void missingObjectIsSaidEveryTime() throws IOException {
        SegmentCache cache = cache(10 * SIZE);

        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(NoSuchFileException.class)
                    .isThrownBy(() -> cache.open("no/such"));
        }
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void failedFetchIsTriedAgain() throws IOException {
        FaultyObjectStore faulty = new FaultyObjectStore(far, 1);
        SegmentCache cache = SegmentCache.open(faulty, directory, 10 * SIZE, new Meter());
        faulty.failNext(Fault.FAIL_BEFORE);

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> cache.open(key(1)));

        assertServes(cache, 1);
    }

    @Test
    void forgottenCopyGoesWhenItIsClosed() throws IOException {
        SegmentCache cache = cache(10 * SIZE);
        assertServes(cache, 2);
        try (SegmentCache.Pinned pinned = cache.open(key(1))) {
            cache.forget(key(1));
            cache.forget(key(2));
            cache.forget("never/seen");
            assertThat(pinned.path()).hasBinaryContent(content(1));
        }
        assertThat(files()).isEmpty();
        assertThat(cache.bytes()).isZero();
        assertServes(cache, 1);
    }

    @Test
    void manyWhoAskAtOnceShareOneFetch() throws Exception {
        SegmentCache cache = cache(10 * SIZE);
        far.gate = new CountDownLatch(1);
        List<Future<Boolean>> readers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                readers.add(
                        threads.submit(() -> {
                            assertServes(cache, 5);
                            return true;
                        }));
            }
            far.gate.countDown();
        }
        for (Future<Boolean> reader : readers) {
            assertThat(reader.get()).isTrue();
        }
        assertThat(far.fetches).hasValue(1);
    }

    /// Whatever many threads do, each sees the bytes of the object that it asked for, and when all
    /// is closed the budget is kept and the disk holds what is counted.
    @Test
    void threadsSeeTheRightBytesAndTheBudgetIsKept() {
        Gen.check(
                3,
                random -> {
                    SegmentCache cache = cache(3 * SIZE);
                    List<Future<Boolean>> readers = new ArrayList<>();
                    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                        for (int reader = 0; reader < 8; reader++) {
                            long seed = random.nextLong();
                            readers.add(
                                    threads.submit(() -> {
                                        readAtRandom(cache, seed);
                                        return true;
                                    }));
                        }
                    }
                    for (Future<Boolean> reader : readers) {
                        assertThat(reader.get()).isTrue();
                    }
                    assertThat(cache.bytes()).isLessThanOrEqualTo(3 * SIZE);
                    assertThat(files()).hasSize((int) (cache.bytes() / SIZE));
                });
    }

    private static void readAtRandom(SegmentCache cache, long seed) throws IOException {
        var random = Gen.random(seed);
        for (int i = 0; i < 100; i++) {
            int number = random.nextInt(10);
            if (Gen.oneIn(random, 10)) {
                cache.forget(key(number));
            }
            assertServes(cache, number);
        }
    }

    private SegmentCache cache(long budget) throws IOException {
        return SegmentCache.open(far, directory, budget, new Meter());
    }

    private static void assertServes(SegmentCache cache, int number) throws IOException {
        try (SegmentCache.Pinned pinned = cache.open(key(number))) {
            assertThat(Files.readAllBytes(pinned.path())).isEqualTo(content(number));
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static String key(int number) {
        return "segments/" + number;
    }

    private static byte[] content(int number) {
        return Gen.bytes(Gen.random(number), SIZE);
    }

    /// A store whose objects have to be copied, as those of a bucket have.
    private static final class FarStore implements ObjectStore {
        final AtomicInteger fetches = new AtomicInteger();
        CountDownLatch gate = new CountDownLatch(0);
        private final ObjectStore store;

        FarStore(ObjectStore store) {
            this.store = store;
        }

        @Override
        public Path fetch(String key, Path target) throws IOException {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            Path original = store.fetch(key, target);
            fetches.incrementAndGet();
            Path part = Files.createTempFile(target.getParent(), "fetch", ".part");
            Files.copy(original, part, StandardCopyOption.REPLACE_EXISTING);
            return Files.move(
                    part,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException {
            return store.putIfAbsent(key, bytes);
        }

        @Override
        public Optional<String> putIfAbsent(String key, Path file) throws IOException {
            return store.putIfAbsent(key, file);
        }

        @Override
        public Optional<String> putIfMatch(String key, byte[] bytes, String tag)
                throws IOException {
            return store.putIfMatch(key, bytes, tag);
        }

        @Override
        public Optional<Tagged> get(String key) throws IOException {
            return store.get(key);
        }

        @Override
        public byte[] getRange(String key, long offset, int length) throws IOException {
            return store.getRange(key, offset, length);
        }

        @Override
        public List<Listed> list(String prefix) throws IOException {
            return store.list(prefix);
        }

        @Override
        public void delete(String key) throws IOException {
            store.delete(key);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
