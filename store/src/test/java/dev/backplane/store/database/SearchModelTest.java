package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.TreeRow;
import dev.backplane.store.content.Splitter;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.log.LogLimits;
import dev.backplane.store.text.Shape;
import dev.backplane.store.text.TextMatcher;
import dev.backplane.store.text.TextQuery;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A search answers from the log as it does from segments, and as reading every span would.
class SearchModelTest {
    private static final List<String> WORDS = List.of("ash", "bay", "cod", "dew", "elm", "fig");

    @TempDir Path directory;
    private int runs;

    @Test
    void answersBeforeCompactionAsAfterItAndAsReadingEverySpan() {
        Gen.check(
                12,
                random -> {
                    try (Run run = new Run(directory.resolve("run-" + runs++), random)) {
                        for (int round = 0; round < 3; round++) {
                            run.append();
                            run.check("round " + round + ", fresh");
                            run.store.compact(Progress.NONE);
                            run.check("round " + round + ", compacted");
                        }
                    }
                });
    }

    private static final class Run implements AutoCloseable {
        final RandomGenerator random;
        final LocalObjectStore objects;
        final TraceDatabase store;
        final Map<SpanKey, List<StoredEvent>> model = new HashMap<>();
        final List<String> typed = new ArrayList<>();
        long version;

        Run(Path directory, RandomGenerator random) throws IOException {
            this.random = random;
            this.objects = LocalObjectStore.open(directory.resolve("objects"));
            StoreOptions options =
                    new StoreOptions(
                            directory.resolve("node"),
                            new LogLimits(1 << 20, 12),
                            Duration.ofHours(1),
                            1 << 20,
                            1 << 20,
                            100_000,
                            false);
            this.store = TraceDatabase.open(options, objects, HybridClock.system(), new Meter());
            for (int i = 0; i < 25; i++) {
                typed.add(query(2));
            }
        }

        void append() {
            for (int i = Gen.integer(random, 5, 40); i > 0; i--) {
                SpanEvent event = event();
                store.append(List.of(event));
                model.computeIfAbsent(event.key(), _ -> new ArrayList<>())
                        .add(new StoredEvent(++version, event.op(), event.data(), event.rules()));
            }
        }

        SpanEvent event() {
            SpanKey key = new SpanKey("default", "t" + random.nextInt(3), "s" + random.nextInt(8));
            SpanData.Builder data = SpanData.builder();
            // No event is a repeat of another.
            data.put(Field.INPUT_TOKENS, version);
            if (random.nextBoolean()) {
                data.put(Field.NAME, words(2));
            }
            if (random.nextBoolean()) {
                data.put(Field.METADATA, Value.json("{\"" + words(1) + "\":\"" + words(2) + "\"}"));
            }
            switch (random.nextInt(8)) {
                case 0 -> {
                    return SpanEvent.delete(key);
                }
                case 1, 2 -> {
                    data.put(Field.OUTPUT, Value.json(messages()));
                    return SpanEvent.merge(key, data.build(), MergeRules.NONE);
                }
                case 3 -> {
                    return SpanEvent.feedback(
                            key,
                            SpanData.builder()
                                    .put(Field.TAGS, Value.json("[\"" + words(2) + "\"]"))
                                    .put(Field.EXPECTED, Value.text(words(60)))
                                    .build());
                }
                default -> {
                    data.put(Field.START_TIME, random.nextLong(1, 6));
                    data.put(Field.INPUT, Value.json(messages()));
                    return SpanEvent.insert(key, data.build());
                }
            }
        }

        String messages() {
            List<String> messages = new ArrayList<>();
            for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                messages.add("{\"role\":\"user\",\"content\":\"" + words(4) + "\"}");
            }
            return "[" + String.join(",", messages) + "]";
        }

        String words(int most) {
            List<String> words = new ArrayList<>();
            for (int i = Gen.integer(random, 1, most); i > 0; i--) {
                words.add(Gen.pick(random, WORDS));
            }
            return String.join(" ", words);
        }

        String query(int depth) {
            return switch (random.nextInt(depth == 0 ? 4 : 7)) {
                case 0, 1 -> Gen.pick(random, WORDS);
                case 2 -> "\"" + Gen.pick(random, WORDS) + " " + Gen.pick(random, WORDS) + "\"";
                case 3 -> Gen.pick(random, WORDS).charAt(0) + "*";
                case 4 -> query(depth - 1) + " " + query(depth - 1);
                case 5 -> "(" + query(depth - 1) + " OR " + query(depth - 1) + ")";
                default -> "NOT (" + query(depth - 1) + ")";
            };
        }

        void check(String when) {
            Map<String, TreeMap<String, SpanData>> traces = new TreeMap<>();
            model.forEach((key, events) ->
                    Fold.fold(events)
                            .ifPresent(folded ->
                                    traces.computeIfAbsent(key.trace(), _ -> new TreeMap<>())
                                            .put(key.span(), folded.data())));
            for (String typedQuery : typed) {
                TextQuery query = TextQuery.parse(typedQuery);
                Set<String> introduced = new TreeSet<>();
                traces.forEach((trace, spans) -> {
                    Set<String> holding = new TreeSet<>();
                    spans.forEach((span, data) -> {
                        if (query.holds(leaf -> holds(leaf, data))) {
                            holding.add(span);
                        }
                    });
                    assertThat(matched(trace, typedQuery))
                            .as("%s: %s in %s", when, typedQuery, trace)
                            .isEqualTo(holding);
                    introduced.addAll(introduced(query, trace, spans, holding));
                });
                if (!query.wanted().isEmpty()) {
                    assertThat(found(typedQuery))
                            .as("%s: %s", when, typedQuery)
                            .isEqualTo(introduced);
                }
            }
        }

        Set<String> matched(String trace, String query) {
            Set<String> spans = new TreeSet<>();
            for (TreeRow row : store.tree("default", trace, query, 0, 1_000).rows()) {
                if (row.matched()) {
                    spans.add(row.span().key().span());
                }
            }
            return spans;
        }

        Set<String> found(String query) {
            Set<String> places = new TreeSet<>();
            store.search(
                    new ListQuery(
                            "default", query, OptionalLong.empty(), OptionalLong.empty(), "", 999),
                    hit -> places.add(hit.span().key().trace() + "/" + hit.span().key().span()));
            return places;
        }

        /// The spans of a trace in which the query holds for a text that no earlier span had.
        Set<String> introduced(
                TextQuery query, String trace, Map<String, SpanData> spans, Set<String> holding) {
            List<Map.Entry<String, SpanData>> inOrder = new ArrayList<>(spans.entrySet());
            inOrder.sort(
                    Comparator.comparingLong((Map.Entry<String, SpanData> span) ->
                                    orderNanos(trace, span.getKey(), span.getValue()))
                            .thenComparing(Map.Entry::getKey));
            Set<String> seen = new HashSet<>();
            Set<String> introduced = new TreeSet<>();
            for (Map.Entry<String, SpanData> span : inOrder) {
                boolean fresh = anyHolds(query, words(span.getValue()));
                for (Slice text : contents(span.getValue())) {
                    fresh |= anyHolds(query, text) && seen.add(text.text());
                }
                if (fresh && holding.contains(span.getKey())) {
                    introduced.add(trace + "/" + span.getKey());
                }
            }
            return introduced;
        }

        /// The model's versions are not times.
        long orderNanos(String trace, String span, SpanData data) {
            SpanKey key = new SpanKey("default", trace, span);
            return Rows.orderNanos(data, store.span(key).orElseThrow().version());
        }

        static boolean anyHolds(TextQuery query, Slice text) {
            return query.wanted().stream().anyMatch(leaf -> matches(leaf, text));
        }

        static boolean holds(TextQuery.Leaf leaf, SpanData data) {
            return matches(leaf, words(data))
                    || contents(data).stream().anyMatch(text -> matches(leaf, text));
        }

        static boolean matches(TextQuery.Leaf leaf, Slice text) {
            boolean json = !text.isEmpty() && (text.at(0) == '{' || text.at(0) == '[');
            return TextMatcher.matches(leaf, text, json ? Shape.JSON : Shape.TEXT);
        }

        static Slice words(SpanData data) {
            StringBuilder words = new StringBuilder(data.text(Field.NAME));
            for (Field field : List.of(Field.TAGS, Field.METADATA)) {
                data.get(field).ifPresent(v -> words.append('\n').append(slice(v).text()));
            }
            return Slice.of(words.toString());
        }

        static List<Slice> contents(SpanData data) {
            List<Slice> contents = new ArrayList<>();
            for (Field field : List.of(Field.INPUT, Field.OUTPUT)) {
                data.get(field)
                        .ifPresent(value -> {
                            Slice whole = slice(value);
                            contents.addAll(
                                    Splitter.split(whole)
                                            .map(Splitter.Split::pieces)
                                            .orElse(List.of(whole)));
                        });
            }
            data.get(Field.EXPECTED)
                    .map(Run::slice)
                    .filter(expected -> expected.length() >= 256)
                    .ifPresent(contents::add);
            return contents;
        }

        static Slice slice(Value value) {
            return switch (value) {
                case Value.Text(Content content) -> content.read(1 << 20);
                case Value.Json(Content content) -> content.read(1 << 20);
                default -> throw new IllegalArgumentException("not a text: " + value);
            };
        }

        @Override
        public void close() {
            store.close();
            objects.close();
        }
    }
}
