package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.SearchHit;
import dev.backplane.store.TraceStore.Tree;
import dev.backplane.testkit.FaultyObjectStore;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceDatabaseTest {
    @TempDir Path directory;
    private FaultyObjectStore objects;
    private TraceDatabase store;

    @BeforeEach
    void open() throws IOException {
        objects = new FaultyObjectStore(LocalObjectStore.open(directory.resolve("objects")), 1);
        objects.switchOn(false);
        store = database();
    }

    private TraceDatabase database() throws IOException {
        return TraceDatabase.open(
                StoreOptions.of(directory.resolve("node")),
                objects,
                HybridClock.system(),
                new Meter());
    }

    @AfterEach
    void close() {
        store.close();
        objects.close();
    }

    private static SpanKey key(String trace, String span) {
        return new SpanKey("default", trace, span);
    }

    private static SpanEvent turn(String trace, int number, String parent, List<String> messages) {
        return SpanEvent.insert(
                key(trace, "s" + number),
                SpanData.builder()
                        .put(Field.NAME, "turn " + number)
                        .put(Field.PARENT_ID, parent)
                        .put(Field.START_TIME, 1_000_000L + number)
                        .put(Field.INPUT, Value.json("[" + String.join(",", messages) + "]"))
                        .build());
    }

    private static String message(String role, String text) {
        return "{\"role\":\"" + role + "\",\"content\":\"" + text + "\"}";
    }

    /// A trace of five turns, each with all messages so far.
    private void conversation(String trace, String third) {
        List<String> messages = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String text = i == 2 ? third : "turn " + i + " talks about luggage";
            messages.add(message("user", text));
            store.append(List.of(turn(trace, i, i == 0 ? "" : "s0", messages)));
        }
    }

    private List<SearchHit> search(String query) {
        List<SearchHit> hits = new ArrayList<>();
        store.search(
                new ListQuery(
                        "default", query, OptionalLong.empty(), OptionalLong.empty(), "", 100),
                hits::add);
        return hits;
    }

    private static String place(SearchHit hit) {
        return hit.span().key().trace() + "/" + hit.span().key().span();
    }

    /// A file channel closes itself when a thread is interrupted in it, for all others too.
    @Test
    void interruptedReadersLeaveTheFilesToTheOthers() throws Exception {
        conversation("a", "about seats");
        for (String where : List.of("log", "segment")) {
            Thread.currentThread().interrupt();
            try {
                store.span(key("a", "s2")).ifPresent(span -> span.data().get(Field.INPUT));
            } catch (Problem refused) {
                // An interrupted caller may be told so; what counts is the next one.
            }
            assertThat(Thread.interrupted()).as(where).isTrue();
            assertThat(store.span(key("a", "s2")).orElseThrow().data().text(Field.NAME))
                    .as(where)
                    .isEqualTo("turn 2");
            store.compact(Progress.NONE);
        }
    }

    @Test
    void findsAMessageWhereItFirstOccurred() {
        conversation("a", "a basic economy refund");
        conversation("b", "an upgrade to business");
        for (int round = 0; round < 2; round++) {
            assertThat(search("\"basic economy\""))
                    .extracting(hit -> place(hit))
                    .containsExactly("a/s2");
            List<SearchHit> both = search("econom* luggage");
            assertThat(both)
                    .as("newest first; a later turn says luggage again")
                    .extracting(h -> place(h))
                    .containsExactly("a/s4", "a/s3", "a/s2");
            SearchHit hit = both.getLast();
            assertThat(hit.field()).isEqualTo("input");
            assertThat(hit.snippet()).contains("basic economy refund");
            assertThat(search("luggage -economy"))
                    .extracting(h -> place(h))
                    .contains("a/s0", "a/s1", "b/s4")
                    .doesNotContain("a/s3", "a/s4");
            assertThat(search("nowhere")).isEmpty();
            store.compact(Progress.NONE);
        }
    }

    @Test
    void searchPagesWithACursorWithoutLossOrRepeat() {
        for (int i = 0; i < 9; i++) {
            conversation("trace-" + i, "needle " + i);
            if (i == 5) {
                store.compact(Progress.NONE);
            }
        }
        List<String> found = new ArrayList<>();
        String cursor = "";
        do {
            cursor =
                    store.search(
                            new ListQuery(
                                    "default",
                                    "needle",
                                    OptionalLong.empty(),
                                    OptionalLong.empty(),
                                    cursor,
                                    2),
                            hit -> found.add(place(hit)));
        } while (!cursor.isEmpty());
        assertThat(found).hasSize(9).doesNotHaveDuplicates();
    }

    @Test
    void doesNotFindWhatWasReplacedOrDeleted() {
        store.append(List.of(turn("a", 1, "", List.of(message("user", "draft wording")))));
        store.append(List.of(turn("a", 1, "", List.of(message("user", "final wording")))));
        store.append(List.of(turn("a", 2, "", List.of(message("user", "gone wording")))));
        store.append(List.of(SpanEvent.delete(key("a", "s2"))));
        for (int round = 0; round < 2; round++) {
            assertThat(search("draft")).isEmpty();
            assertThat(search("gone")).isEmpty();
            assertThat(search("wording")).hasSize(1);
            store.compact(Progress.NONE);
        }
    }

    @Test
    void refusesASearchForNothing() {
        assertThatThrownBy(() -> search("-luggage"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("must not occur");
    }

    @Test
    void drawsTheTreeWhereverItsSpansLie() {
        conversation("a", "first");
        assertThat(lines(store.tree("default", "a", "", 0, 10)))
                .containsExactly("0 s0", "1 s1", "1 s2", "1 s3", "1 s4");
        store.compact(Progress.NONE);
        store.append(List.of(turn("a", 7, "s2", List.of(message("user", "late child")))));
        assertThat(lines(store.tree("default", "a", "", 0, 10)))
                .containsExactly("0 s0", "1 s1", "1 s2", "2 s7", "1 s3", "1 s4");
        assertThat(lines(store.tree("default", "a", "", 3, 2))).containsExactly("2 s7", "1 s3");
        assertThat(lines(store.tree("default", "a", "late", 0, 10)))
                .as("matches and their ancestors")
                .containsExactly("0 s0", "1 s2", "2 s7");
        store.compact(Progress.NONE);
        assertThat(lines(store.tree("default", "a", "", 0, 10)))
                .containsExactly("0 s0", "1 s1", "1 s2", "2 s7", "1 s3", "1 s4");
    }

    /// Ids are checked, whom a span names as its parent is not: that is just a span nobody has.
    @Test
    void drawsSpansWhoseParentCanBeNobodysId() {
        store.append(
                List.of(
                        turn("a", 1, "\u0001", List.of(message("user", "x"))),
                        turn("a", 2, "p".repeat(200), List.of(message("user", "y"))),
                        turn("a", 3, "s1", List.of(message("user", "z")))));
        for (int round = 0; round < 2; round++) {
            assertThat(lines(store.tree("default", "a", "", 0, 10)))
                    .containsExactly("0 s1", "1 s3", "0 s2");
            store.compact(Progress.NONE);
        }
    }

    @Test
    void showsSpansThatAreTheirOwnAncestors() {
        store.append(
                List.of(
                        turn("a", 1, "s2", List.of(message("user", "x"))),
                        turn("a", 2, "s1", List.of(message("user", "y"))),
                        turn("a", 3, "s3", List.of(message("user", "z"))),
                        turn("a", 4, "missing", List.of(message("user", "w")))));
        for (int round = 0; round < 2; round++) {
            assertThat(store.tree("default", "a", "", 0, 10).rows())
                    .extracting(row -> row.span().key().span())
                    .containsExactlyInAnyOrder("s1", "s2", "s3", "s4");
            store.compact(Progress.NONE);
        }
    }

    private static List<String> lines(Tree tree) {
        return tree.rows().stream()
                .map(row -> row.depth() + " " + row.span().key().span())
                .toList();
    }

    @Test
    void keepsAScoreThatCameBeforeItsSpanAndAfterItsCompaction() {
        SpanEvent early =
                SpanEvent.feedback(
                        key("t", "s1"),
                        SpanData.builder()
                                .put(Field.SCORES, Value.json("{\"quality\":1}"))
                                .build());
        store.append(List.of(early));
        store.compact(Progress.NONE);
        store.append(List.of(turn("t", 1, "", List.of(message("user", "hello")))));
        store.compact(Progress.NONE);
        store.append(
                List.of(
                        SpanEvent.feedback(
                                key("t", "s1"),
                                SpanData.builder()
                                        .put(Field.SCORES, Value.json("{\"tone\":0.5}"))
                                        .build()),
                        SpanEvent.merge(
                                key("t", "s1"),
                                SpanData.builder().put(Field.MODEL, "m").build(),
                                MergeRules.NONE)));
        for (int round = 0; round < 2; round++) {
            SpanData data = store.span(key("t", "s1")).orElseThrow().data();
            assertThat(data.text(Field.NAME)).isEqualTo("turn 1");
            assertThat(data.text(Field.MODEL)).isEqualTo("m");
            assertThat(
                            ((Value.Json) data.get(Field.SCORES).orElseThrow())
                                    .content()
                                    .read(99)
                                    .text())
                    .isEqualTo("{\"quality\":1,\"tone\":0.5}");
            assertThat(store.tree("default", "t", "", 0, 9).total()).isEqualTo(1);
            store.compact(Progress.NONE);
        }
    }

    /// The bytes that only a deleted trace had are gone from disk; what it shared stays. What was
    /// sent last holds, also where it was sent before and where the three come at once: it is no
    /// repeat of what is not the last any more.
    @Test
    void whatIsSentAgainAfterSomethingElseIsNoRepeat() {
        SpanKey key = key("a", "s0");
        SpanEvent insert = turn("a", 0, "", List.of(message("user", "x")));
        store.append(List.of(insert));
        store.append(List.of(SpanEvent.delete(key), insert));
        assertThat(store.span(key)).isPresent();

        List<SpanEvent> scores = new ArrayList<>();
        for (long score : new long[] {1, 0, 1}) {
            scores.add(
                    SpanEvent.merge(
                            key,
                            SpanData.builder().put(Field.INPUT_TOKENS, score).build(),
                            MergeRules.NONE));
        }
        store.append(List.of(scores.getFirst()));
        store.append(scores.subList(1, 3));
        for (int round = 0; round < 2; round++) {
            assertThat(store.span(key).orElseThrow().data().number(Field.INPUT_TOKENS, 9))
                    .isEqualTo(1);
            store.compact(Progress.NONE);
        }
    }

    @Test
    void deletesATraceAndItsOwnBytesOnly() throws IOException {
        conversation("keep", "shared words");
        conversation("drop", "shared words");
        String secret = "zyzzyva" + Gen.identifier(Gen.random(1), 40, 40);
        store.append(List.of(turn("drop", 9, "s0", List.of(message("user", secret)))));
        store.compact(Progress.NONE);
        store.deleteTrace("default", "drop");
        assertThat(store.span(key("drop", "s1"))).isEmpty();
        assertThat(search("zyzzyva*")).isEmpty();
        store.close();
        store = database();
        assertThat(store.span(key("drop", "s1"))).as("after a restart").isEmpty();
        store.compact(Progress.NONE);
        assertThat(search("\"shared words\""))
                .extracting(hit -> place(hit))
                .containsExactly("keep/s2");
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain(secret);
            }
        }
        assertThat(store.stats().segments()).hasSize(1);
    }

    @Test
    void projectsDoNotSeeEachOther() {
        conversation("a", "mine");
        store.append(
                List.of(
                        SpanEvent.insert(
                                new SpanKey("other", "a", "s1"),
                                SpanData.builder().put(Field.NAME, "theirs").build())));
        store.compact(Progress.NONE);
        assertThat(store.projects()).containsExactly("default", "other");
        assertThat(search("theirs")).isEmpty();
        store.deleteProject("other");
        assertThat(store.projects()).containsExactly("default");
        assertThat(store.span(key("a", "s1"))).isPresent();
    }

    @Test
    void keepsAppendingWhileTheObjectStoreIsDownAndCatchesUp() {
        conversation("a", "before");
        objects.outage(true);
        assertThatThrownBy(() -> store.compact(Progress.NONE)).isInstanceOf(Problem.class);
        conversation("b", "during");
        assertThat(search("during")).hasSize(1);
        objects.outage(false);
        store.compact(Progress.NONE);
        assertThat(search("before")).hasSize(1);
        assertThat(search("during")).hasSize(1);
        assertThat(store.stats().logBytes()).isLessThan(64);
    }

    @Test
    void survivesLostAnswersAndFailuresOfTheObjectStore() throws IOException {
        objects.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.15)
                .with(FaultyObjectStore.Fault.FAIL_AFTER, 0.15);
        RandomGenerator random = Gen.random(5);
        for (int i = 0; i < 12; i++) {
            conversation("trace-" + i, "needle " + i);
            objects.switchOn(true);
            try {
                store.compact(Progress.NONE);
            } catch (Problem refused) {
                assertThat(refused.kind().retryable()).as("%s", refused).isTrue();
            }
            objects.switchOn(false);
            if (Gen.oneIn(random, 3)) {
                store.close();
                store = database();
            }
        }
        store.compact(Progress.NONE);
        for (int i = 0; i < 12; i++) {
            for (int turn = 0; turn < 5; turn++) {
                assertThat(store.span(key("trace-" + i, "s" + turn))).isPresent();
            }
        }
        assertThat(search("needle")).hasSize(12);
        assertThat(store.verify(Progress.NONE)).isEmpty();
    }

    @Test
    void uploadsAreReadBackWhole() throws IOException {
        byte[] bytes =
                ("{\"a\":\"" + "word ".repeat(600_000) + "\"}").getBytes(StandardCharsets.UTF_8);
        store.upload(key("t", "s"), Field.OUTPUT, true, new ByteArrayInputStream(bytes));
        for (int round = 0; round < 2; round++) {
            Slice back =
                    store.payload(key("t", "s"), Field.OUTPUT).orElseThrow().read(bytes.length);
            assertThat(back.bytes()).isEqualTo(bytes);
            store.compact(Progress.NONE);
        }
        assertThatThrownBy(() ->
                        store.upload(
                                key("t", "s"),
                                Field.OUTPUT,
                                true,
                                new ByteArrayInputStream(
                                        "{\"a\":".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(Problem.class);
    }

    @Test
    void uploadsMayComeBeforeTheirSpan() throws IOException {
        byte[] bytes = "large".getBytes(StandardCharsets.UTF_8);
        store.upload(key("t", "early"), Field.OUTPUT, false, new ByteArrayInputStream(bytes));
        SpanData span = SpanData.builder().put(Field.NAME, "late").build();
        for (int round = 0; round < 2; round++) {
            store.append(List.of(SpanEvent.insert(key("t", "early"), span)));
            SpanData stored = store.span(key("t", "early")).orElseThrow().data();
            assertThat(stored.text(Field.NAME)).isEqualTo("late");
            assertThat(stored.text(Field.OUTPUT)).isEqualTo("large");
            store.compact(Progress.NONE);
        }
    }

    @Test
    void oneProcessAtATime() {
        assertThatThrownBy(this::database)
                .isInstanceOf(Problem.class)
                .hasMessageContaining("another process");
    }

    @Test
    void saysWhichByteIsDamaged() throws IOException {
        conversation("a", "whole");
        store.compact(Progress.NONE);
        assertThat(store.verify(Progress.NONE)).isEmpty();
        store.close();
        Path pack;
        try (Stream<Path> files = Files.walk(directory.resolve("objects"))) {
            pack = files.filter(f -> f.toString().endsWith(".pack")).findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(pack);
        bytes[20] ^= 1;
        Files.write(pack, bytes);
        store = database();
        assertThat(store.verify(Progress.NONE)).hasSize(1).first().asString().contains("checksum");
    }
}
