package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.store.Flame;
import dev.backplane.store.Flame.Bar;
import dev.backplane.store.Progress;
import dev.backplane.store.TraceStore;
import dev.backplane.store.TreePart;
import dev.backplane.store.TreeRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A trace over time: everything is in it, nothing overlaps, and any window of it says the same.
class FlameTest {
    private static final String PROJECT = "default";
    private static final int ALL = Integer.MAX_VALUE;

    private LocalObjectStore objects;
    private TraceDatabase store;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        objects = LocalObjectStore.open(Files.createDirectories(folder.resolve("objects")));
        store =
                TraceDatabase.open(
                        StoreOptions.of(folder.resolve("local")),
                        objects,
                        HybridClock.system(),
                        new Meter());
    }

    @AfterEach
    void close() {
        store.close();
        objects.close();
    }

    /// @param start 0 for none, as the end
    private static SpanEvent span(String id, String parent, long start, long end, boolean failed) {
        SpanData.Builder data = SpanData.builder().put(Field.NAME, "name of " + id);
        data.put(Field.KIND, "tool");
        if (start != 0) {
            data.put(Field.START_TIME, start);
        }
        if (end != 0) {
            data.put(Field.END_TIME, end);
        }
        if (!parent.isEmpty()) {
            data.put(Field.PARENT_ID, parent);
        }
        if (failed) {
            data.put(Field.STATUS, "error");
        }
        return SpanEvent.insert(new SpanKey(PROJECT, "t", id), data.build());
    }

    /// Spans before their parents, without ends, without starts and that end before they start.
    private void anyTrace(Random random, int spans) {
        List<SpanEvent> events = new ArrayList<>();
        for (int i = 0; i < spans; i++) {
            String parent = i == 0 || random.nextInt(20) == 0 ? "" : "s" + random.nextInt(i);
            long start = 1_000 + random.nextInt(5_000);
            long end = start + (long) Math.exp(random.nextDouble() * 8) - 3;
            events.add(
                    span(
                            "s" + i,
                            parent,
                            random.nextInt(30) == 0 ? 0 : start,
                            random.nextInt(30) == 0 ? 0 : end,
                            random.nextInt(5) == 0));
        }
        store.append(events.subList(0, spans / 2));
        store.compact(Progress.NONE);
        store.append(events.subList(spans / 2, spans));
    }

    private Flame flame(long from, long to, int columns) {
        return store.flame(PROJECT, "t", new Flame.Window(from, to, columns, 0, ALL));
    }

    @Test
    void everySpanStandsBelowItsParentAndOverlapsNothing() {
        for (int seed = 0; seed < 8; seed++) {
            String trace = "t";
            anyTrace(new Random(seed), 400);
            List<TreeRow> rows = store.tree(PROJECT, trace, "", 0, 1_000).rows();
            Flame flame = flame(0, Long.MAX_VALUE, ALL);
            Bar[] bars = new Bar[rows.size()];
            flame.bars().forEach(bar -> bars[bar.position()] = bar);

            long drawn = rows.stream().filter(row -> row.span().startNanos() != 0).count();
            assertThat(flame.bars()).hasSize((int) drawn).allMatch(bar -> bar.spans() == 1);
            assertThat(flame.spans()).isEqualTo((int) drawn);
            Bar before = new Bar(-1, 0, 0, 0, 0, false, false, 0, "", "");
            for (Bar bar : flame.bars()) {
                assertThat(bar.lane()).isLessThan(flame.lanes());
                assertThat(bar.lane() > before.lane() || bar.from() >= before.to()).isTrue();
                before = bar;
            }
            for (TreeRow row : rows) {
                for (int i = row.position() + 1; i < row.position() + row.size(); i++) {
                    if (bars[row.position()] != null && bars[i] != null) {
                        assertThat(bars[i].lane()).isGreaterThan(bars[row.position()].lane());
                    }
                }
                check(row, bars[row.position()], flame);
            }
            store.deleteTrace(PROJECT, trace);
        }
    }

    private static void check(TreeRow row, Bar bar, Flame flame) {
        if (bar == null) {
            assertThat(row.span().startNanos()).isZero();
            return;
        }
        long start = row.span().startNanos() - flame.startNanos();
        long end = row.span().endNanos() - flame.startNanos();
        boolean open = row.span().endNanos() == 0;
        assertThat(bar.from()).isEqualTo(start).isNotNegative();
        assertThat(bar.to()).isEqualTo(open ? flame.lengthNanos() : Math.max(start, end));
        assertThat(bar.open()).isEqualTo(open);
        assertThat(bar.errors()).isEqualTo(row.span().failed() ? 1 : 0);
        assertThat(bar.kind()).isEqualTo("tool");
        assertThat(bar.name()).isIn("", row.span().name());
    }

    @Test
    void aWindowTellsAllThatIsInItByNumberWhereItIsNarrow() {
        anyTrace(new Random(5), 2_000);
        Flame whole = flame(0, Long.MAX_VALUE, ALL);
        Random random = new Random(6);
        for (int round = 0; round < 100; round++) {
            long from = random.nextLong(whole.lengthNanos());
            long to = from + 1 + random.nextLong(whole.lengthNanos() - from);
            int columns = 1 + random.nextInt(300);
            int lane = random.nextInt(whole.lanes());
            int lanes = 1 + random.nextInt(20);
            Flame part =
                    store.flame(PROJECT, "t", new Flame.Window(from, to, columns, lane, lanes));

            List<Bar> expected =
                    whole.bars().stream()
                            .filter(bar -> bar.lane() >= lane && bar.lane() < lane + lanes)
                            .filter(bar -> bar.to() >= from && bar.from() <= to)
                            .toList();
            assertThat(part.bars().stream().mapToInt(Bar::spans).sum()).isEqualTo(expected.size());
            assertThat(part.bars().stream().mapToInt(Bar::errors).sum())
                    .isEqualTo(expected.stream().mapToInt(Bar::errors).sum());
            long column = Math.max(1, (to - from) / columns);
            for (int i = lane; i < lane + lanes; i++) {
                int current = i;
                List<Bar> shown = part.bars().stream().filter(b -> b.lane() == current).toList();
                assertThat(shown.size())
                        .isLessThanOrEqualTo((int) (2 * ((to - from) / column) + 4));
                assertThat(shown)
                        .allMatch(bar -> bar.spans() == 1 || bar.to() - bar.from() < 2 * column);
            }
        }
    }

    /// More at the same time than there are lanes to begin with.
    @Test
    void thousandsAtTheSameTimeHaveALaneEach() {
        List<SpanEvent> events = new ArrayList<>();
        events.add(span("root", "", 1_000, 9_000, false));
        for (int i = 0; i < 3_000; i++) {
            events.add(span("s" + i, "root", 2_000, 8_000, i == 2_999));
        }
        store.append(events);
        Flame flame = flame(0, Long.MAX_VALUE, 10);

        assertThat(flame.lanes()).isEqualTo(3_001);
        Flame last = store.flame(PROJECT, "t", new Flame.Window(0, 8_000, 10, 3_000, 50));
        assertThat(last.bars()).hasSize(1);
        assertThat(last.lanes()).isEqualTo(3_001);
    }

    @Test
    void aTreeShowsWhatFailedOrHeldTheTraceUpWithWhatIsAbove() {
        store.append(
                List.of(
                        span("root", "", 100, 200, false),
                        span("quick", "root", 110, 120, false),
                        span("bad", "quick", 112, 118, true),
                        span("slow", "root", 110, 195, false)));

        assertThat(shown(TreePart.FAILED)).containsExactly("root-", "quick-", "bad");
        assertThat(shown(TreePart.CRITICAL)).containsExactly("root", "slow");
        assertThat(shown(TreePart.ALL)).containsExactly("root", "quick", "bad", "slow");
        TraceStore.Tree both = store.tree(PROJECT, "t", "slow", TreePart.FAILED, 0, 10);
        assertThat(both.total()).isZero();
        assertThat(store.tree(PROJECT, "t", "bad", TreePart.FAILED, 0, 10).total()).isEqualTo(3);
    }

    /// What does not belong to the part itself has a mark.
    private List<String> shown(TreePart part) {
        return store.tree(PROJECT, "t", "", part, 0, 10).rows().stream()
                .map(row -> row.span().key().span() + (row.matched() ? "" : "-"))
                .toList();
    }

    @Test
    void aTraceThatIsNotThereIsEmpty() {
        Flame flame = flame(0, 100, 10);
        assertThat(flame.bars()).isEmpty();
        assertThat(flame.lanes()).isZero();
    }
}
