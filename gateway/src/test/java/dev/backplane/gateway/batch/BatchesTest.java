package dev.backplane.gateway.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.Purpose;
import dev.backplane.gateway.file.StoredFile;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Usage;
import dev.backplane.testkit.FaultyObjectStore;
import dev.backplane.testkit.FaultyObjectStore.Fault;
import dev.backplane.testkit.ManualTime;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BatchesTest {
    private static final String PATH = "/v1/chat/completions";
    private static final int AT_ONCE = 4;

    @TempDir Path directory;

    private final ManualTime time = new ManualTime();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final Set<String> refusedOnce = ConcurrentHashMap.newKeySet();
    private final AtomicInteger under = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private volatile CountDownLatch stall = new CountDownLatch(0);
    private volatile CountDownLatch stalled = new CountDownLatch(1);
    private volatile boolean revoked;
    private LocalObjectStore local;
    private ObjectStore objects;
    private FileStore files;
    private Batches batches;

    @BeforeEach
    void open() throws IOException {
        local = LocalObjectStore.open(directory.resolve("store"));
        objects = local;
        restart();
    }

    @AfterEach
    void close() {
        stall.countDown();
        batches.close();
        local.close();
    }

    private void restart() {
        files = new FileStore(objects, time, new Meter());
        batches =
                Batches.open(
                        objects,
                        files,
                        new Batches.Settings(
                                List.of(new Model()),
                                new Keys(),
                                AT_ONCE,
                                1 << 20,
                                directory.resolve("tmp"),
                                Duration.ofDays(30),
                                Duration.ofMillis(100)),
                        time,
                        new Meter());
    }

    private final class Keys implements Gate {
        @Override
        public void check(Order order) {
            if (revoked) {
                throw Problem.of(Problem.Kind.UNAUTHENTICATED, "key is gone", "test");
            }
        }

        @Override
        public void check(Order order, String model) {
            if (!model.equals("m")) {
                throw Problem.notFound("no such model", model);
            }
        }
    }

    /// Does what a request's `do` says.
    private final class Model implements Endpoint {
        @Override
        public String path() {
            return PATH;
        }

        @Override
        public Reply answer(Origin origin, Slice body) {
            String what = Members.of(body, "body").text("do");
            String id = origin.batch().orElseThrow().customId();
            asked.computeIfAbsent(id, _ -> new AtomicInteger()).incrementAndGet();
            most.accumulateAndGet(under.incrementAndGet(), Math::max);
            try {
                switch (what) {
                    case "fail" -> throw Problem.invalid("told to fail", "test");
                    case "wait" -> {
                        if (refusedOnce.add(id)) {
                            throw Problem.of(Problem.Kind.LIMITED, "later", "test")
                                    .retryAfter(Duration.ofMillis(1));
                        }
                    }
                    case "stall" -> {
                        stalled.countDown();
                        stall.await();
                    }
                    default -> {}
                }
                return new Reply(200, Slice.of("{\"said\":\"" + id + "\"}"), Usage.UNKNOWN);
            } catch (InterruptedException ended) {
                throw Problem.unavailable("call was cancelled", "test");
            } finally {
                under.decrementAndGet();
            }
        }

        @Override
        public Reply refuse(Problem problem, String requestId) {
            return new Reply(
                    Errors.status(problem), Errors.write(problem, requestId), Usage.UNKNOWN);
        }
    }

    private static String line(String id, String what) {
        return """
        {"custom_id":"%s","method":"POST","url":"%s","body":{"model":"m","do":"%s"}}
        """
                .formatted(id, PATH, what);
    }

    private Order order(String lines) throws IOException {
        Path content = Files.writeString(Files.createTempFile(directory, "in", ".jsonl"), lines);
        StoredFile file =
                files.put(
                        "p",
                        files.newId(),
                        new FileStore.Draft("in.jsonl", Purpose.BATCH, OptionalLong.of(3_600)),
                        content);
        return new Order(
                "p", "k", "", "", List.of(), PATH, file.id(), Slice.EMPTY, OptionalLong.empty());
    }

    private Batch ended(Batch batch) throws InterruptedException {
        Batch now = batches.find("p", batch.id()).orElseThrow();
        while (!now.status().ended()) {
            TimeUnit.MILLISECONDS.sleep(5);
            now = batches.find("p", batch.id()).orElseThrow();
        }
        return now;
    }

    /// The lines of a batch's file by their `custom_id`, which is there once.
    private Map<String, String> lines(String file) throws IOException {
        if (file.isEmpty()) {
            return Map.of();
        }
        Map<String, String> found = new TreeMap<>();
        StoredFile stored = files.find("p", file).orElseThrow();
        try (InputStream in = files.open("p", stored)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                String id = Members.of(Slice.of(line), "line").text("custom_id");
                assertThat(found.put(id, line)).isNull();
            }
        }
        return found;
    }

    /// They go when the batch has ended, not before.
    private void nothingIsLeftOver() throws Exception {
        while (!local.list("batch-").isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Test
    void everyRequestEndsInOneOfTheFiles() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            lines.append(line("r" + i, i % 10 == 3 ? "fail" : i % 10 == 7 ? "wait" : "answer"));
        }
        Batch batch = batches.create(order(lines.toString()));
        assertThat(batch.status()).isEqualTo(Status.VALIDATING);

        Batch ended = ended(batch);

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertThat(ended.times())
                .containsOnlyKeys(
                        Status.VALIDATING, Status.IN_PROGRESS, Status.FINALIZING, Status.COMPLETED);
        assertThat(ended.progress()).isEqualTo(new Progress(60, 54, 6, Tokens.NONE));
        assertThat(lines(ended.outputFile())).hasSize(54);
        assertThat(lines(ended.outputFile()).get("r0"))
                .matches(
                        "\\{\"id\":\"batch_req_[0-9a-f]{32}\",\"custom_id\":\"r0\",\"response\":"
                                + "\\{\"status_code\":200,\"request_id\":"
                                + "\"batch_req_[0-9a-f]{32}\","
                                + "\"body\":\\{\"said\":\"r0\"}},\"error\":null}");
        assertThat(lines(ended.errorFile())).hasSize(6);
        assertThat(lines(ended.errorFile()).get("r3"))
                .contains("\"status_code\":400", "told to fail");
        assertThat(asked.get("r7").get()).isEqualTo(2);
        assertThat(most.get()).isLessThanOrEqualTo(AT_ONCE);
        nothingIsLeftOver();
        assertThat(files.delete("p", ended.order().input())).isTrue();
    }

    @Test
    void aFileThatIsWrongFailsTheBatch() throws Exception {
        Batch wrong = ended(batches.create(order(line("a", "x") + line("a", "x"))));
        Batch model = ended(batches.create(order(line("a", "x").replace("\"m\"", "\"unknown\""))));

        assertThat(wrong.status()).isEqualTo(Status.FAILED);
        assertThat(wrong.errors().getFirst().code()).isEqualTo("duplicate_custom_id");
        assertThat(wrong.errors().getFirst().line()).isEqualTo(2);
        assertThat(model.errors().getFirst().code()).isEqualTo("model_not_found");
        assertThat(asked).isEmpty();
        nothingIsLeftOver();
    }

    @Test
    void whatIsNoInputIsRefused() throws Exception {
        Order order = order(line("a", "x"));
        assertThatThrownBy(() ->
                        batches.create(
                                new Order(
                                        "other",
                                        "k",
                                        "",
                                        "",
                                        List.of(),
                                        PATH,
                                        order.input(),
                                        Slice.EMPTY,
                                        OptionalLong.empty())))
                .hasMessageContaining("no file of this id");
        time.advance(Duration.ofHours(2));
        assertThatThrownBy(() -> batches.create(order)).hasMessageContaining("no file of this id");
    }

    @Test
    void aBatchThatIsCancelledEndsAtOnceAndSaysWhatWasNotDone() throws Exception {
        stall = new CountDownLatch(1);
        StringBuilder lines = new StringBuilder(line("first", "answer"));
        for (int i = 0; i < 20; i++) {
            lines.append(line("s" + i, "stall"));
        }
        Batch batch = batches.create(order(lines.toString()));
        stalled.await();
        while (batches.find("p", batch.id()).orElseThrow().progress().completed() == 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThatThrownBy(() -> files.delete("p", batch.order().input()))
                .hasMessageContaining("not finished");

        assertThat(batches.cancel("p", batch.id()).orElseThrow().status())
                .isIn(Status.CANCELLING, Status.CANCELLED);
        Batch ended = ended(batch);

        assertThat(ended.status()).isEqualTo(Status.CANCELLED);
        assertThat(ended.times()).containsKeys(Status.CANCELLING, Status.CANCELLED);
        assertThat(lines(ended.outputFile())).containsOnlyKeys("first");
        assertThat(lines(ended.errorFile())).hasSize(20);
        assertThat(lines(ended.errorFile()).get("s3"))
                .contains("\"response\":null", "\"code\":\"batch_cancelled\"");
        assertThat(under.get()).isZero();
        assertThatThrownBy(() -> batches.cancel("p", batch.id()))
                .hasMessageContaining("it is cancelled");
        assertThat(batches.cancel("q", batch.id())).isEmpty();
    }

    /// The first process is left with its calls under way, as if it had been killed: what it has
    /// written is all that the second knows.
    @Test
    void aBatchGoesOnAfterAKillAndAsksNothingTwiceThatWasWritten() throws Exception {
        stall = new CountDownLatch(1);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            lines.append(line("r" + i, i < 26 ? "answer" : "stall"));
        }
        FaultyObjectStore dies = new FaultyObjectStore(local, 1);
        objects = dies;
        restart();
        Batches killed = batches;
        Batch batch = batches.create(order(lines.toString()));
        while (batches.find("p", batch.id()).orElseThrow().progress().completed() < 26) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        stalled.await();
        dies.outage(true);
        objects = local;
        restart();
        stall.countDown();

        Batch ended = ended(batch);

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertThat(ended.progress().completed()).isEqualTo(30);
        assertThat(lines(ended.outputFile())).hasSize(30);
        for (int i = 0; i < 30; i++) {
            assertThat(asked.get("r" + i).get()).as("r%d", i).isBetween(1, i < 26 ? 1 : 2);
        }
        killed.close();
    }

    @Test
    void aBatchThatIsNotDoneInTimeExpires() throws Exception {
        stall = new CountDownLatch(1);
        Batch batch = batches.create(order(line("a", "answer") + line("b", "stall")));
        while (batches.find("p", batch.id()).orElseThrow().progress().completed() == 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        batches.close();
        time.advance(Duration.ofHours(25));
        restart();

        Batch ended = ended(batch);

        assertThat(ended.status()).isEqualTo(Status.EXPIRED);
        assertThat(lines(ended.outputFile())).containsOnlyKeys("a");
        assertThat(lines(ended.errorFile()).get("b")).contains("\"code\":\"batch_expired\"");
    }

    @Test
    void aKeyThatIsRevokedAnswersForTheRest() throws Exception {
        revoked = true;

        Batch ended = ended(batches.create(order(line("a", "answer"))));

        assertThat(ended.progress()).isEqualTo(new Progress(1, 0, 1, Tokens.NONE));
        assertThat(ended.outputFile()).isEmpty();
        assertThat(lines(ended.errorFile()).get("a")).contains("\"status_code\":401");
        assertThat(asked).isEmpty();
    }

    @Test
    void anAnswerIsKeptWhenTheStoreComesBack() throws Exception {
        FaultyObjectStore faulty = new FaultyObjectStore(local, 7);
        objects = faulty;
        batches.close();
        restart();
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < AT_ONCE; i++) {
            lines.append(line("s" + i, "stall"));
        }
        stall = new CountDownLatch(1);
        Batch batch = batches.create(order(lines.toString()));
        while (under.get() < AT_ONCE) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        // All requests are read: what comes to the store now is their answers.
        faulty.failNext(Fault.FAIL_BEFORE);
        faulty.failNext(Fault.FAIL_BEFORE);
        faulty.failNext(Fault.FAIL_AFTER);
        stall.countDown();

        Batch ended = ended(batch);

        assertThat(ended.status()).isEqualTo(Status.COMPLETED);
        assertThat(lines(ended.outputFile())).hasSize(AT_ONCE);
        assertThat(faulty.injected(Fault.FAIL_BEFORE)).isEqualTo(2);
        assertThat(asked.values()).as("paid once").allMatch(count -> count.get() == 1);
    }

    @Test
    void listsTheNewestFirstAndAProjectsOwn() throws Exception {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.addFirst(ended(batches.create(order(line("a", "answer")))).id());
        }
        Set<String> found = new HashSet<>();
        Batches.Page first = batches.list("p", "", 3);
        first.batches().forEach(batch -> found.add(batch.id()));
        Batches.Page second = batches.list("p", first.batches().getLast().id(), 3);
        second.batches().forEach(batch -> found.add(batch.id()));

        assertThat(first.hasMore()).isTrue();
        assertThat(first.batches()).extracting(Batch::id).isEqualTo(made.subList(0, 3));
        assertThat(second.hasMore()).isFalse();
        assertThat(found).hasSize(5);
        assertThat(batches.list("q", "", 3).batches()).isEmpty();
        assertThat(batches.find("q", made.getFirst())).isEmpty();
    }

    @Test
    void aBatchIsForgottenLongAfterItsEnd() throws Exception {
        Batch first = ended(batches.create(order(line("a", "answer"))));
        time.advance(Duration.ofDays(20));
        Batch second = ended(batches.create(order(line("a", "answer"))));

        time.advance(Duration.ofDays(10));
        batches.sweep();
        assertThat(batches.list("p", "", 3).batches()).hasSize(2);
        time.advance(Duration.ofHours(1));
        batches.sweep();

        assertThat(batches.list("p", "", 3).batches())
                .extracting(Batch::id)
                .containsExactly(second.id());
        assertThat(batches.find("p", first.id())).isEmpty();
    }

    @Test
    void aProjectThatIsDeletedTakesItsBatchesWithIt() throws Exception {
        stall = new CountDownLatch(1);
        batches.create(order(line("a", "answer")));
        Batch runs = batches.create(order(line("b", "wait")));

        batches.deleteProject("p");

        assertThat(batches.find("p", runs.id())).isEmpty();
        nothingIsLeftOver();
        assertThat(local.list("batches/")).isEmpty();
    }
}
