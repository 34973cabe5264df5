package dev.backplane.server.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class DatasetStoreTest {
    private static final String PROJECT = "default";

    @TempDir private Path directory;
    private ObjectStore objects;
    private DatasetStore store;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory);
        store = new DatasetStore(objects, InstantSource.system());
    }

    @AfterEach
    void close() {
        objects.close();
    }

    private static DatasetRow row(String span, String note) {
        ObjectNode json = ChatMessages.MAPPER.createObjectNode();
        json.put("id", DatasetRow.id("t", span)).put("span_id", span).put("note", note);
        return new DatasetRow(json);
    }

    private Map<String, String> notes() throws IOException {
        Map<String, String> notes = new LinkedHashMap<>();
        store.rows(
                PROJECT,
                "d",
                0,
                row -> {
                    notes.put(row.id(), row.json().path("note").asString(""));
                    return true;
                });
        return notes;
    }

    /// Whatever is done in whatever order, the rows are those that a list would hold, and no object
    /// is left that nobody names.
    @Test
    void holdsWhatAListWouldHold() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Map<String, String> expected = new LinkedHashMap<>();
        for (int step = 0; step < 60; step++) {
            List<String> ids = new ArrayList<>(expected.keySet());
            int deed = random.nextInt(4);
            if (deed < 2 || ids.isEmpty()) {
                List<DatasetRow> rows = new ArrayList<>();
                for (int i = random.nextInt(12); i >= 0; i--) {
                    DatasetRow row =
                            row("s" + random.nextInt(200), "x".repeat(random.nextInt(200_000)));
                    rows.add(row);
                    expected.putIfAbsent(row.id(), row.json().path("note").asString(""));
                }
                store.add(PROJECT, "d", rows);
            } else if (deed == 2) {
                String id = ids.get(random.nextInt(ids.size()));
                store.removeRow(PROJECT, "d", id);
                expected.remove(id);
            } else {
                String id = ids.get(random.nextInt(ids.size()));
                String note = "y".repeat(random.nextInt(200_000));
                store.changeRow(
                        PROJECT, "d", id, ChatMessages.MAPPER.createObjectNode().put("note", note));
                expected.put(id, note);
            }
        }

        assertThat(notes()).as("seed " + seed).isEqualTo(expected);
        assertThat(List.copyOf(notes().keySet())).isEqualTo(List.copyOf(expected.keySet()));
        assertThat(store.find(PROJECT, "d").rows()).isEqualTo(expected.size());
        long stored =
                objects.list("dataset-rows/").stream().mapToLong(ObjectStore.Listed::size).sum();
        assertThat(stored).as("seed " + seed).isEqualTo(store.find(PROJECT, "d").bytes());
    }

    @Test
    void losesNothingWhenManyAddAtOnce() throws Exception {
        List<FutureTask<Integer>> adding = new ArrayList<>();
        for (int writer = 0; writer < 4; writer++) {
            String name = "w" + writer;
            FutureTask<Integer> task =
                    new FutureTask<>(() -> {
                        DatasetStore own = new DatasetStore(objects, InstantSource.system());
                        int added = 0;
                        for (int i = 0; i < 5; i++) {
                            added +=
                                    own.add(
                                                    PROJECT,
                                                    "d",
                                                    List.of(row(name + i, "n"), row("all", "")))
                                            .added();
                        }
                        return added;
                    });
            Thread.ofVirtual().start(task);
            adding.add(task);
        }
        int added = 0;
        for (FutureTask<Integer> task : adding) {
            added += task.get();
        }

        assertThat(added).isEqualTo(21);
        assertThat(notes()).hasSize(21);
    }

    /// A reader that is in the midst of it sees a row that moved, and misses one that went.
    @Test
    void isReadWhileItIsChanged() throws IOException {
        store.add(PROJECT, "d", List.of(row("a", "x".repeat(600_000)), row("b", ""), row("c", "")));
        store.add(PROJECT, "d", List.of(row("d", "x".repeat(1_100_000)), row("e", "")));
        List<String> seen = new ArrayList<>();
        store.rows(
                PROJECT,
                "d",
                0,
                row -> {
                    if (seen.isEmpty()) {
                        store.removeRow(PROJECT, "d", DatasetRow.id("t", "d"));
                        store.add(PROJECT, "d", List.of(row("f", "")));
                    }
                    seen.add(row.json().path("span_id").asString(""));
                    return true;
                });

        assertThat(seen).containsExactly("a", "b", "c", "e");
    }

    @Test
    void refusesTooManyRowsAndKeepsThoseThereAre() throws IOException {
        store.add(PROJECT, "d", List.of(row("a", "")));
        List<DatasetRow> many = new ArrayList<>();
        for (int i = 0; i < DatasetStore.ROWS_MAX; i++) {
            many.add(row("s" + i, ""));
        }

        assertThatThrownBy(() -> store.add(PROJECT, "d", many))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("too many rows");
        assertThat(notes()).hasSize(1);
    }
}
