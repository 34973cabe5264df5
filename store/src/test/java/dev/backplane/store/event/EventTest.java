package dev.backplane.store.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Deletion;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.SpanGen;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class EventTest {
    private static final Set<Field> ALL = EnumSet.allOf(Field.class);

    /// Every content a leaf of its own, whatever it is.
    private static final class Leaves implements ContentSource {
        final List<Slice> leaves = new ArrayList<>();

        int add(Content content) {
            leaves.add(Slice.of(content.read(Integer.MAX_VALUE).bytes()));
            return Refs.leaf(leaves.size() - 1);
        }

        @Override
        public Slice leaf(int number) {
            return leaves.get(number);
        }

        @Override
        public SequenceDef sequence(int number) {
            throw new IllegalStateException("only leaves here");
        }
    }

    private static StoredEvent roundTrip(StoredEvent event, Set<Field> wanted) {
        Leaves leaves = new Leaves();
        ByteWriter out = new ByteWriter(16);
        EventCodec.encode(event).write(out, event.version(), leaves::add);
        ByteReader in = new ByteReader(Slice.of(out.toBytes()));
        StoredEvent read = EventCodec.decode(in, EventCodec.RefReader.absolute(leaves), wanted);
        assertThat(in.remaining()).isZero();
        return read;
    }

    /// With every content in memory, so that equal data are equal objects.
    private static SpanData plain(SpanData data) {
        SpanData.Builder builder = SpanData.builder();
        data.forEach((field, value) -> builder.put(field, plain(value)));
        return builder.build();
    }

    private static Slice plain(Content content) {
        return Slice.of(content.read(Integer.MAX_VALUE).bytes());
    }

    private static List<Value.Attribute> plain(List<Value.Attribute> list) {
        return list.stream()
                .map(attribute -> new Value.Attribute(attribute.name(), plain(attribute.value())))
                .toList();
    }

    private static Value plain(Value value) {
        return switch (value) {
            case Value.Text(Content content) -> new Value.Text(plain(content));
            case Value.Json(Content content) -> new Value.Json(plain(content));
            case Value.Binary(Content content) -> new Value.Binary(plain(content));
            case Value.Attributes(List<Value.Attribute> list) -> new Value.Attributes(plain(list));
            case Value.Events(List<Value.Event> list) ->
                    new Value.Events(
                            list.stream()
                                    .map(event ->
                                            new Value.Event(
                                                    event.name(),
                                                    event.timeNanos(),
                                                    plain(event.attributes())))
                                    .toList());
            case Value.Int _, Value.Real _, Value.Flag _ -> value;
        };
    }

    private static StoredEvent stored(SpanEvent event, long version) {
        return new StoredEvent(version, event.op(), event.data(), event.rules());
    }

    /// Attributes as senders flatten them: runs, broken runs, runs that change their mind.
    private static Value.Attributes flattened(RandomGenerator random) {
        List<Value.Attribute> list = new ArrayList<>();
        String stem = "llm.input_messages";
        int number = 0;
        for (int i = Gen.integer(random, 0, 60); i > 0; i--) {
            stem = Gen.oneIn(random, 9) ? Gen.pick(random, "llm.output_messages", "a", "") : stem;
            number += random.nextInt(2);
            String name = stem + "." + Gen.pick(random, number + ".", "", "x.") + "message.role";
            Value value =
                    switch (random.nextInt(5)) {
                        case 0 -> Value.of(Gen.anyLong(random));
                        case 1 -> Value.of(random.nextBoolean());
                        case 2 -> new Value.Attributes(List.of());
                        case 3 -> Value.text("x".repeat(random.nextInt(40_000)));
                        default -> Value.text(Gen.prose(random, 400));
                    };
            list.add(new Value.Attribute(name, value));
        }
        return new Value.Attributes(list);
    }

    @Test
    void anEventReadsBackAsItWasWritten() {
        Gen.check(
                40,
                random -> {
                    List<SpanEvent> events = new ArrayList<>(new SpanGen(random).events(25));
                    events.add(
                            SpanEvent.insert(
                                    new SpanKey("p", "t", "s"),
                                    SpanData.builder()
                                            .put(Field.ATTRIBUTES, flattened(random))
                                            .build()));
                    for (SpanEvent sent : events) {
                        StoredEvent event = stored(sent, random.nextLong());
                        StoredEvent read = roundTrip(event, ALL);
                        assertThat(read.op()).isEqualTo(event.op());
                        assertThat(read.version()).isEqualTo(event.version());
                        assertThat(read.rules()).isEqualTo(event.rules());
                        assertThat(plain(read.data())).isEqualTo(plain(event.data()));
                    }
                });
    }

    @Test
    void fieldsThatAreNotWantedAreSkipped() {
        Gen.check(
                20,
                random -> {
                    for (SpanEvent sent : new SpanGen(random).events(20)) {
                        Set<Field> wanted = EnumSet.noneOf(Field.class);
                        for (Field field : Field.values()) {
                            if (random.nextBoolean()) {
                                wanted.add(field);
                            }
                        }
                        SpanData.Builder expected = SpanData.builder();
                        sent.data()
                                .forEach((field, value) -> {
                                    if (wanted.contains(field)) {
                                        expected.put(field, value);
                                    }
                                });
                        StoredEvent read = roundTrip(stored(sent, 1), wanted);
                        assertThat(plain(read.data())).isEqualTo(plain(expected.build()));
                    }
                });
    }

    /// F-1: what is kept of a list of events stands for all of them, whatever comes later.
    @Test
    void simplifiedEventsFoldAsAllOfThem() {
        Gen.check(
                150,
                random -> {
                    SpanGen spans = new SpanGen(random);
                    List<StoredEvent> all = new ArrayList<>();
                    for (SpanEvent event : spans.events(Gen.integer(random, 1, 25))) {
                        all.add(stored(event, all.size() + 1L));
                    }
                    int cut = random.nextInt(all.size() + 1);
                    List<StoredEvent> late = new ArrayList<>(Fold.simplify(all.subList(0, cut)));
                    late.addAll(all.subList(cut, all.size()));
                    assertThat(folded(late)).isEqualTo(folded(all));
                    assertThat(folded(Fold.simplify(all))).isEqualTo(folded(all));
                });
    }

    private static Optional<SpanData> folded(List<StoredEvent> events) {
        return Fold.fold(events).map(fold -> plain(fold.data()));
    }

    private static String merged(Field field, String older, String newer, MergeRules rules) {
        SpanData first = SpanData.builder().put(field, Value.json(older)).build();
        SpanData second = SpanData.builder().put(field, Value.json(newer)).build();
        return Fold.fold(
                        List.of(
                                new StoredEvent(1, Op.INSERT, first, MergeRules.NONE),
                                new StoredEvent(2, Op.MERGE, second, rules)))
                .flatMap(fold -> fold.data().get(field))
                .map(value -> ((Value.Json) value).content().read(1 << 20).text())
                .orElseThrow();
    }

    /// Rows with `_is_merge`: objects merge deeply, scalars and arrays are replaced, `_merge_paths`
    /// ends the descent, `_array_delete` and `_object_delete` take out.
    @Test
    void jsonMergesAsBraintrustMerges() {
        MergeRules none = MergeRules.NONE;
        Field metadata = Field.METADATA;
        assertThat(merged(metadata, "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":3}}", none))
                .isEqualTo("{\"a\":{\"b\":1,\"c\":3}}");
        assertThat(merged(metadata, "{\"a\":[1,2]}", "{\"a\":[3]}", none)).isEqualTo("{\"a\":[3]}");
        assertThat(merged(metadata, "{\"a\":{\"b\":1}}", "{\"a\":null}", none))
                .isEqualTo("{\"a\":null}");
        assertThat(merged(metadata, "{\"a\":1}", "[]", none)).isEqualTo("[]");
        MergeRules replace = new MergeRules(List.of(List.of("metadata", "a")), List.of());
        assertThat(
                        merged(
                                metadata,
                                "{\"a\":{\"b\":1},\"z\":{\"y\":1}}",
                                "{\"a\":{\"c\":3},\"z\":{\"x\":2}}",
                                replace))
                .isEqualTo("{\"a\":{\"c\":3},\"z\":{\"y\":1,\"x\":2}}");
        MergeRules take =
                new MergeRules(
                        List.of(),
                        List.of(
                                new Deletion(
                                        List.of("metadata", "list"), List.of("2", "{\"k\":1}")),
                                new Deletion(List.of("metadata"), List.of("\"gone\""))));
        assertThat(
                        merged(
                                metadata,
                                "{\"list\":[1,2,{\"k\":1},2],\"gone\":1}",
                                "{\"more\":1.10}",
                                take))
                .isEqualTo("{\"list\":[1],\"more\":1.10}");
        assertThat(merged(Field.TAGS, "[\"a\",\"b\"]", "[\"b\",\"c\"]", none))
                .isEqualTo("[\"a\",\"b\",\"c\"]");
        assertThat(merged(metadata, "{broken", "{\"a\":1}", none)).isEqualTo("{\"a\":1}");
    }
}
