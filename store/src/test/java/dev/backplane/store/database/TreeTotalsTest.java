package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Progress;
import dev.backplane.store.Subtree;
import dev.backplane.store.TreeRow;
import dev.backplane.store.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where spans stand in a trace's tree, what stands below them, and what was said in it: the same
/// from the log, from segments and from both.
class TreeTotalsTest {
    private static final String PROJECT = "default";

    private LocalObjectStore objects;
    private TraceDatabase store;
    private final Meter meter = new Meter();

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        objects = LocalObjectStore.open(Files.createDirectories(folder.resolve("objects")));
        store =
                TraceDatabase.open(
                        StoreOptions.of(folder.resolve("local")),
                        objects,
                        HybridClock.system(),
                        meter);
    }

    @AfterEach
    void close() {
        store.close();
        objects.close();
    }

    private static SpanData.Builder span(String parent, String kind, long start, long end) {
        SpanData.Builder data =
                SpanData.builder()
                        .put(Field.NAME, "n")
                        .put(Field.KIND, kind)
                        .put(Field.START_TIME, start)
                        .put(Field.END_TIME, end);
        return parent.isEmpty() ? data : data.put(Field.PARENT_ID, parent);
    }

    private void add(String id, SpanData.Builder data) {
        store.append(List.of(SpanEvent.insert(new SpanKey(PROJECT, "t", id), data.build())));
    }

    private List<String> critical() {
        List<TreeRow> rows = store.tree(PROJECT, "t", "", 0, 1_000).rows();
        List<Subtree> totals = store.subtrees(PROJECT, "t", 0, 1_000);
        List<String> critical = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (totals.get(i).critical()) {
                critical.add(rows.get(i).span().key().span());
            }
        }
        return critical;
    }

    @Test
    void addsUpWhatIsBelowEachSpanOfAnyTree() {
        Random random = new Random(11);
        Map<String, String> parents = new HashMap<>();
        Map<String, long[]> own = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            String parent = i == 0 || random.nextInt(20) == 0 ? "" : "s" + random.nextInt(i);
            long[] numbers = {random.nextInt(100), random.nextInt(2)};
            parents.put("s" + i, parent);
            own.put("s" + i, numbers);
            SpanData.Builder data =
                    span(parent, "llm", 1_000 + i, 2_000 + i).put(Field.INPUT_TOKENS, numbers[0]);
            add("s" + i, numbers[1] == 1 ? data.put(Field.STATUS, "error") : data);
            if (i == 150) {
                store.compact(Progress.NONE);
            }
        }
        List<TreeRow> rows = store.tree(PROJECT, "t", "", 0, 1_000).rows();
        List<Subtree> totals = store.subtrees(PROJECT, "t", 0, 1_000);

        assertThat(totals).hasSize(300);
        for (int i = 0; i < rows.size(); i++) {
            String id = rows.get(i).span().key().span();
            assertThat(rows.get(i).position()).isEqualTo(i);
            assertThat(store.position(PROJECT, "t", id)).isEqualTo(OptionalInt.of(i));
            assertThat(rows.get(i).size()).isEqualTo(totals.get(i).spans());
            long[] sums = new long[3];
            own.keySet().stream()
                    .filter(other -> isBelow(other, id, parents))
                    .forEach(other -> {
                        sums[0]++;
                        sums[1] += own.get(other)[0];
                        sums[2] += own.get(other)[1];
                    });
            assertThat(totals.get(i).spans()).isEqualTo((int) sums[0]);
            assertThat(totals.get(i).inputTokens()).isEqualTo(sums[1]);
            assertThat(totals.get(i).errors()).isEqualTo((int) sums[2]);
        }
        assertThat(store.subtrees(PROJECT, "t", 290, 100)).isEqualTo(totals.subList(290, 300));
        assertThat(store.subtrees(PROJECT, "t", 300, 100)).isEmpty();
        assertThat(store.position(PROJECT, "t", "none")).isEmpty();
        assertThat(store.subtrees(PROJECT, "none", 0, 10)).isEmpty();
    }

    private static boolean isBelow(String id, String ancestor, Map<String, String> parents) {
        for (String at = id; !at.isEmpty(); at = parents.get(at)) {
            if (at.equals(ancestor)) {
                return true;
            }
        }
        return false;
    }

    /// Two children at once, then one; the last to end holds the parent up each time.
    @Test
    void findsWhatHeldTheTraceUp() {
        add("root", span("", "agent", 100, 200));
        add("quick", span("root", "tool", 110, 120));
        add("slow", span("root", "tool", 110, 150));
        add("inner", span("slow", "llm", 120, 149));
        add("last", span("root", "llm", 150, 195));

        assertThat(critical()).containsExactly("root", "slow", "inner", "last");
    }

    @Test
    void cutsOffWhatOutlivesItsParentAndLeavesOutWhatHasNoTimes() {
        add("root", span("", "agent", 100, 200));
        add("first", span("root", "tool", 110, 160));
        add("late", span("root", "tool", 160, 900));
        add("open", span("root", "tool", 120, 0));

        assertThat(critical()).containsExactly("root", "first", "late");
    }

    private static String message(String role, String text) {
        return "{\"role\":\"" + role + "\",\"content\":\"" + text + " " + "x".repeat(60) + "\"}";
    }

    private List<String> conversation(String under, int from, int limit) {
        List<String> turns = new ArrayList<>();
        OptionalInt next =
                store.conversation(
                        PROJECT,
                        "t",
                        under,
                        from,
                        turn -> {
                            turns.add(told(turn));
                            return turns.size() < limit;
                        });
        next.ifPresent(position -> turns.add("next " + position));
        return turns;
    }

    private static String told(Turn turn) {
        StringBuilder told = new StringBuilder(turn.call().key().span() + " " + turn.repeated());
        for (Turn.Message message : turn.added()) {
            String text = message.content().read(1 << 20).text();
            told.append(' ').append(message.field().id()).append(message.index()).append(':');
            told.append(text.replaceAll(".*content\":\"(\\w+).*", "$1"));
        }
        return told.toString();
    }

    private void talk() {
        String system = message("system", "rules");
        String question = message("user", "question");
        String answer = message("assistant", "answer");
        add("root", span("", "agent", 100, 900));
        add(
                "one",
                span("root", "llm", 200, 300)
                        .put(Field.INPUT, Value.json("[" + system + "," + question + "]"))
                        .put(Field.OUTPUT, Value.json("[" + answer + "]")));
        add("tool", span("root", "tool", 300, 400).put(Field.INPUT, Value.json("[]")));
        add(
                "two",
                span("root", "llm", 400, 500)
                        .put(
                                Field.INPUT,
                                Value.json(
                                        "["
                                                + String.join(
                                                        ",",
                                                        system,
                                                        question,
                                                        answer,
                                                        message("user", "more"))
                                                + "]"))
                        .put(Field.OUTPUT, Value.text("a plain text")));
    }

    @Test
    void tellsEachMessageOnceWhereverItLies() {
        talk();
        List<String> expected =
                List.of(
                        "one 0 input0:rules input1:question output0:answer",
                        "two 3 input3:more output0:a plain text");

        assertThat(conversation("", 0, 10)).isEqualTo(expected);
        store.compact(Progress.NONE);
        assertThat(conversation("", 0, 10)).isEqualTo(expected);
        add(
                "three",
                span("root", "llm", 600, 700)
                        .put(
                                Field.INPUT,
                                Value.json(
                                        "["
                                                + message("system", "rules")
                                                + ","
                                                + message("user", "last")
                                                + "]")));
        assertThat(conversation("", 0, 10)).hasSize(3).last().isEqualTo("three 1 input1:last");
    }

    @Test
    void goesOnWhereItEndedAndKnowsWhatWasSaid() {
        talk();
        List<String> first = conversation("", 0, 1);

        assertThat(first)
                .containsExactly("one 0 input0:rules input1:question output0:answer", "next 2");
        assertThat(conversation("", 2, 10))
                .containsExactly("two 3 input3:more output0:a plain text");
        assertThat(conversation("two", 0, 10))
                .containsExactly(
                        "two 0 input0:rules input1:question input2:answer input3:more"
                                + " output0:a plain text");
        assertThat(conversation("tool", 0, 10)).isEmpty();
    }

    /// However long the conversation is, a page reads its own calls, and says what it would say
    /// after a walk from the start.
    @Test
    void aPageCostsItsOwnCalls() {
        List<String> said = new ArrayList<>();
        for (int call = 0; call < 40; call++) {
            said.add(message("user", "q" + call));
            add(
                    "c" + call,
                    span("", "llm", 100 + call, 200 + call)
                            .put(Field.INPUT, Value.json("[" + String.join(",", said) + "]"))
                            .put(Field.OUTPUT, Value.json(message("assistant", "a" + call))));
            said.add(message("assistant", "a" + call));
        }
        store.compact(Progress.NONE);
        List<String> whole = conversation("", 0, 100);
        assertThat(whole).hasSize(40);
        List<String> paged = new ArrayList<>();
        for (int from = 0; from < 40; from += 7) {
            List<String> page = conversation("", from, 7);
            paged.addAll(page.stream().filter(turn -> !turn.startsWith("next")).toList());
        }

        assertThat(paged).isEqualTo(whole);
        assertThat(meter.render()).contains("backplane_store_conversation_calls_total 80\n");
        // Asked for again, it has to walk.
        assertThat(conversation("", 35, 7)).isEqualTo(whole.subList(35, 40));
        assertThat(meter.render()).contains("backplane_store_conversation_calls_total 120\n");
    }
}
