package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalObjectStoreTest extends ObjectStoreContract {
    @TempDir Path root;

    @Override
    protected ObjectStore open() throws IOException {
        return LocalObjectStore.open(root);
    }

    @Test
    void fetchGivesTheObjectItself() throws IOException {
        try (ObjectStore store = open()) {
            store.putIfAbsent("a/b", new byte[] {1, 2});

            assertThat(store.fetch("a/b", root.resolve("unused")))
                    .isEqualTo(root.toRealPath().resolve("a/b"));
        }
    }

    @Test
    void everythingIsThereAfterReopening() throws IOException {
        String tag;
        try (ObjectStore store = open()) {
            tag = store.putIfAbsent("a/b", new byte[] {1}).orElseThrow();
        }
        try (ObjectStore store = open()) {
            assertThat(store.get("a/b").orElseThrow().tag()).isEqualTo(tag);
            assertThat(store.putIfMatch("a/b", new byte[] {2}, tag)).isPresent();
        }
    }

    @Test
    void foreignFilesAreNotObjects() throws IOException {
        try (ObjectStore store = open()) {
            Files.createDirectories(root.resolve("lost+found"));
            Files.writeString(root.resolve("lost+found/x"), "x");
            Files.writeString(root.resolve(".DS_Store"), "x");
            store.putIfAbsent("a", new byte[1]);

            assertThat(store.list("")).containsExactly(new ObjectStore.Listed("a", 1));
        }
    }

    @Test
    void keyAndFolderDoNotMix() throws IOException {
        try (ObjectStore store = open()) {
            store.putIfAbsent("a/b", new byte[1]);

            assertThatExceptionOfType(Problem.class)
                    .isThrownBy(() -> store.putIfAbsent("a", new byte[1]))
                    .matches(problem -> problem.kind() == Problem.Kind.INVALID);
            assertThatExceptionOfType(Problem.class)
                    .isThrownBy(() -> store.putIfAbsent("a/b/c", new byte[1]))
                    .matches(problem -> problem.kind() == Problem.Kind.INVALID);
            assertThat(store.get("a")).isEmpty();
            assertThat(store.get("a/b/c")).isEmpty();
            store.delete("a");
            assertThat(store.get("a/b")).isPresent();
        }
    }

    @Test
    void nothingUnfinishedStaysAfterAFailedWrite() throws IOException {
        try (ObjectStore store = open()) {
            Path missing = root.resolve("missing-source");

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> store.putIfAbsent("a", missing));

            assertThat(store.list("")).isEmpty();
            assertThat(unfinished()).isEmpty();
        }
    }

    @Test
    void closedStoreRefuses() throws IOException {
        ObjectStore store = open();
        store.close();
        store.close();

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.get("a"));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.list(""));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.putIfAbsent("a", new byte[1]));
    }

    /// Three processes count in one object; none of their additions is lost.
    @Test
    void processesTakeTurns() throws Exception {
        try (ObjectStore store = open()) {
            store.putIfAbsent("counter", LocalStoreProcess.number(0));
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                processes.add(LocalStoreProcess.start(root, "count", "50"));
            }
            for (Process process : processes) {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
            }

            assertThat(LocalStoreProcess.number(store.get("counter").orElseThrow().bytes()))
                    .isEqualTo(150);
        }
    }

    /// A process that is killed while it writes leaves complete objects only, and what it left
    /// unfinished goes when the store is opened next; that of a living process stays.
    @Test
    void killedWriterLeavesNothingHalf() throws Exception {
        try (ObjectStore living = open()) {
            int spaces = spaces().size();
            for (int round = 0; round < 3; round++) {
                Process process = LocalStoreProcess.start(root, "write", "round" + round);
                long acknowledged = 0;
                while (acknowledged < 20) {
                    acknowledged = Long.parseLong(process.inputReader().readLine());
                }
                process.toHandle().destroyForcibly();
                for (String line : process.inputReader().readAllLines()) {
                    acknowledged = Long.parseLong(line);
                }
                process.waitFor();

                try (ObjectStore store = open()) {
                    List<ObjectStore.Listed> objects = store.list("round" + round + "/");
                    assertThat(objects).hasSizeGreaterThanOrEqualTo((int) acknowledged);
                    for (ObjectStore.Listed object : objects) {
                        long number = LocalStoreProcess.numberOf(object.key());
                        assertThat(store.get(object.key()).orElseThrow().bytes())
                                .isEqualTo(LocalStoreProcess.content(number));
                    }
                    assertThat(unfinished()).isEmpty();
                    assertThat(spaces()).as("of living stores").hasSize(spaces + 1);
                }
                assertThat(living.putIfAbsent("living/" + round, new byte[1])).isPresent();
            }
        }
    }

    private List<Path> spaces() throws IOException {
        try (Stream<Path> entries = Files.list(root.resolve(".tmp"))) {
            return entries.filter(Files::isDirectory).toList();
        }
    }

    private List<Path> unfinished() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path space : spaces()) {
            try (Stream<Path> entries = Files.list(space)) {
                entries.forEach(files::add);
            }
        }
        return files;
    }
}
