package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.ObjectStore.Listed;
import dev.backplane.core.ObjectStore.Tagged;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every [ObjectStore] must do. Subclass it in the module that owns the implementation.
public abstract class ObjectStoreContract {
    private static final int RACERS = 8;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set before each test
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ObjectStore store;

    /// A fresh, empty store. It is closed after the test.
    protected abstract ObjectStore open() throws Exception;

    /// How many rounds the races run.
    protected int rounds() {
        return 20;
    }

    @BeforeEach
    final void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    final void closeStore() {
        if (store != null) { // opening may have failed
            store.close();
        }
    }

    @Test
    void whatWasPutIsRead() throws IOException {
        byte[] bytes = Gen.bytes(Gen.random(1), 100_000);
        String tag = store.putIfAbsent("a/b.bin", bytes).orElseThrow();

        Tagged tagged = store.get("a/b.bin").orElseThrow();

        assertThat(tagged.bytes()).isEqualTo(bytes);
        assertThat(tagged.tag()).isEqualTo(tag);
    }

    @Test
    void emptyObjectIsAnObject() throws IOException {
        assertThat(store.putIfAbsent("empty", new byte[0])).isPresent();
        assertThat(store.get("empty").orElseThrow().bytes()).isEmpty();
        assertThat(store.getRange("empty", 0, 10)).isEmpty();
        assertThat(store.list("")).containsExactly(new Listed("empty", 0));
        assertThat(store.putIfAbsent("empty", bytes("x"))).isEmpty();
    }

    @Test
    void absentObjectIsEmptyOrNoSuchFile() throws IOException {
        Path target = directory.resolve("copy");

        assertThat(store.get("none")).isEmpty();
        assertThat(store.get("none/at/all")).isEmpty();
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> store.getRange("none", 0, 1));
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> store.fetch("none", target));
        assertThat(target).doesNotExist();
    }

    @Test
    void firstPutStays() throws IOException {
        store.putIfAbsent("key", bytes("first"));

        assertThat(store.putIfAbsent("key", bytes("second"))).isEmpty();
        assertThat(store.putIfAbsent("key", file("second"))).isEmpty();
        assertThat(text("key")).contains("first");
    }

    @Test
    void fileIsPutAndMayBeDeleted() throws IOException {
        byte[] bytes = Gen.bytes(Gen.random(2), 300_000);
        Path file = Files.write(directory.resolve("source"), bytes);

        String tag = store.putIfAbsent("dir/file", file).orElseThrow();
        Files.delete(file);

        assertThat(store.get("dir/file").orElseThrow().bytes()).isEqualTo(bytes);
        assertThat(store.get("dir/file").orElseThrow().tag()).isEqualTo(tag);
        assertThat(store.putIfMatch("dir/file", bytes("new"), tag)).isPresent();
    }

    @Test
    void matchingTagReplaces() throws IOException {
        String first = store.putIfAbsent("key", bytes("1")).orElseThrow();

        String second = store.putIfMatch("key", bytes("2"), first).orElseThrow();

        assertThat(second).isNotEqualTo(first);
        assertThat(text("key")).contains("2");
        assertThat(store.get("key").orElseThrow().tag()).isEqualTo(second);
    }

    @Test
    void oldTagReplacesNothing() throws IOException {
        String first = store.putIfAbsent("key", bytes("1")).orElseThrow();
        assertThat(store.putIfMatch("key", bytes("2"), first)).isPresent();

        assertThat(store.putIfMatch("key", bytes("3"), first)).isEmpty();
        assertThat(text("key")).contains("2");
    }

    @Test
    void tagOfADeletedObjectReplacesNothing() throws IOException {
        String tag = store.putIfAbsent("key", bytes("1")).orElseThrow();
        store.delete("key");

        assertThat(store.putIfMatch("key", bytes("2"), tag)).isEmpty();
        assertThat(store.get("key")).isEmpty();
    }

    @Test
    void deletedObjectIsGoneAndCanComeBack() throws IOException {
        store.putIfAbsent("a/key", bytes("1"));
        store.putIfAbsent("a/key2", bytes("other"));

        store.delete("a/key");
        store.delete("a/key");
        store.delete("never/there");

        assertThat(store.get("a/key")).isEmpty();
        assertThat(store.list("a/")).containsExactly(new Listed("a/key2", 5));
        assertThat(store.putIfAbsent("a/key", bytes("2"))).isPresent();
        assertThat(text("a/key")).contains("2");
    }

    @Test
    void rangeIsCutAtTheEnd() throws IOException {
        store.putIfAbsent("key", bytes("0123456789"));

        assertThat(store.getRange("key", 0, 4)).isEqualTo(bytes("0123"));
        assertThat(store.getRange("key", 3, 3)).isEqualTo(bytes("345"));
        assertThat(store.getRange("key", 7, 100)).isEqualTo(bytes("789"));
        assertThat(store.getRange("key", 5, 0)).isEmpty();
        assertThat(store.getRange("key", 10, 1)).isEmpty();
        assertThat(store.getRange("key", Long.MAX_VALUE - 10, 100)).isEmpty();
        assertThatExceptionOfType(Problem.class).isThrownBy(() -> store.getRange("key", -1, 1));
        assertThatExceptionOfType(Problem.class).isThrownBy(() -> store.getRange("key", 0, -1));
    }

    @Test
    void fetchGivesACompleteFile() throws IOException {
        byte[] bytes = Gen.bytes(Gen.random(3), 1_000_000);
        store.putIfAbsent("big", bytes);

        Path file = store.fetch("big", directory.resolve("copy"));

        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        assertThat(Files.readAllBytes(store.fetch("big", directory.resolve("copy"))))
                .as("a second time over the first")
                .isEqualTo(bytes);
    }

    @Test
    void listIsByPrefixInKeyOrder() throws IOException {
        List<String> keys = List.of("a", "b-/x", "b.x", "b/a/1", "b/a/2", "b/b", "b0", "c/1", "_z");
        for (String key : keys.reversed()) {
            store.putIfAbsent(key, bytes(key));
        }

        assertThat(keys("")).containsExactly(sorted(keys));
        assertThat(keys("b")).containsExactly("b-/x", "b.x", "b/a/1", "b/a/2", "b/b", "b0");
        assertThat(keys("b/")).containsExactly("b/a/1", "b/a/2", "b/b");
        assertThat(keys("b/a")).containsExactly("b/a/1", "b/a/2");
        assertThat(keys("b/a/2")).containsExactly("b/a/2");
        assertThat(keys("none/")).isEmpty();
        assertThat(store.list("c/")).containsExactly(new Listed("c/1", 3));
    }

    @Test
    void badKeysAreRefused() {
        List<String> bad =
                List.of(
                        "",
                        "/a",
                        "a/",
                        "a//b",
                        "..",
                        "a/../b",
                        ".a",
                        "a/.b",
                        "a..b",
                        "a b",
                        "ä",
                        "a\\b",
                        "a\0b",
                        "a\n",
                        "x".repeat(201),
                        "a/".repeat(300) + "a");
        for (String key : bad) {
            assertInvalid(key, () -> store.get(key));
            assertInvalid(key, () -> store.getRange(key, 0, 1));
            assertInvalid(key, () -> store.fetch(key, directory.resolve("x")));
            assertInvalid(key, () -> store.putIfAbsent(key, bytes("x")));
            assertInvalid(key, () -> store.putIfAbsent(key, file("x")));
            assertInvalid(key, () -> store.putIfMatch(key, bytes("x"), "tag"));
            assertInvalid(
                    key,
                    () -> {
                        store.delete(key);
                        return key;
                    });
        }
        assertInvalid("../", () -> store.list("../"));
        assertInvalid("/", () -> store.list("/"));
    }

    @Test
    void longKeysAreTaken() throws IOException {
        String part = "Az09_-.".repeat(28);
        String key = part + "/" + part;

        assertThat(store.putIfAbsent(key, bytes("x"))).isPresent();

        assertThat(keys(part + "/")).containsExactly(key);
    }

    /// Exactly one of several writers makes the object, and all see that one's bytes.
    @Test
    void oneOfManyPutsWins() throws Exception {
        for (int round = 0; round < rounds(); round++) {
            String key = "race/" + round;
            List<Optional<String>> tags =
                    race(writer -> store.putIfAbsent(key, bytes(content(writer))));

            assertThat(tags.stream().filter(Optional::isPresent)).hasSize(1);
            int winner = indexOfWinner(tags);
            Tagged tagged = store.get(key).orElseThrow();
            assertThat(tagged.tag()).isEqualTo(tags.get(winner).orElseThrow());
            assertThat(tagged.bytes()).isEqualTo(bytes(content(winner)));
        }
    }

    @Test
    void oneOfManyReplacesWins() throws Exception {
        String tag = store.putIfAbsent("key", bytes("start")).orElseThrow();
        for (int round = 0; round < rounds(); round++) {
            String before = tag;
            String suffix = "/" + round;
            List<Optional<String>> tags =
                    race(writer ->
                            store.putIfMatch("key", bytes(content(writer) + suffix), before));

            assertThat(tags.stream().filter(Optional::isPresent)).hasSize(1);
            int winner = indexOfWinner(tags);
            tag = tags.get(winner).orElseThrow();
            Tagged tagged = store.get("key").orElseThrow();
            assertThat(tagged.tag()).isEqualTo(tag);
            assertThat(tagged.bytes()).isEqualTo(bytes(content(winner) + suffix));
        }
    }

    /// Writers that add one each by read, change, write-if-same lose no update.
    @Test
    void countersLoseNothing() throws Exception {
        store.putIfAbsent("counter", bytes("0"));
        int each = rounds();

        race(_ -> {
            for (int i = 0; i < each; i++) {
                increment();
            }
            return Optional.empty();
        });

        assertThat(text("counter")).contains(Integer.toString(RACERS * each));
    }

    private void increment() throws IOException {
        while (true) {
            Tagged tagged = store.get("counter").orElseThrow();
            int count = Integer.parseInt(new String(tagged.bytes(), StandardCharsets.US_ASCII));
            if (store.putIfMatch("counter", bytes("" + (count + 1)), tagged.tag()).isPresent()) {
                return;
            }
        }
    }

    /// A reader sees one of the complete versions, never part of one.
    @Test
    void readersSeeCompleteVersions() throws Exception {
        String tag = store.putIfAbsent("key", version(0)).orElseThrow();
        int last = rounds();
        race(racer -> {
            if (racer == 0) {
                String current = tag;
                for (int i = 1; i <= last; i++) {
                    current = store.putIfMatch("key", version(i), current).orElseThrow();
                }
                return Optional.of(current);
            }
            byte[] seen;
            do {
                seen = store.get("key").orElseThrow().bytes();
                assertThat(seen).isEqualTo(version(seen[0]));
            } while (seen[0] < last);
            return Optional.empty();
        });
    }

    private static byte[] version(int number) {
        byte[] bytes = new byte[10_000 + number];
        Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    private interface Racer {
        Optional<String> run(int number) throws Exception;
    }

    private static List<Optional<String>> race(Racer racer) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Optional<String>>> futures = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < RACERS; i++) {
                int number = i;
                Callable<Optional<String>> task =
                        () -> {
                            start.await();
                            return racer.run(number);
                        };
                futures.add(threads.submit(task));
            }
            start.countDown();
            List<Optional<String>> results = new ArrayList<>();
            for (Future<Optional<String>> future : futures) {
                results.add(get(future));
            }
            return results;
        }
    }

    private static Optional<String> get(Future<Optional<String>> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError("a racer failed", e.getCause());
        }
    }

    private static int indexOfWinner(List<Optional<String>> tags) {
        for (int i = 0; i < tags.size(); i++) {
            if (tags.get(i).isPresent()) {
                return i;
            }
        }
        throw new AssertionError("nobody won");
    }

    private static void assertInvalid(String key, Callable<?> call) {
        assertThatExceptionOfType(Problem.class)
                .as("key '%s'", key)
                .isThrownBy(call::call)
                .matches(problem -> problem.kind() == Problem.Kind.INVALID)
                .matches(problem -> !problem.fix().isEmpty());
    }

    private static String content(int writer) {
        return "writer " + writer;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("source"), text);
    }

    private Optional<String> text(String key) throws IOException {
        return store.get(key).map(tagged -> new String(tagged.bytes(), StandardCharsets.UTF_8));
    }

    private List<String> keys(String prefix) throws IOException {
        return store.list(prefix).stream().map(Listed::key).toList();
    }

    private static String[] sorted(List<String> keys) {
        return keys.stream().sorted().toArray(String[]::new);
    }
}
