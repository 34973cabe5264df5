package dev.backplane.local.library.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.backplane.core.Problem;
import dev.backplane.http.client.HttpClient;
import dev.backplane.local.library.Digest;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.ModelFolder;
import dev.backplane.local.library.ModelName;
import dev.backplane.local.library.StoredModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PullsTest {
    private static final int CHUNK = 64 << 10;

    @TempDir private Path folder;
    private FakeHub hub;
    private FakeHub files;
    private HttpClient http;
    private Library library;
    private Pulls pulls;
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        files = new FakeHub();
        http = HttpClient.start(new HttpClient.Limits(16, 64));
        library = new Library(ModelFolder.open(folder.resolve("own")), List.of());
        pulls = pulls(new Hosts(hub.uri(), hub.uri(), List.of(files.uri())));
    }

    private Pulls pulls(Hosts hosts) {
        return Pulls.forTests(
                library, () -> http, hosts, () -> Optional.of("hf_secret"), pauses::add, CHUNK);
    }

    @AfterEach
    void stop() {
        http.close();
        hub.close();
        files.close();
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static final class Told implements PullEvents {
        final List<String> statuses = new CopyOnWriteArrayList<>();
        long most;

        @Override
        public void status(String text) {
            statuses.add(text);
        }

        @Override
        public void progress(Layer layer, long completed) throws IOException {
            most = Math.max(most, completed);
        }
    }

    /// Model `tiny` of Ollama's registry, whose blobs are on another server.
    private String registry(byte[] weights) {
        byte[] config = "{\"model_family\":\"llama\"}".getBytes(StandardCharsets.UTF_8);
        String manifest =
                FakeHub.manifest(
                        Digest.of(config).toString(),
                        config.length,
                        Digest.of(weights).toString(),
                        weights.length);
        hub.put("/v2/library/tiny/manifests/latest", manifest);
        for (byte[] blob : List.of(config, weights)) {
            String digest = Digest.of(blob).toString();
            hub.redirect("/v2/library/tiny/blobs/" + digest, files.uri() + "/" + digest);
            files.put("/" + digest, blob);
        }
        return manifest;
    }

    private static final ModelName TINY = ModelName.parse("tiny");

    private Path blob(byte[] bytes) {
        return library.own().blob(Digest.of(bytes));
    }

    private List<Path> partial() throws IOException {
        try (Stream<Path> left = Files.list(library.own().partial())) {
            return left.toList();
        }
    }

    @Test
    void aModelOfTheRegistryIsHereByteForByteWithItsManifest() throws IOException {
        byte[] weights = bytes(1, 10 * CHUNK + 17);
        String manifest = registry(weights);
        Told told = new Told();
        pulls.pull(TINY, told);
        StoredModel model = library.get(TINY);
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(model.digest()).isEqualTo(Digest.of(manifest.getBytes(StandardCharsets.UTF_8)));
        assertThat(told.statuses)
                .containsExactly(
                        "pulling manifest",
                        "verifying sha256 digest",
                        "writing manifest",
                        "success");
        assertThat(told.most).isEqualTo(weights.length);
        assertThat(partial()).isEmpty();
        assertThat(files.asked).hasSizeGreaterThan(10);
    }

    @Test
    void whatIsHereIsNotFetchedAgain() throws IOException {
        byte[] weights = bytes(2, 3 * CHUNK);
        registry(weights);
        pulls.pull(TINY, new Told());
        long sent = files.sent.get();
        pulls.pull(TINY, new Told());
        assertThat(files.sent).hasValue(sent);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connectionsThatBreakOffAreTakenUpWhereTheyBroke(boolean ranges) throws IOException {
        byte[] weights = bytes(3, 5 * CHUNK + 1);
        registry(weights);
        files.ranges = ranges;
        for (int i = 1; i <= 12; i++) {
            files.cuts.add(ranges ? 20_000 : i * 25_000);
        }
        pulls.pull(TINY, new Told());
        assertThat(blob(weights)).hasBinaryContent(weights);
        if (ranges) {
            assertThat(files.sent.get()).isLessThanOrEqualTo(weights.length + 12 * 1_024);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void whateverBreaksWhatComesIsWhatWasMeant(long seed) throws IOException {
        Random random = new Random(seed);
        byte[] weights = bytes(seed, 1 + random.nextInt(9 * CHUNK));
        registry(weights);
        String path = "/" + Digest.of(weights);
        for (int round = 0; ; round++) {
            files.ranges = random.nextInt(4) > 0;
            for (int i = random.nextInt(8); i > 0; i--) {
                files.cuts.add(random.nextInt(CHUNK));
            }
            if (round < 4 && random.nextBoolean()) {
                files.fail(
                        path, new FakeHub.Fault(503, Map.of()), new FakeHub.Fault(403, Map.of()));
            }
            try {
                pulls.pull(TINY, new Told());
                break;
            } catch (Problem problem) {
                assertThat(round).as("seed %d: %s", seed, problem.getMessage()).isLessThan(20);
                assertThat(library.find(TINY)).isEmpty();
                assertThat(blob(weights)).doesNotExist();
            }
        }
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(partial()).isEmpty();
    }

    @Test
    void aPullThatWasStoppedGoesOnWhereItWas() throws IOException {
        byte[] weights = bytes(4, 40 * CHUNK);
        registry(weights);
        String path = "/" + Digest.of(weights);
        assertThatThrownBy(() ->
                        pulls.pull(
                                TINY,
                                new PullEvents() {
                                    @Override
                                    public void status(String text) {}

                                    @Override
                                    public void progress(Layer layer, long completed)
                                            throws IOException {
                                        if (layer.size() == weights.length) {
                                            throw new IOException("client is gone");
                                        }
                                    }
                                }))
                .isInstanceOf(IOException.class);
        // A source that goes after some chunks.
        FakeHub.Fault gone = new FakeHub.Fault(404, Map.of());
        pulls = pulls(new Hosts(hub.uri(), hub.uri(), List.of(files.uri())));
        assertThatThrownBy(() -> pulls.pull(TINY, new FailAfter(files, path, gone)))
                .isInstanceOf(Problem.class);
        long before = files.sent.get();
        Library again = new Library(ModelFolder.open(folder.resolve("own")), List.of());
        library = again;
        pulls = pulls(new Hosts(hub.uri(), hub.uri(), List.of(files.uri())));
        files.fail(path);
        pulls.pull(TINY, new Told());
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(before).isPositive();
        assertThat(files.sent.get() - before).isLessThan(weights.length);
    }

    @Test
    void whatCameOfAChunkThatWasLeftIsNotFetchedAgain() throws IOException {
        byte[] weights = bytes(40, CHUNK);
        registry(weights);
        String path = "/" + Digest.of(weights);
        files.cuts.add(40_000);
        assertThatThrownBy(() ->
                        Pulls.forTests(
                                        library,
                                        () -> http,
                                        new Hosts(hub.uri(), hub.uri(), List.of(files.uri())),
                                        Optional::empty,
                                        _ -> files.fail(path, new FakeHub.Fault(404, Map.of())),
                                        CHUNK)
                                .pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.NOT_FOUND);
        pulls.pull(TINY, new Told());
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(files.askedFor(path).getLast().range()).isEqualTo("bytes=40000-65535");
    }

    /// Lets the source go when the first bytes are here.
    private record FailAfter(FakeHub hub, String path, FakeHub.Fault fault) implements PullEvents {
        @Override
        public void status(String text) {
            if (text.equals("pulling manifest")) {
                Thread.ofVirtual()
                        .start(() -> {
                            while (hub.sent.get() < 3 * CHUNK) {
                                Thread.onSpinWait();
                            }
                            hub.fail(path, fault, fault, fault, fault, fault, fault, fault, fault);
                        });
            }
        }

        @Override
        public void progress(Layer layer, long completed) {}
    }

    @Test
    void wrongBytesAreRefusedAndNothingOfThemStays() throws IOException {
        byte[] weights = bytes(5, 3 * CHUNK);
        registry(weights);
        byte[] damaged = weights.clone();
        damaged[CHUNK + 5] ^= 1;
        files.put("/" + Digest.of(weights), damaged);
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INTERNAL);
                    assertThat(problem.what()).contains("digest");
                });
        assertThat(library.find(TINY)).isEmpty();
        assertThat(blob(weights)).doesNotExist();
        assertThat(partial()).isEmpty();
        files.put("/" + Digest.of(weights), weights);
        pulls.pull(TINY, new Told());
        assertThat(blob(weights)).hasBinaryContent(weights);
    }

    @Test
    void aFileOfAnotherSizeIsRefused() {
        byte[] weights = bytes(6, 3 * CHUNK);
        registry(weights);
        files.put("/" + Digest.of(weights), bytes(6, 2 * CHUNK));
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("has 131,072 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "401, UNAUTHENTICATED",
        "403, FORBIDDEN",
        "404, NOT_FOUND",
        "418, INTERNAL",
    })
    void refusalsSayWhatTheyAre(int status, Problem.Kind kind) {
        registry(bytes(7, 10));
        hub.fail("/v2/library/tiny/manifests/latest", new FakeHub.Fault(status, Map.of()));
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(kind);
                    assertThat(problem.fix()).isNotEmpty();
                });
        assertThat(pauses).isEmpty();
    }

    @Test
    void whoAsksToComeBackLaterIsGivenTheTime() throws IOException {
        byte[] weights = bytes(8, 2 * CHUNK);
        registry(weights);
        FakeHub.Fault later = new FakeHub.Fault(429, Map.of("Retry-After", "7"));
        hub.fail("/v2/library/tiny/manifests/latest", later);
        files.fail("/" + Digest.of(weights), later, new FakeHub.Fault(503, Map.of()));
        pulls.pull(TINY, new Told());
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(pauses).contains(Duration.ofSeconds(7)).hasSize(3);
    }

    @Test
    void whoNeverAnswersIsLeftInTheEnd() {
        registry(bytes(9, 10));
        FakeHub.Fault later = new FakeHub.Fault(503, Map.of());
        hub.fail("/v2/library/tiny/manifests/latest", later, later, later, later, later, later);
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.UNAVAILABLE);
        assertThat(pauses).hasSize(4);
    }

    @Test
    void twoThatPullTheSameShareItsBytes() throws Exception {
        byte[] weights = bytes(10, 60 * CHUNK);
        registry(weights);
        CountDownLatch both = new CountDownLatch(2);
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    both.countDown();
                                    both.await();
                                    pulls.pull(TINY, new Told());
                                } catch (Exception e) {
                                    failures.add(e);
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(blob(weights)).hasBinaryContent(weights);
        assertThat(files.sent.get()).isLessThan(weights.length + 10_000);
    }

    // ---- hostile

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha256:../../../../etc/passwd",
                "sha256:zz01a8c35f6c8d9a4b91f3f3497643001d63e0c7a84e085bed452548fa88d45f",
                "md5:00",
                "",
            })
    void digestsThatAreNoneAreRefused(String digest) {
        hub.put(
                "/v2/library/tiny/manifests/latest",
                FakeHub.manifest(digest, 1, digest, 1).replace("\"config\"", "\"other\""));
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.INVALID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"layers\":{}}",
                "{\"layers\":[1]}",
                "not json",
                "",
                "{\"layers\":[{\"digest\":\"x\",\"size\":-1}]}",
                "{\"layers\":[{\"digest\":\"x\",\"size\":1e30}]}",
            })
    void manifestsThatAreNoneAreRefused(String json) {
        hub.put("/v2/library/tiny/manifests/latest", json.isEmpty() ? " " : json);
        assertThatThrownBy(() -> pulls.pull(TINY, new Told())).isInstanceOf(Problem.class);
        assertThat(library.list()).isEmpty();
    }

    @Test
    void aLayerThatNoDiskHasRoomForIsRefusedBeforeAnythingIsFetched() {
        String digest = Digest.of(new byte[0]).toString();
        hub.put(
                "/v2/library/tiny/manifests/latest",
                FakeHub.manifest(digest, 0, digest, Layer.SIZE_MAX - 1));
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isEqualTo(Problem.Kind.TOO_LARGE);
        assertThat(hub.asked).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data",
                "http://example.com/blob",
                "https://127.0.0.1/blob",
                "https://[::1]/blob",
                "https://192.168.1.1/blob",
                "ftp://example.com/blob",
                "file:///etc/passwd",
            })
    void anAllowedHostCannotSendIntoThisNetwork(String target) {
        hub.redirect("/v2/library/tiny/manifests/latest", target);
        assertThatThrownBy(() -> pulls.pull(TINY, new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::kind)
                .isIn(Problem.Kind.FORBIDDEN, Problem.Kind.UNAVAILABLE);
    }

    @Test
    void circlesEnd() {
        hub.redirect("/v2/library/tiny/manifests/latest", "/v2/library/tiny/manifests/latest");
        assertThatThrownBy(() -> pulls.pull(TINY, new Told())).hasMessageContaining("in circles");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example/a/b", "127.0.0.1:1/a/b", "localhost/a/b"})
    void hostsThatNobodyNamedAreNotAsked(String name) {
        assertThatThrownBy(() -> pulls.pull(ModelName.parse(name), new Told()))
                .asInstanceOf(type(Problem.class))
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.FORBIDDEN);
                    assertThat(problem.fix()).contains("library.hosts");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.0.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "::1",
                "fe80::1",
                "fd00::1",
                "fc00::1",
                "::",
                "::ffff:127.0.0.1",
                "198.18.0.1",
            })
    void addressesInsideAreKnown(String address) throws IOException {
        assertThat(Hosts.isInside(InetAddress.getByName(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"8.8.8.8", "104.18.0.1", "2606:4700::1", "99.84.0.1", "172.32.0.1"})
    void addressesOutsideAreNot(String address) throws IOException {
        assertThat(Hosts.isInside(InetAddress.getByName(address))).isFalse();
    }

    // ---- Hugging Face

    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private final StringBuilder siblings = new StringBuilder();

    private static String gitId(byte[] bytes) throws Exception {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        sha1.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sha1.digest(bytes));
    }

    private void large(String path, byte[] bytes) {
        siblings.append(
                (",{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"x\","
                                + "\"lfs\":{\"sha256\":\"%s\",\"size\":%d}}")
                        .formatted(path, bytes.length, Digest.of(bytes).hex(), bytes.length));
        String resolve = "/Org/Repo/resolve/" + COMMIT + "/" + path;
        hub.redirect(resolve, files.uri() + "/" + Digest.of(bytes).hex());
        files.put("/" + Digest.of(bytes).hex(), bytes);
    }

    private void small(String path, String text, String gitId) {
        siblings.append(
                ",{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\"}"
                        .formatted(path, text.length(), gitId));
        hub.put("/Org/Repo/resolve/" + COMMIT + "/" + path, text);
    }

    private void repository() {
        hub.put(
                "/api/models/Org/Repo/revision/main?blobs=true",
                "{\"sha\":\"%s\",\"cardData\":{\"license\":\"apache-2.0\"},\"siblings\":[%s]}"
                        .formatted(COMMIT, siblings.substring(1)));
    }

    @Test
    void theTagChoosesTheQuantisationAndTheTokenStaysWithTheHub() throws IOException {
        byte[] usual = bytes(20, 2 * CHUNK);
        byte[] other = bytes(21, 100);
        large("Model-Q8_0.gguf", other);
        large("Model-Q4_K_M.gguf", usual);
        large("mmproj-Model-F16.gguf", bytes(22, 10));
        repository();
        pulls.pull(ModelName.parse("hf.co/Org/Repo"), new Told());
        assertThat(blob(usual)).hasBinaryContent(usual);
        assertThat(blob(other)).doesNotExist();
        pulls.pull(ModelName.parse("https://huggingface.co/Org/Repo:q8_0"), new Told());
        assertThat(blob(other)).hasBinaryContent(other);
        assertThat(library.list())
                .extracting(model -> model.name().toString())
                .containsExactlyInAnyOrder("hf.co/Org/Repo:latest", "huggingface.co/Org/Repo:q8_0");
        assertThat(library.get(ModelName.parse("hf.co/org/repo")).text(LayerKind.LICENSE))
                .contains("apache-2.0");
        assertThat(hub.tokens()).containsOnly("Bearer hf_secret");
        assertThat(files.tokens()).containsOnly("");
    }

    @Test
    void anUnknownQuantisationNamesThoseThatThereAre() {
        large("Model-Q8_0.gguf", bytes(23, 10));
        large("Model.UD-Q2_K_XL.gguf", bytes(24, 10));
        repository();
        assertThatThrownBy(() -> pulls.pull(ModelName.parse("hf.co/Org/Repo:Q5_0"), new Told()))
                .asInstanceOf(type(Problem.class))
                .extracting(Problem::fix)
                .isEqualTo("choose one of Q8_0, UD-Q2_K_XL");
    }

    @Test
    void aModelOfSafetensorsIsKeptWithItsFilesNames() throws Exception {
        byte[] weights = bytes(25, 3 * CHUNK);
        String config = "{\"model_type\":\"llama\"}";
        small("config.json", config, gitId(config.getBytes(StandardCharsets.UTF_8)));
        small("README.md", "read me", "x");
        String pooling = "{\"pooling_mode_cls_token\":true}";
        small("1_Pooling/config.json", pooling, gitId(pooling.getBytes(StandardCharsets.UTF_8)));
        small("modules.json", "[]", gitId("[]".getBytes(StandardCharsets.UTF_8)));
        large("model.safetensors", weights);
        repository();
        ModelName name = ModelName.parse("hf.co/Org/Repo");
        pulls.pull(name, new Told());
        assertThat(library.get(name).manifest().layers(LayerKind.FILE))
                .extracting(Layer::name)
                .containsExactly(
                        "model.safetensors",
                        "1_Pooling.config.json",
                        "config.json",
                        "modules.json");
        Path model = library.weights(library.get(name));
        assertThat(model.resolve("config.json")).hasContent(config);
        assertThat(model.resolve("1_Pooling.config.json")).hasContent(pooling);
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(weights);
        library.remove(name);
        assertThat(model).doesNotExist();
    }

    @Test
    void aSmallFileIsHeldToGitsCount() throws Exception {
        small("config.json", "{}", gitId("[]".getBytes(StandardCharsets.UTF_8)));
        large("model.safetensors", bytes(26, 10));
        repository();
        assertThatThrownBy(() -> pulls.pull(ModelName.parse("hf.co/Org/Repo"), new Told()))
                .hasMessageContaining("is not what the repository says");
        assertThat(library.list()).isEmpty();
    }

    @Test
    void aModelThatIsNotForEverybodySaysHowToGetIt() {
        hub.fail(
                "/api/models/Org/Repo/revision/main?blobs=true",
                new FakeHub.Fault(403, Map.of("X-Error-Code", "GatedRepo")));
        assertThatThrownBy(() -> pulls.pull(ModelName.parse("hf.co/Org/Repo"), new Told()))
                .asInstanceOf(type(Problem.class))
                .satisfies(problem -> {
                    assertThat(problem.what()).contains("accepted its terms");
                    assertThat(problem.toString() + problem.fix()).doesNotContain("hf_secret");
                });
    }

    @Test
    void pathsOfARepositoryStayInsideIt() throws IOException {
        byte[] weights = bytes(27, 10);
        large("../../Model-Q4_K_M-00001-of-00001.gguf", weights);
        repository();
        try {
            pulls.pull(ModelName.parse("hf.co/Org/Repo"), new Told());
        } catch (Problem refused) {
            // As well.
        }
        try (Stream<Path> all = Files.walk(folder)) {
            assertThat(all.filter(path -> !path.startsWith(folder.resolve("own"))))
                    .containsExactly(folder);
        }
    }

    @Test
    void originsAreReadWithoutTheirPaths() {
        assertThat(Hosts.origin("http://127.0.0.1:5000/"))
                .contains(URI.create("http://127.0.0.1:5000"));
        assertThat(Hosts.origin("models.example.com"))
                .contains(URI.create("https://models.example.com"));
        for (String none : List.of("ftp://a", "https://a/b", "https://u@a", "a b", "https://")) {
            assertThat(Hosts.origin(none)).as(none).isEmpty();
        }
    }
}
