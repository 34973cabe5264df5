package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.Test;

/// The forward index where it is large: more words than a chunk has room for, more than a portion.
class ForwardIndexTest {
    private static final int[] LENGTHS = {0, 1, 3, 40, 700, 9_000, 60_000, 2, 0, 25_000};

    private final Random random = new Random(7);
    private final List<List<String>> documents = new ArrayList<>();
    private final ForwardIndex index = new ForwardIndex();

    ForwardIndexTest() {
        for (int i = 0; i < LENGTHS.length; i++) {
            List<String> words = new ArrayList<>();
            for (int j = 0; j < LENGTHS[i]; j++) {
                // Many of the most frequent, and a long tail, short and long words.
                int rank = (int) Math.pow(40_000, random.nextDouble());
                words.add("w" + rank + (rank % 7 == 0 ? "andsomethinglong" : ""));
            }
            documents.add(words);
            index.add(i * 2, Slice.of(String.join(" ", words)), Shape.TEXT);
        }
    }

    private BitSet found(TextQuery.Leaf leaf) {
        BitSet found = new BitSet();
        new ForwardSearch(index.view()).collect(leaf, found);
        return found;
    }

    private BitSet expected(TextQuery.Leaf leaf) {
        BitSet expected = new BitSet();
        for (int i = 0; i < documents.size(); i++) {
            Slice text = Slice.of(String.join(" ", documents.get(i)));
            expected.set(i * 2, TextMatcher.matches(leaf, text, Shape.TEXT));
        }
        return expected;
    }

    private List<String> someWords(int count) {
        List<String> all = documents.get(4 + random.nextInt(3));
        int from = random.nextInt(all.size() - count);
        return all.subList(from, from + count);
    }

    @Test
    void spansSeveralChunks() {
        assertThat(index.view().end()).isGreaterThan(4 * ByteChunks.CHUNK);
    }

    @Test
    void findsWordsAndPrefixes() {
        for (int i = 0; i < 40; i++) {
            String word = someWords(1).getFirst();
            assertThat(found(new TextQuery.Word(word)))
                    .isEqualTo(expected(new TextQuery.Word(word)));
            TextQuery.Leaf prefix =
                    new TextQuery.Prefix(word.substring(0, 1 + random.nextInt(word.length())));
            assertThat(found(prefix)).isEqualTo(expected(prefix));
        }
        assertThat(found(new TextQuery.Word("nowhere"))).isEqualTo(new BitSet());
    }

    @Test
    void findsPhrasesWhereverTheyStand() {
        for (int i = 0; i < 60; i++) {
            List<String> words = new ArrayList<>(someWords(2 + random.nextInt(4)));
            String last = words.getLast();
            // A shorter one would stand for too many words.
            boolean prefix = last.length() > 4 && random.nextBoolean();
            if (prefix) {
                words.set(words.size() - 1, last.substring(0, last.length() - 1));
            }
            if (!prefix && random.nextInt(4) == 0) {
                Collections.shuffle(words, random);
            }
            TextQuery.Leaf phrase = new TextQuery.Phrase(words, prefix);
            assertThat(found(phrase)).as("%s", phrase).isEqualTo(expected(phrase));
        }
    }

    /// Each run of two words, so also those that stand on both sides of a chunk's end.
    @Test
    void findsEveryPairOfNeighbours() {
        List<String> words = documents.get(6);
        for (int i = 12_000; i < 22_000; i += 1 + i % 3) {
            assertThat(found(new TextQuery.Phrase(words.subList(i, i + 2), false)).get(12))
                    .as("words %d", i)
                    .isTrue();
        }
    }

    @Test
    void repeatedBeginningsOfAPhraseAreNoObstacle() {
        ForwardIndex own = new ForwardIndex();
        own.add(0, Slice.of("a b a b a b c"), Shape.TEXT);
        own.add(1, Slice.of("a b a c a b"), Shape.TEXT);
        own.add(2, Slice.of("c"), Shape.TEXT);
        BitSet found = new BitSet();
        new ForwardSearch(own.view())
                .collect(new TextQuery.Phrase(List.of("a", "b", "a", "b", "c"), false), found);
        assertThat(found.stream()).containsExactly(0);
    }

    @Test
    void aViewStaysAsItWas() {
        ForwardIndex.View before = index.view();
        for (int i = 0; i < 30_000; i++) {
            index.add(1_000 + i, Slice.of("w1 fresh" + i), Shape.TEXT);
        }
        BitSet found = new BitSet();
        new ForwardSearch(before).collect(new TextQuery.Word("w1"), found);
        new ForwardSearch(before).collect(new TextQuery.Word("fresh20000"), found);
        assertThat(found).isEqualTo(expected(new TextQuery.Word("w1")));
        assertThat(found(new TextQuery.Word("fresh20000")).stream()).containsExactly(21_000);
    }

    @Test
    void turnsItselfRoundInPortionsOfAnySize() throws Exception {
        int[] chosen = {1, 3, 4, 5, 7, 8, 9};
        Map<String, List<String>> expected = new TreeMap<>();
        for (int i = 0; i < chosen.length; i++) {
            List<String> words = documents.get(chosen[i]);
            for (int position = 0; position < words.size(); position++) {
                expected.computeIfAbsent(words.get(position), _ -> new ArrayList<>())
                        .add(i + ":" + position);
            }
        }
        for (int portion : new int[] {1_000, 20_000, ForwardWords.PORTION}) {
            assertThat(postings(new ForwardWords(index.view(), chosen, portion)))
                    .isEqualTo(expected);
        }
    }

    private static Map<String, List<String>> postings(ForwardWords words) throws Exception {
        Map<String, List<String>> postings = new TreeMap<>();
        String before = "";
        TermsEnum terms = words.iterator();
        for (BytesRef term = terms.next(); term != null; term = terms.next()) {
            String word = new String(term.bytes, term.offset, term.length, StandardCharsets.UTF_8);
            assertThat(word).isGreaterThan(before);
            before = word;
            List<String> places = new ArrayList<>();
            PostingsEnum all = terms.postings(null, PostingsEnum.POSITIONS);
            while (all.nextDoc() != PostingsEnum.NO_MORE_DOCS) {
                int document = all.docID();
                for (int i : IntStream.range(0, all.freq()).toArray()) {
                    places.add(document + ":" + all.nextPosition());
                }
            }
            if (!places.isEmpty()) {
                postings.put(word, places);
            }
        }
        return postings;
    }
}
