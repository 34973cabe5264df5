package dev.backplane.store.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// That a roll-up equals the SQL definition is tested where both exist: in `ListsTest`.
class RollUpTest {
    @Test
    void piecesAddUpToTheWholeInAnyOrder() {
        Gen.check(
                200,
                random -> {
                    List<RollUp> pieces = new ArrayList<>();
                    RollUp whole = new RollUp();
                    for (int i = Gen.integer(random, 1, 6); i > 0; i--) {
                        pieces.add(new RollUp());
                    }
                    for (int i = Gen.integer(random, 1, 30); i > 0; i--) {
                        SpanRow row = row(random, i);
                        whole.add(row);
                        Gen.pick(random, pieces).add(row);
                    }
                    RollUp sum = new RollUp();
                    while (!pieces.isEmpty()) {
                        sum.merge(copy(pieces.remove(random.nextInt(pieces.size()))));
                    }
                    TraceRow expected = whole.row("p", "t");
                    TraceRow found = sum.row("p", "t");
                    assertThat(sum.beginning()).isEqualTo(whole.beginning());
                    assertThat(found.cost()).isCloseTo(expected.cost(), within(1e-12));
                    assertThat(found)
                            .usingRecursiveComparison()
                            .ignoringFields("cost")
                            .isEqualTo(expected);
                });
    }

    /// Through its bytes, as a segment keeps it.
    private static RollUp copy(RollUp rollUp) {
        ByteWriter out = new ByteWriter(64);
        rollUp.write(out);
        ByteReader in = new ByteReader(Slice.of(out.toBytes()));
        RollUp read = RollUp.read(in);
        assertThat(in.remaining()).isZero();
        return read;
    }

    /// @param number makes starts differ, so that there is one earliest span
    private static SpanRow row(RandomGenerator random, int number) {
        long start = 1_000_000L + random.nextInt(1_000) * 1_000L + number;
        boolean isCall = random.nextBoolean();
        boolean started = !Gen.oneIn(random, 4);
        return new SpanRow(
                new SpanKey("p", "t", "s" + number),
                Gen.oneIn(random, 4) ? "" : "s1",
                Gen.pick(random, "", "chat", "böok"),
                isCall ? "llm" : "tool",
                started ? start : 0,
                Gen.oneIn(random, 4) ? 0 : start + random.nextInt(1_000),
                start,
                Gen.pick(random, "", "ok", "error"),
                "",
                Gen.pick(random, "", "gpt-4o", "örtlich"),
                "",
                isCall ? random.nextInt(1_000) : -1,
                isCall ? random.nextInt(1_000) : -1,
                -1,
                -1,
                Gen.oneIn(random, 2) ? 7 : -1,
                isCall ? random.nextDouble() : Double.NaN,
                Double.NaN,
                Gen.pick(random, "", "session"),
                Gen.pick(random, "", "user"),
                Gen.pick(random, "", "agent"),
                Gen.pick(random, "", "[\"b\",\"a\"]", "[\"c\"]"),
                Gen.pick(random, "", "", "{\"x\":1}", "{\"x\":0.5,\"y\":null}"),
                "",
                "");
    }

    @Test
    void theRootSpeaksForItsTrace() {
        RandomGenerator random = Gen.random(1);
        SpanRow any = row(random, 1);
        RollUp sum = new RollUp();
        sum.add(span(any, "", 50, "root", "[\"b\"]", "{\"x\":1}"));
        sum.add(span(any, "p", 10, "early", "[\"a\",\"b\"]", "{\"x\":2,\"y\":3}"));
        TraceRow row = sum.row("p", "t");
        assertThat(row.name()).isEqualTo("root");
        assertThat(row.startNanos()).isEqualTo(10);
        assertThat(row.tags()).isEqualTo("[\"a\",\"b\"]");
        assertThat(row.scores()).isEqualTo("{\"x\":1,\"y\":3}");
    }

    private static SpanRow span(
            SpanRow like, String parent, long start, String name, String tags, String scores) {
        return new SpanRow(
                like.key(),
                parent,
                name,
                like.kind(),
                start,
                0,
                start,
                "ok",
                "",
                "",
                "",
                -1,
                -1,
                -1,
                -1,
                -1,
                Double.NaN,
                Double.NaN,
                "",
                "",
                "",
                tags,
                scores,
                "",
                "");
    }

    @Test
    void scoresThatAreNoJsonCountForNothing() {
        SpanRow any = row(Gen.random(2), 1);
        RollUp sum = new RollUp();
        sum.add(span(any, "", 1, "a", "no json", "{\"x\":"));
        sum.add(span(any, "a", 2, "b", "[1,null,{\"k\":\"v\"}]", "{\"y\":1}"));
        assertThat(sum.row("p", "t").scores()).isEqualTo("{\"y\":1}");
        assertThat(sum.row("p", "t").tags()).isEqualTo("[\"1\",\"{\\\"k\\\":\\\"v\\\"}\"]");
    }
}
