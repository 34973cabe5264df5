package dev.backplane.store.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.SpanKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FreshSpansTest {
    /// Applies and erases at random, beside maps that say plainly what there should be.
    @Test
    void knowsWhatPlainMapsKnow() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            FreshSpans spans = new FreshSpans();
            Map<String, Map<String, Map<SpanKey, List<Long>>>> plain = new TreeMap<>();
            Map<List<String>, Long> latest = new HashMap<>();
            List<SpanKey> arrivals = new ArrayList<>();
            for (int step = 0; step < 3_000; step++) {
                String project = "p" + random.nextInt(3);
                String trace = "träce-" + random.nextInt(40);
                if (random.nextInt(100) == 0) {
                    boolean whole = random.nextBoolean();
                    spans.erase(project, whole ? "" : trace);
                    Map<String, Map<SpanKey, List<Long>>> traces =
                            plain.getOrDefault(project, Map.of());
                    List.copyOf(traces.keySet()).stream()
                            .filter(id -> whole || id.equals(trace))
                            .forEach(id -> {
                                traces.remove(id);
                                latest.remove(List.of(project, id));
                            });
                    continue;
                }
                SpanKey key = new SpanKey(project, trace, "s\ud800" + random.nextInt(8));
                spans.apply(key, step, new FreshSpan.Place(step, step % 100), -step, row(step));
                plain.computeIfAbsent(project, _ -> new TreeMap<>())
                        .computeIfAbsent(trace, _ -> new LinkedHashMap<>())
                        .computeIfAbsent(key, _ -> new ArrayList<>())
                        .add((long) step);
                latest.put(List.of(project, trace), (long) step);
                arrivals.add(key);
            }
            plain.values().removeIf(Map::isEmpty);
            for (int i = 0; i < 3 * 40; i++) {
                List<String> trace = List.of("p" + i % 3, "träce-" + i / 3);
                boolean lives = latest.containsKey(trace);
                assertThat(spans.hasTrace(trace.get(0), trace.get(1))).isEqualTo(lives);
                assertThat(spans.latest(trace.get(0), trace.get(1)))
                        .isEqualTo(latest.getOrDefault(trace, 0L));
            }
            assertThat(spans.projects()).isEqualTo(plain.keySet());
            plain.forEach((project, traces) -> holds(spans, project, traces, latest));
            assertThat(spans.arrivals(0, Integer.MAX_VALUE))
                    .extracting(FreshSpans.Arrival::key)
                    .isEqualTo(arrivals);
            List<SpanKey> own = new ArrayList<>();
            assertThat(spans.arrivals("p1", 7, own::add)).isEqualTo(arrivals.size() - 7);
            assertThat(own)
                    .isEqualTo(
                            arrivals.stream()
                                    .skip(7)
                                    .filter(key -> key.project().equals("p1"))
                                    .toList());
            assertThat(spans.size())
                    .isEqualTo(
                            plain.values().stream()
                                    .flatMap(traces -> traces.values().stream())
                                    .mapToInt(Map::size)
                                    .sum());
        }
    }

    private static byte[] row(int step) {
        return ("row " + step + " ".repeat(step)).getBytes(StandardCharsets.UTF_8);
    }

    private static void holds(
            FreshSpans spans,
            String project,
            Map<String, Map<SpanKey, List<Long>>> traces,
            Map<List<String>, Long> latest) {
        Map<String, Long> versions = new TreeMap<>();
        spans.latest(project, (trace, version) -> versions.put(trace, version));
        assertThat(versions.keySet()).isEqualTo(traces.keySet());
        Map<String, List<FreshSpan>> spansOf = new HashMap<>();
        spans.project(
                project,
                span ->
                        spansOf.computeIfAbsent(span.key().trace(), _ -> new ArrayList<>())
                                .add(span));
        assertThat(spansOf.keySet()).isEqualTo(traces.keySet());
        traces.forEach((trace, known) -> {
            long version = latest.get(List.of(project, trace));
            assertThat(versions.get(trace)).isEqualTo(version);
            assertThat(spans.latest(project, trace)).isEqualTo(version);
            List<FreshSpan> found = spansOf.get(trace);
            assertThat(found)
                    .extracting(FreshSpan::key)
                    .containsExactlyInAnyOrderElementsOf(known.keySet());
            for (FreshSpan span : found) {
                List<Long> positions = known.get(span.key());
                assertThat(span.positions()).containsExactly(positions.toArray(Long[]::new));
                assertThat(spans.find(span.key())).contains(span);
                long last = positions.getLast();
                assertThat(spans.isLatest(span.key(), -last)).isTrue();
                assertThat(spans.isLatest(span.key(), -last - 1)).isFalse();
                assertThat(span.row().bytes())
                        .isEqualTo(positions.size() == 1 ? row((int) last) : Prepared.NO_ROW);
            }
        });
    }
}
