package dev.backplane.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.testkit.FaultyObjectStore;
import dev.backplane.testkit.FaultyObjectStore.Fault;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// What happens when the network, the service or the configuration fails.
class S3FaultsTest {
    private static final int PART_BYTES = 5 << 20;

    @TempDir Path directory;
    private static S3Server server;
    private S3ObjectStore store;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open() throws IOException {
        server.faults().none();
        store = S3ObjectStore.open(server.config(), PART_BYTES);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /// The put happens, its answer is lost, the SDK asks again and hears "exists".
    @Test
    void writerRecognisesItsOwnObject() throws IOException {
        server.faults().lostPuts.set(1);

        Optional<String> tag = store.putIfAbsent("key", bytes("1"));

        assertThat(server.faults().lostPuts).hasValue(0);
        assertThat(tag).isPresent();
        server.faults().lostPuts.set(1);
        assertThat(store.putIfMatch("key", bytes("2"), tag.get())).isPresent();
        assertThat(text("key")).isEqualTo("2");
    }

    /// The same bytes by another writer are not this writer's success; after a lost answer nobody
    /// can tell, so the write fails, and the next one has the answer.
    @Test
    void anothersObjectIsNotRecognised() throws IOException {
        store.putIfAbsent("key", bytes("same"));
        server.faults().failingPuts.set(1);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.putIfAbsent("key", bytes("same")))
                .withMessageContaining("cannot be told");
        assertThat(store.putIfAbsent("key", bytes("same"))).isEmpty();
    }

    @Test
    void passingFailuresAreRetried() throws IOException {
        server.faults().failingPuts.set(2);
        assertThat(store.putIfAbsent("key", bytes("1"))).isPresent();
        server.faults().failingGets.set(2);
        assertThat(text("key")).isEqualTo("1");
    }

    @Test
    void lastingFailureIsAnIoExceptionAfterBoundedAttempts() throws IOException {
        server.faults().failingPuts.set(1_000);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.putIfAbsent("key", bytes("1")))
                .withMessageContaining("500");

        assertThat(server.faults().failingPuts.get()).isGreaterThan(980);
        server.faults().failingPuts.set(0);
        assertThat(store.get("key")).isEmpty();
    }

    @Test
    void largeFileGoesInPartsAndComesBack() throws IOException {
        byte[] bytes = Gen.bytes(Gen.random(1), 3 * PART_BYTES + 12_345);
        Path file = Files.write(directory.resolve("large"), bytes);
        server.faults().failingParts.set(2);

        String tag = store.putIfAbsent("large", file).orElseThrow();

        assertThat(tag).as("tag of a multipart object").contains("-4");
        server.faults().failingGets.set(2);
        Path copy = store.fetch("large", directory.resolve("copy"));
        assertThat(Files.mismatch(file, copy)).isEqualTo(-1);
        assertThat(store.getRange("large", 2L * PART_BYTES - 5, 10))
                .isEqualTo(Arrays.copyOfRange(bytes, 2 * PART_BYTES - 5, 2 * PART_BYTES + 5));
        assertThat(store.putIfAbsent("large", file)).isEmpty();
    }

    @Test
    void completionWhoseAnswerWasLostIsRecognised() throws IOException {
        byte[] bytes = Gen.bytes(Gen.random(2), PART_BYTES + 1);
        Path file = Files.write(directory.resolve("large"), bytes);
        server.faults().lostCompletions.set(1);

        assertThat(store.putIfAbsent("large", file)).isPresent();

        assertThat(server.faults().lostCompletions).hasValue(0);
        assertThat(store.get("large").orElseThrow().bytes()).isEqualTo(bytes);
    }

    @Test
    void failedUploadLeavesNothing() throws IOException {
        Path file =
                Files.write(directory.resolve("large"), Gen.bytes(Gen.random(3), PART_BYTES + 1));
        server.faults().failingParts.set(1_000);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.putIfAbsent("large", file));

        assertThat(store.list("")).isEmpty();
        assertThat(server.faults().listMultipartUploads(S3Server.BUCKET)).isEmpty();
    }

    @Test
    void failedFetchLeavesNothing() throws IOException {
        store.putIfAbsent("key", Gen.bytes(Gen.random(4), 100_000));
        server.faults().failingGets.set(1_000);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.fetch("key", directory.resolve("copy")));

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void serviceWithoutConditionsIsRefused() {
        server.faults().ignoresConditions = true;

        assertConfigProblem(server.config(), "does not honour conditional writes");
    }

    @Test
    void wrongSecretIsAProblemThatDoesNotTellIt() {
        assertConfigProblem(server.config(S3Server.BUCKET, "wrong-secret", ""), "");
    }

    @Test
    void missingBucketIsAProblem() {
        assertConfigProblem(
                server.config("no-such-bucket", S3Server.SECRET_KEY, ""), "no such bucket");
    }

    private static void assertConfigProblem(S3Config config, String what) {
        assertThatExceptionOfType(Problem.class)
                .isThrownBy(() -> S3ObjectStore.open(config))
                .matches(problem -> problem.kind() == Problem.Kind.CONFIG)
                .matches(problem -> !problem.fix().isEmpty())
                .matches(problem -> !problem.toString().contains("secret-"))
                .withMessageContaining(what);
    }

    @Test
    void unreachableServiceIsAnIoException() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        S3Config config = server.config();
        S3Config unreachable =
                new S3Config(
                        config.bucket(),
                        "",
                        config.region(),
                        Optional.of(URI.create("http://127.0.0.1:" + port)),
                        true,
                        config.credentials());

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> S3ObjectStore.open(unreachable));
    }

    @Test
    void configIsCheckedAndNeverTellsItsSecret() {
        S3Config config = server.config();

        assertThat(config.toString()).contains(S3Server.BUCKET).doesNotContain("secret");
        for (String bucket : List.of("", "ab", "Upper", "a/b")) {
            assertThatExceptionOfType(Problem.class)
                    .isThrownBy(() -> S3Config.of(bucket, "us-east-1"));
        }
        for (String prefix : List.of("/", "a", "../", "/a/")) {
            assertThatExceptionOfType(Problem.class)
                    .isThrownBy(() -> server.config(S3Server.BUCKET, "x", prefix));
        }
    }

    @Test
    void storesWithPrefixesDoNotSeeEachOther() throws IOException {
        try (ObjectStore other = S3ObjectStore.open(server.config(), PART_BYTES)) {
            store.putIfAbsent("key", bytes("mine"));

            assertThat(other.get("key")).isEmpty();
            assertThat(other.list("")).isEmpty();
            assertThat(store.list("")).containsExactly(new ObjectStore.Listed("key", 4));
        }
    }

    @Test
    void listGoesOverManyPages() throws IOException {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 1_100; i++) {
            String key = "page/%04d".formatted(i);
            keys.add(key);
            server.faults()
                    .putBlob(
                            PutObjectRequest.builder()
                                    .bucket(S3Server.BUCKET)
                                    .key("many/" + key)
                                    .contentLength(1L)
                                    .build(),
                            new ByteArrayInputStream(new byte[1]));
        }
        S3Config config = server.config(S3Server.BUCKET, S3Server.SECRET_KEY, "many/");
        try (ObjectStore many = S3ObjectStore.open(config)) {
            assertThat(many.list("page/").stream().map(ObjectStore.Listed::key))
                    .containsExactlyElementsOf(keys);
        }
    }

    /// A read-change-write loop over a bucket behind a bad network never loses an update that was
    /// acknowledged, nor counts one twice that was refused.
    @Test
    void countingSurvivesABadNetwork() throws IOException {
        FaultyObjectStore faulty =
                new FaultyObjectStore(store, 5)
                        .with(Fault.FAIL_BEFORE, 0.2)
                        .with(Fault.FAIL_AFTER, 0.2)
                        .with(Fault.CONFLICT, 0.2);
        store.putIfAbsent("counter", bytes("0"));
        int acknowledged = 0;
        int unknown = 0;
        for (int i = 0; i < 100; i++) {
            try {
                ObjectStore.Tagged tagged = faulty.get("counter").orElseThrow();
                int count = Integer.parseInt(new String(tagged.bytes(), StandardCharsets.US_ASCII));
                try {
                    boolean written =
                            faulty.putIfMatch("counter", bytes("" + (count + 1)), tagged.tag())
                                    .isPresent();
                    acknowledged += written ? 1 : 0;
                } catch (IOException e) {
                    unknown++;
                }
            } catch (IOException e) {
                // A failed read changes nothing.
            }
        }
        assertThat(acknowledged).isPositive();
        assertThat(unknown).isPositive();
        assertThat(Integer.parseInt(text("counter")))
                .isBetween(acknowledged, acknowledged + unknown);
    }

    private String text(String key) throws IOException {
        return new String(store.get(key).orElseThrow().bytes(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
