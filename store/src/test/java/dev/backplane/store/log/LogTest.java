package dev.backplane.store.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.event.Fold;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTest {
    @TempDir Path directory;

    private static Log open(Path directory) throws IOException {
        return Log.open(
                directory,
                0,
                HybridClock.system(),
                LogLimits.DEFAULT,
                LogReplica.NONE,
                new Meter(),
                () -> {});
    }

    private static SpanEvent span(String trace, int number, String input) {
        return SpanEvent.insert(
                new SpanKey("default", trace, "span-" + number),
                SpanData.builder()
                        .put(Field.NAME, "chat " + number)
                        .put(Field.START_TIME, number)
                        .put(Field.INPUT, Value.text(input))
                        .build());
    }

    private static Optional<String> input(Log log, String trace, int number) {
        SpanKey key = new SpanKey("default", trace, "span-" + number);
        for (Generation generation : log.generations()) {
            Optional<FreshSpan> span = generation.spans().find(key);
            if (span.isPresent()) {
                return Fold.fold(generation.events(span.get(), EnumSet.allOf(Field.class)))
                        .map(folded -> folded.data().text(Field.INPUT));
            }
        }
        return Optional.empty();
    }

    /// Wherever a crash cuts the file, what was acknowledged before the cut is there, what lies at
    /// the cut is gone without a trace, and the log goes on.
    @Test
    void recoversFromATailTornAtAnyByte() throws IOException {
        long[] ends = new long[4];
        try (Log log = open(directory)) {
            for (int i = 0; i < ends.length; i++) {
                log.append(List.of(span("t", i, "words number " + i + " ".repeat(30))));
                ends[i] = log.generations().getLast().length();
            }
        }
        byte[] whole = Files.readAllBytes(Generation.path(directory, 1));
        for (int cut = (int) ends[1]; cut <= whole.length; cut++) {
            Path torn = Files.createDirectories(directory.resolve("torn-" + cut));
            Files.write(Generation.path(torn, 1), java.util.Arrays.copyOf(whole, cut));
            try (Log log = open(torn)) {
                for (int i = 0; i < ends.length; i++) {
                    assertThat(input(log, "t", i).isPresent())
                            .as("span %d after a cut at %d", i, cut)
                            .isEqualTo(ends[i] <= cut);
                }
                log.append(List.of(span("t", 9, "afterwards")));
                assertThat(input(log, "t", 9)).contains("afterwards");
            }
        }
    }

    /// A repeated send writes nothing: a record without entries would read as the end of the log.
    @Test
    void keepsWhatCameAfterARepeatedSend() throws IOException {
        Path file = directory.resolve("upload");
        Files.writeString(file, "the same file again ".repeat(20_000));
        SpanKey key = new SpanKey("default", "t", "uploaded");
        try (Log log = open(directory)) {
            log.append(List.of(span("t", 1, "first")));
            log.append(List.of(span("t", 1, "first")));
            Upload.append(log, key, Op.MERGE, Field.INPUT, false, file);
            Upload.append(log, key, Op.MERGE, Field.OUTPUT, false, file);
            log.append(List.of(span("t", 2, "second")));
            log.generations().getLast().verify();
        }
        try (Log log = open(directory)) {
            assertThat(input(log, "t", 1)).contains("first");
            assertThat(input(log, "t", 2)).contains("second");
            assertThat(log.generations().getFirst().spans().find(key).orElseThrow().positions())
                    .hasSize(2);
        }
    }

    /// Senders that flatten a conversation into attributes repeat all of it in every span.
    @Test
    void flattenedConversationsCostWhatIsAppended() throws IOException {
        int turns = 400;
        List<Value.Attribute> inputs = new ArrayList<>();
        try (Log log = open(directory)) {
            long half = 0;
            for (int turn = 0; turn < turns; turn++) {
                half = turn == turns / 2 ? log.generations().getLast().length() : half;
                message(inputs, "llm.input_messages.", turn);
                List<Value.Attribute> all = new ArrayList<>(inputs);
                message(all, "llm.output_messages.", 0);
                SpanData data =
                        SpanData.builder().put(Field.ATTRIBUTES, new Value.Attributes(all)).build();
                SpanKey key = new SpanKey("default", "t", "turn-" + turn);
                log.append(List.of(SpanEvent.insert(key, data)));
            }
            long whole = log.generations().getLast().length();
            assertThat(whole - half).isLessThan(half * 6 / 5);
        }
    }

    private static void message(List<Value.Attribute> list, String stem, int number) {
        String name = stem + number + ".message.";
        list.add(new Value.Attribute(name + "role", Value.text("user")));
        list.add(
                new Value.Attribute(
                        name + "content", Value.text("message number " + number + " ".repeat(90))));
    }

    /// A record that cannot be made fails its sender and nobody else, then and after a restart.
    @Test
    void losesNothingToARecordThatCannotBeMade() throws IOException {
        try (Log log = open(directory)) {
            log.append(List.of(span("t", 1, "first")));
            SpanEvent lost = span("t", 2, "second");
            Prepared broken =
                    new Prepared(
                            lost,
                            Prepared.all(List.of(lost)).getFirst().encoded(),
                            java.util.Map.of(),
                            1,
                            1,
                            Prepared.NO_ROW);
            assertThatThrownBy(() -> log.upload("default", List::of, () -> broken))
                    .isInstanceOf(RuntimeException.class);
            log.append(List.of(span("t", 3, "third")));
            assertThat(input(log, "t", 2)).isEmpty();
        }
        try (Log log = open(directory)) {
            assertThat(input(log, "t", 1)).contains("first");
            assertThat(input(log, "t", 2)).isEmpty();
            assertThat(input(log, "t", 3)).contains("third");
        }
    }

    /// What comes in between the finding that a trace is idle and the expiry in the log saves it,
    /// and does so again when the log is read.
    @Test
    void aTraceThatIsWrittenToDoesNotExpire() throws IOException {
        HybridClock clock = HybridClock.system();
        try (Log log = open(directory)) {
            log.append(List.of(span("saved", 1, "old"), span("gone", 1, "old")));
            log.seal();
            clock.observe(log.generations().getFirst().spans().latest("default", "gone"));
            long since = clock.next();
            List<Erasure> effective = new ArrayList<>();
            log.expire(
                    "default",
                    since,
                    () -> {
                        log.append(List.of(span("saved", 2, "new")));
                        return Set.of("saved", "gone");
                    },
                    effective::addAll);
            assertThat(effective).extracting(Erasure::trace).containsExactly("gone");
        }
        try (Log log = open(directory)) {
            assertThat(input(log, "saved", 1)).contains("old");
            assertThat(input(log, "saved", 2)).contains("new");
            assertThat(input(log, "gone", 1)).isEmpty();
        }
    }

    /// A flipped bit costs the records from there on, never a crash, never a changed byte.
    @Test
    void readsNothingThatWasDamaged() throws IOException {
        try (Log log = open(directory)) {
            for (int i = 0; i < 3; i++) {
                log.append(List.of(span("t", i, "words number " + i + " ".repeat(30))));
            }
        }
        byte[] whole = Files.readAllBytes(Generation.path(directory, 1));
        Gen.check(
                60,
                random -> {
                    byte[] damaged = whole.clone();
                    int at = random.nextInt(LogFormat.HEADER_SIZE, damaged.length);
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                    Path copy = Files.createTempDirectory(directory, "damaged");
                    Files.write(Generation.path(copy, 1), damaged);
                    try (Log log = open(copy)) {
                        for (int i = 0; i < 3; i++) {
                            String expected = "words number " + i + " ".repeat(30);
                            assertThat(input(log, "t", i).orElse(expected)).isEqualTo(expected);
                        }
                    }
                });
    }

    @Test
    void refusesWhileTheDiskIsFullAndGoesOnAfterwards() throws IOException {
        Configuration small =
                Configuration.unix().toBuilder().setMaxSize(1 << 20).setBlockSize(4096).build();
        try (FileSystem disk = Jimfs.newFileSystem(small)) {
            Path ballast = disk.getPath("/ballast");
            Files.write(ballast, new byte[512 << 10]);
            RandomGenerator random = Gen.random(7);
            try (Log log = open(Files.createDirectories(disk.getPath("/log")))) {
                List<Integer> acknowledged = new ArrayList<>();
                List<String> sent = new ArrayList<>();
                int refused = 0;
                for (int i = 0; i < 60; i++) {
                    String text = Gen.identifier(random, 20_000, 20_000);
                    sent.add(text);
                    if (i == 45) {
                        assertThat(refused).as("the disk was full").isPositive();
                        Files.delete(ballast);
                    }
                    try {
                        log.append(List.of(span("t", i, text)));
                        acknowledged.add(i);
                    } catch (Problem problem) {
                        assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                        assertThat(problem.retryAfter()).isPresent();
                        refused++;
                    }
                }
                assertThat(acknowledged).contains(59);
                for (int i : acknowledged) {
                    assertThat(input(log, "t", i)).contains(sent.get(i));
                }
            }
            try (Log again = open(disk.getPath("/log"))) {
                assertThat(input(again, "t", 59)).isPresent();
            }
        }
    }

    /// A request that adds nothing must leave no mark at which recovery stops.
    @Test
    void keepsWhatComesAfterARepeatedSend() throws IOException {
        try (Log log = open(directory)) {
            log.append(List.of(span("a", 1, "first")));
            log.append(List.of(span("a", 1, "first")));
            log.append(List.of(span("a", 2, "second")));
        }
        try (Log log = open(directory)) {
            assertThat(input(log, "a", 1)).contains("first");
            assertThat(input(log, "a", 2)).contains("second");
        }
    }

    @Test
    void storesARepeatedSendOnce() throws IOException {
        try (Log log = open(directory)) {
            SpanEvent event = span("t", 1, "once");
            log.append(List.of(event));
            long length = log.generations().getLast().length();
            log.append(List.of(span("t", 1, "once")));
            Generation generation = log.generations().getLast();
            FreshSpan span = generation.spans().find(event.key()).orElseThrow();
            assertThat(span.positions()).hasSize(1);
            assertThat(generation.length() - length).isLessThan(16);
        }
    }

    /// What a conversation costs grows with what was said, not with how often it was sent.
    @Test
    void storesAConversationOnce() throws IOException {
        try (Log log = open(directory)) {
            StringBuilder history = new StringBuilder("[");
            long said = 0;
            long sent = 0;
            RandomGenerator random = Gen.random(11);
            for (int turn = 0; turn < 100; turn++) {
                String message =
                        "{\"role\":\"user\",\"content\":\""
                                + Gen.identifier(random, 900, 900)
                                + "\"}";
                history.append(turn == 0 ? "" : ",").append(message);
                said += message.length();
                sent += history.length();
                log.append(
                        List.of(
                                SpanEvent.insert(
                                        new SpanKey("default", "t", "s" + turn),
                                        SpanData.builder()
                                                .put(Field.INPUT, Value.json(history + "]"))
                                                .build())));
            }
            long length = log.generations().getLast().length();
            assertThat(length).isLessThan(said + 100 * 100);
            assertThat(sent / length).isGreaterThan(40);
        }
    }

    @Test
    void takesManySendersAtOnce() throws Exception {
        try (Log log =
                        Log.open(
                                directory,
                                0,
                                HybridClock.system(),
                                new LogLimits(64 << 10, 1_000),
                                LogReplica.NONE,
                                new Meter(),
                                () -> {});
                ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> sends = new ArrayList<>();
            for (int sender = 0; sender < 32; sender++) {
                String trace = "t" + sender;
                sends.add(
                        senders.submit(() -> {
                            for (int i = 0; i < 40; i++) {
                                log.append(List.of(span(trace, i, trace + "/" + i)));
                                assertThat(input(log, trace, i)).contains(trace + "/" + i);
                            }
                        }));
            }
            for (Future<?> send : sends) {
                send.get();
            }
            assertThat(log.generations().size()).isGreaterThan(1);
        }
        try (Log again = open(directory)) {
            for (int sender = 0; sender < 32; sender++) {
                for (int i = 0; i < 40; i++) {
                    assertThat(input(again, "t" + sender, i)).contains("t" + sender + "/" + i);
                }
            }
        }
    }

    @Test
    void uploadsWhatDoesNotFitInMemoryWindows() throws IOException {
        Path file = directory.resolve("value");
        byte[] bytes = Gen.bytes(Gen.random(3), 11 << 20);
        Files.write(file, bytes);
        SpanKey key = new SpanKey("default", "t", "span-1");
        try (Log log = open(directory.resolve("log"))) {
            Upload.append(log, key, Op.MERGE, Field.OUTPUT, false, file);
            long once = log.generations().getLast().length();
            byte[] edited = bytes.clone();
            edited[5 << 20] ^= 1;
            Files.write(file, edited);
            Upload.append(log, key, Op.MERGE, Field.OUTPUT, false, file);
            Generation generation = log.generations().getLast();
            assertThat(generation.length() - once)
                    .as("an edit costs its chunk")
                    .isLessThan(400 << 10);
            FreshSpan span = generation.spans().find(key).orElseThrow();
            Value value =
                    Fold.fold(generation.events(span, EnumSet.allOf(Field.class)))
                            .orElseThrow()
                            .data()
                            .get(Field.OUTPUT)
                            .orElseThrow();
            assertThat(value).isInstanceOf(Value.Text.class);
            assertThat(((Value.Text) value).content().read(1 << 30).bytes()).isEqualTo(edited);
        }
    }

    /// With a bucket the node's disk may be lost at any time.
    @Test
    void goesOnFromTheBucketWhenTheDiskIsGone() throws IOException {
        try (LocalObjectStore bucket = LocalObjectStore.open(directory.resolve("bucket"))) {
            LogReplica replica = new LogReplica.Bucket(bucket);
            for (int node = 0; node < 3; node++) {
                Path disk = directory.resolve("node-" + node);
                try (Log log =
                        Log.open(
                                disk,
                                0,
                                HybridClock.system(),
                                LogLimits.DEFAULT,
                                replica,
                                new Meter(),
                                () -> {})) {
                    for (int before = 0; before < node; before++) {
                        assertThat(input(log, "t", before)).contains("of node " + before);
                    }
                    log.append(List.of(span("t", node, "of node " + node)));
                    log.append(List.of(span("u", node, "more of node " + node)));
                }
            }
            assertThat(bucket.list("log/")).hasSize(6);
            replica.drop(1);
            assertThat(bucket.list("log/")).hasSize(4);
        }
    }

    @Test
    void aClosedLogSaysSo() throws IOException {
        Log log = open(directory);
        log.close();
        assertThatThrownBy(() -> log.append(List.of(span("t", 1, "late"))))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("closing");
    }
}
