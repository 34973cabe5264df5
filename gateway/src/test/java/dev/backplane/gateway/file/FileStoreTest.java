package dev.backplane.gateway.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.ManualTime;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
    private static final FileStore.Query ALL =
            new FileStore.Query(Optional.empty(), "", 100, false);

    @TempDir Path directory;

    private final ManualTime time = new ManualTime();
    private LocalObjectStore local;
    private FileStore files;

    @BeforeEach
    void open() throws IOException {
        local = LocalObjectStore.open(directory.resolve("store"));
        restart();
    }

    @AfterEach
    void close() {
        local.close();
    }

    private void restart() {
        files = new FileStore(local, time, new Meter());
    }

    private Path content(String text) {
        try {
            return Files.writeString(Files.createTempFile(directory, "c", ""), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private StoredFile put(String project, String text, Purpose purpose, OptionalLong life) {
        FileStore.Draft draft = new FileStore.Draft("name.txt", purpose, life);
        return files.put(project, files.newId(), draft, content(text));
    }

    private StoredFile put(String project, String text) {
        return put(project, text, Purpose.USER_DATA, OptionalLong.empty());
    }

    private String read(String project, StoredFile file) throws IOException {
        try (InputStream in = files.open(project, file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private List<String> keys() throws IOException {
        return local.list("").stream().map(ObjectStore.Listed::key).toList();
    }

    @Test
    void whatIsPutIsThereAfterARestart() throws Exception {
        String text = "ä".repeat(1_500_000);
        StoredFile file = put("p", text);
        restart();

        assertThat(files.find("p", file.id())).contains(file);
        assertThat(read("p", file)).isEqualTo(text);
        assertThat(file.bytes()).isEqualTo(3_000_000);
        assertThat(files.usedBytes("p")).isEqualTo(3_000_000);
    }

    @Test
    void anotherProjectSeesNothing() {
        StoredFile file = put("p", "x");

        assertThat(files.find("q", file.id())).isEmpty();
        assertThat(files.delete("q", file.id())).isFalse();
        assertThat(files.hold("q", file.id())).isEmpty();
        assertThat(files.list("q", ALL).files()).isEmpty();
        assertThat(files.find("p", file.id())).isPresent();
    }

    @Test
    void pagesJoinToTheWholeInEitherOrder() {
        Gen.check(
                30,
                random -> {
                    List<StoredFile> all = new ArrayList<>();
                    String project = "p" + Math.abs(random.nextLong());
                    for (int i = random.nextInt(0, 12); i > 0; i--) {
                        time.advance(Duration.ofMillis(random.nextInt(0, 3)));
                        Purpose purpose = random.nextBoolean() ? Purpose.BATCH : Purpose.VISION;
                        all.add(put(project, "" + i, purpose, OptionalLong.empty()));
                    }
                    boolean newestFirst = random.nextBoolean();
                    Optional<Purpose> purpose =
                            random.nextBoolean() ? Optional.of(Purpose.BATCH) : Optional.empty();
                    List<StoredFile> found = new ArrayList<>();
                    FileStore.Page page;
                    do {
                        String after = found.isEmpty() ? "" : found.getLast().id();
                        page =
                                files.list(
                                        project,
                                        new FileStore.Query(
                                                purpose, after, random.nextInt(1, 5), newestFirst));
                        found.addAll(page.files());
                    } while (page.hasMore());

                    List<StoredFile> wanted =
                            all.stream()
                                    .filter(file ->
                                            purpose.map(file.purpose()::equals).orElse(true))
                                    .toList();
                    assertThat(found).isEqualTo(newestFirst ? wanted.reversed() : wanted);
                });
    }

    @Test
    void aListGoesOnFromAFileThatWasDeleted() {
        StoredFile one = put("p", "1");
        StoredFile two = put("p", "2");
        files.delete("p", one.id());

        assertThat(
                        files.list("p", new FileStore.Query(Optional.empty(), one.id(), 9, false))
                                .files())
                .containsExactly(two);
        assertThatThrownBy(() ->
                        files.list("p", new FileStore.Query(Optional.empty(), "nobody", 9, false)))
                .hasMessageContaining("no file of this id");
    }

    @Test
    void deletingLeavesNothing() throws Exception {
        StoredFile file = put("p", "xy", Purpose.BATCH, OptionalLong.of(3_600));

        assertThat(files.delete("p", file.id())).isTrue();
        assertThat(files.delete("p", file.id())).isFalse();
        assertThat(files.usedBytes("p")).isZero();
        assertThat(keys()).isEmpty();
        assertThatThrownBy(() -> read("p", file)).isInstanceOf(IOException.class);
    }

    @Test
    void aFileEndsAtItsTimeAndIsSweptAway() throws Exception {
        StoredFile file = put("p", "xy", Purpose.BATCH, OptionalLong.of(3_600));
        StoredFile stays = put("p", "z");
        time.advance(Duration.ofSeconds(3_599));
        files.sweep();
        assertThat(files.find("p", file.id())).isPresent();

        time.advance(Duration.ofSeconds(1));
        assertThat(files.find("p", file.id())).isEmpty();
        assertThat(files.list("p", ALL).files()).containsExactly(stays);
        files.sweep();

        assertThat(keys()).hasSize(2).allMatch(key -> key.contains(stays.id()));
        assertThat(files.usedBytes("p")).isEqualTo(1);
    }

    @Test
    void whatIsHeldNeitherGoesNorExpires() {
        StoredFile file = put("p", "x", Purpose.BATCH, OptionalLong.of(3_600));
        assertThat(files.hold("p", file.id())).contains(file);
        assertThat(files.hold("p", file.id())).contains(file);
        files.release(file.id());

        assertThatThrownBy(() -> files.delete("p", file.id()))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT));
        time.advance(Duration.ofHours(2));
        files.sweep();
        assertThat(files.usedBytes("p")).isEqualTo(1);

        files.release(file.id());
        files.sweep();
        assertThat(files.usedBytes("p")).isZero();
    }

    /// The process may die, or the store fail, before and after each write of an upload.
    @Test
    void anUploadThatBreaksOffLeavesNothingThatIsSeenAndIsSweptAway() throws Exception {
        for (int step = 0; step < 3; step++) {
            for (boolean after : List.of(false, true)) {
                FailingAt failing = new FailingAt(local, step, after);
                FileStore uploads = new FileStore(failing, time, new Meter());
                FileStore.Draft draft =
                        new FileStore.Draft("n", Purpose.BATCH, OptionalLong.of(3_600));
                String id = uploads.newId();
                try {
                    uploads.put("p", id, draft, content("x"));
                } catch (Problem problem) {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                }
                restart();
                Optional<StoredFile> found = files.find("p", id);
                if (found.isPresent()) {
                    assertThat(read("p", found.get())).isEqualTo("x");
                    files.delete("p", id);
                } else {
                    assertThat(files.list("p", ALL).files()).isEmpty();
                }
            }
        }
        time.advance(Duration.ofHours(25));
        files.sweep();
        assertThat(keys()).isEmpty();
        assertThat(files.usedBytes("p")).isZero();
    }

    @Test
    void aProjectThatIsDeletedTakesItsFilesWithIt() throws Exception {
        put("p", "x", Purpose.BATCH, OptionalLong.of(3_600));
        StoredFile other = put("q", "y");

        files.deleteProject("p");

        assertThat(files.usedBytes("p")).isZero();
        time.advance(Duration.ofHours(2));
        files.sweep();
        assertThat(keys()).hasSize(2).allMatch(key -> key.contains(other.id()));
    }

    @Test
    void aDescriptionIsReadAsItWasWritten() {
        Gen.check(
                200,
                random -> {
                    StoredFile file =
                            new StoredFile(
                                    "file-1",
                                    Math.abs(random.nextLong()),
                                    random.nextInt(),
                                    Gen.string(random, 40),
                                    Purpose.values()[random.nextInt(Purpose.values().length)],
                                    random.nextBoolean()
                                            ? OptionalLong.of(random.nextInt())
                                            : OptionalLong.empty());
                    assertThat(StoredFile.read("file-1", file.json())).isEqualTo(file);
                });
    }
}
