package dev.backplane.store.content;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Cutting and joining: whatever the bytes, what comes out is what went in.
class ContentTest {
    /// JSON arrays as senders write them, cut, damaged, or not JSON at all.
    private static byte[] text(RandomGenerator random) {
        if (Gen.oneIn(random, 6)) {
            return Gen.bytes(random, Gen.integer(random, 0, 200_000));
        }
        List<String> objects = Gen.list(random, 30, r -> Gen.jsonObject(r, 4));
        String separator = Gen.pick(random, ",", ", ", ",\n");
        byte[] json =
                ("[" + String.join(separator, objects) + "]").getBytes(StandardCharsets.UTF_8);
        for (int i = Gen.pick(random, 0, 0, 1, 3); i > 0; i--) {
            byte[] special = "\"\\[]{}, ".getBytes(StandardCharsets.US_ASCII);
            json[random.nextInt(json.length)] = special[random.nextInt(special.length)];
        }
        return Gen.oneIn(random, 5) ? Arrays.copyOf(json, random.nextInt(json.length)) : json;
    }

    /// A part of a larger array, so that offsets matter.
    private static Slice slice(RandomGenerator random, byte[] bytes) {
        int before = random.nextInt(9);
        byte[] larger = new byte[before + bytes.length + random.nextInt(9)];
        Arrays.fill(larger, (byte) '}');
        System.arraycopy(bytes, 0, larger, before, bytes.length);
        return new Slice(larger, before, bytes.length);
    }

    @Test
    void splittingAndJoiningGivesTheSameBytes() {
        int[] splits = {0};
        Gen.check(
                400,
                random -> {
                    byte[] bytes = text(random);
                    Splitter.split(slice(random, bytes))
                            .ifPresent(split -> {
                                splits[0]++;
                                assertThat(joined(split)).isEqualTo(bytes);
                            });
                });
        assertThat(splits[0]).as("texts that were cut").isPositive();
    }

    private static byte[] joined(Splitter.Split split) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(split.style().open());
        for (int i = 0; i < split.pieces().size(); i++) {
            out.writeBytes(i > 0 ? split.style().separator() : new byte[0]);
            out.writeBytes(split.pieces().get(i).bytes());
        }
        out.writeBytes(split.style().close());
        return out.toByteArray();
    }

    @Test
    void cutsMessagesButNotNumbersOrTinyObjects() {
        String message = "{\"role\":\"user\",\"content\":\"]} \\\" [{ hello\"}";
        assertThat(Splitter.split(Slice.of("[" + message + ", " + message + "]")))
                .hasValueSatisfying(split -> {
                    assertThat(split.style()).isEqualTo(Style.JSON_SPACED);
                    assertThat(split.pieces())
                            .containsExactly(Slice.of(message), Slice.of(message));
                });
        assertThat(Splitter.split(Slice.of("[" + "{},".repeat(100_000) + "{}]"))).isEmpty();
        assertThat(Splitter.split(Slice.of("[1,2,3,4,5,6,7,8,9,10,11,12,13]"))).isEmpty();
        assertThat(Splitter.split(Slice.of("[" + message + "," + message))).isEmpty();
        assertThat(Splitter.split(Slice.of("[{\"open"))).isEmpty();
    }

    private static List<Slice> chunks(byte[] bytes) {
        List<Slice> chunks = new ArrayList<>();
        int from = 0;
        while (from < bytes.length) {
            int cut = Chunker.cut(bytes, from, bytes.length);
            chunks.add(new Slice(bytes, from, cut - from));
            from = cut;
        }
        return chunks;
    }

    private static byte[] longText(RandomGenerator random, int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(Gen.identifier(random, 1, 9)).append(' ');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void chunksAreOfBoundedSize() {
        Gen.check(
                30,
                random -> {
                    byte[] bytes =
                            random.nextBoolean()
                                    ? longText(random, 300_000)
                                    : Gen.oneIn(random, 3)
                                            ? new byte[300_000]
                                            : Gen.bytes(random, 300_000);
                    List<Slice> chunks = chunks(bytes);
                    for (Slice chunk : chunks) {
                        assertThat(chunk.length()).isBetween(1, Chunker.SIZE_MAX);
                    }
                    for (Slice chunk : chunks.subList(0, chunks.size() - 1)) {
                        assertThat(chunk.length()).isGreaterThanOrEqualTo(Chunker.SIZE_MIN);
                    }
                });
    }

    @Test
    void anEditMovesOnlyTheChunksAroundIt() {
        Gen.check(
                10,
                random -> {
                    byte[] before = longText(random, 1_000_000);
                    int at = random.nextInt(before.length);
                    ByteArrayOutputStream edited = new ByteArrayOutputStream();
                    edited.write(before, 0, at);
                    edited.writeBytes("an insertion".getBytes(StandardCharsets.US_ASCII));
                    edited.write(before, at, before.length - at);
                    Set<Slice> known = new HashSet<>(chunks(before));
                    List<Slice> fresh =
                            chunks(edited.toByteArray()).stream()
                                    .filter(chunk -> !known.contains(chunk))
                                    .collect(Collectors.toList());
                    assertThat(known).hasSizeGreaterThan(15);
                    assertThat(fresh).hasSizeBetween(1, 8);
                });
    }

    @Test
    void aCutDoesNotDependOnWhatFollowsTheLargestChunk() {
        Gen.check(
                50,
                random -> {
                    byte[] bytes = longText(random, 3 * Chunker.SIZE_MAX);
                    int from = random.nextInt(Chunker.SIZE_MAX);
                    int cut = Chunker.cut(bytes, from, bytes.length);
                    int end = from + Chunker.SIZE_MAX + random.nextInt(1000);
                    assertThat(Chunker.cut(bytes, from, end)).isEqualTo(cut);
                });
    }

    /// The smallest container: numbers contents as a log does, prefixes shared.
    private static final class Container implements ContentSource {
        final ContentTable table = new ContentTable();
        final List<Slice> leaves = new ArrayList<>();
        final List<SequenceDef> sequences = new ArrayList<>();

        int intern(Draft draft) {
            int known = table.find(draft.id());
            if (known != Refs.NONE) {
                return known;
            }
            int ref =
                    switch (draft) {
                        case Draft.Leaf(ContentId _, Slice bytes) -> {
                            leaves.add(bytes);
                            yield Refs.leaf(leaves.size() - 1);
                        }
                        case Draft.Known _ -> throw new IllegalStateException();
                        case Draft.Sequence sequence -> sequence(sequence);
                    };
            table.add(draft.id(), ref);
            return ref;
        }

        private int sequence(Draft.Sequence sequence) {
            int from = sequence.pieces().size() - 1;
            while (from > 0 && table.find(sequence.prefixes().get(from - 1)) == Refs.NONE) {
                from--;
            }
            int parent =
                    from == 0
                            ? Refs.NONE
                            : Refs.number(table.find(sequence.prefixes().get(from - 1)));
            int[] appended = sequence.pieces().stream().skip(from).mapToInt(this::intern).toArray();
            sequences.add(new SequenceDef(sequence.style(), parent, appended, sequence.size()));
            return Refs.sequence(sequences.size() - 1);
        }

        @Override
        public Slice leaf(int number) {
            return leaves.get(number);
        }

        @Override
        public SequenceDef sequence(int number) {
            return sequences.get(number);
        }
    }

    @Test
    void aDraftedContentReadsBackByteForByte() {
        Gen.check(
                60,
                random -> {
                    Container container = new Container();
                    ContentId.Hasher hasher = new ContentId.Hasher("p");
                    Map<Integer, byte[]> stored = new HashMap<>();
                    for (int i = 0; i < 6; i++) {
                        byte[] bytes = text(random);
                        int ref = container.intern(Draft.of(slice(random, bytes), hasher));
                        stored.put(ref, bytes);
                    }
                    for (Map.Entry<Integer, byte[]> entry : stored.entrySet()) {
                        requireSame(new StoredContent(container, entry.getKey()), entry.getValue());
                    }
                });
    }

    /// A conversation of messages so long that each is a sequence of chunks.
    @Test
    void aConversationCostsWhatIsAppended() throws IOException {
        RandomGenerator random = Gen.random(5);
        Container container = new Container();
        ContentId.Hasher hasher = new ContentId.Hasher("p");
        StringBuilder messages = new StringBuilder();
        int refs = 0;
        int turns = 40;
        for (int turn = 0; turn < turns; turn++) {
            String words = new String(longText(random, turn % 10 == 0 ? 80_000 : 200), "US-ASCII");
            messages.append(turn == 0 ? "" : ",").append("{\"content\":\"" + words + "\"}");
            byte[] whole = ("[" + messages + "]").getBytes(StandardCharsets.US_ASCII);
            int ref = container.intern(Draft.of(Slice.of(whole), hasher));
            requireSame(new StoredContent(container, ref), whole);
            refs += container.sequence(Refs.number(ref)).appended().length;
            assertThat(new StoredContent(container, ref).elements()).hasSize(turn + 1);
        }
        assertThat(refs).isEqualTo(turns);
    }

    private static void requireSame(StoredContent content, byte[] bytes) throws IOException {
        assertThat(content.size()).isEqualTo(bytes.length);
        assertThat(content.open().readAllBytes()).isEqualTo(bytes);
        assertThat(content.read(Integer.MAX_VALUE).bytes()).isEqualTo(bytes);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        content.writeTo(out);
        assertThat(out.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void theTableFindsWhatWasAddedAndNothingElse() {
        Gen.check(
                5,
                random -> {
                    ContentTable table = new ContentTable();
                    Map<ContentId, Integer> model = new HashMap<>();
                    for (int i = 0; i < 20_000; i++) {
                        // Few low bits: many ids want the same slot.
                        ContentId id = new ContentId(random.nextLong(), random.nextInt(4000));
                        assertThat(table.find(id)).isEqualTo(model.getOrDefault(id, Refs.NONE));
                        if (!model.containsKey(id)) {
                            table.add(id, i);
                            model.put(id, i);
                        }
                    }
                    assertThat(table.size()).isEqualTo(model.size());
                    model.forEach((id, ref) -> assertThat(table.find(id)).isEqualTo(ref));
                });
    }

    @Test
    void projectsDoNotShareIds() {
        byte[] bytes = {1, 2, 3};
        assertThat(new ContentId.Hasher("a").leaf(bytes, 0, 3))
                .isEqualTo(new ContentId.Hasher("a").leaf(bytes, 0, 3))
                .isNotEqualTo(new ContentId.Hasher("b").leaf(bytes, 0, 3));
    }
}
