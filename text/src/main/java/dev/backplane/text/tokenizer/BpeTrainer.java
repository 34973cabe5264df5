package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import dev.backplane.text.LongIntMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/// Learns a byte-level BPE from texts: the pair of neighbours that is seen most becomes a token,
/// again and again.
///
/// What is learnt depends on the texts alone, not on their order or a clock: of pairs that are seen
/// equally often the one with the lower ids comes first. Ids are given out in this order: special
/// tokens, the 256 bytes, merges. The result is that of Hugging Face's `BpeTrainer` with the whole
/// byte alphabet.
///
/// Memory is in proportion to the number of different words, which is bounded. For use by one
/// thread.
public final class BpeTrainer {
    /// Different words above this are refused: about a gigabyte of memory.
    public static final int WORDS_MAX = 4_000_000;

    private final int size;
    private final int seenMin;
    private final List<String> specials;
    private final String family;
    private final PreTokenizer preTokenizer;
    private final Map<String, Integer> words = new LinkedHashMap<>();

    /// @param size how many tokens to learn at most, special ones and bytes among them
    /// @param seenMin how often a pair must be seen
    /// @param specials texts of special tokens
    /// @param family the pre-tokenizer by its GGUF name, such as `gpt-2`, `llama-bpe` or `qwen2`
    public BpeTrainer(int size, int seenMin, List<String> specials, String family) {
        this.specials = List.copyOf(specials);
        this.family = family;
        this.seenMin = seenMin;
        this.size = size;
        if (size < specials.size() + 256 || size > Vocabulary.ID_MAX) {
            throw Problem.invalid("a vocabulary of %,d tokens".formatted(size), "size")
                    .fix(
                            "at least %,d are needed, at most %,d accepted"
                                    .formatted(specials.size() + 256, Vocabulary.ID_MAX));
        }
        List<String> expressions =
                Families.byName(family)
                        .orElseThrow(() ->
                                Problem.notFound("no pre-tokenizer '" + family + "'", "family")
                                        .fix("known are " + String.join(", ", Families.names())))
                        .expressions();
        preTokenizer =
                new PreTokenizer.Sequence(
                        expressions.stream()
                                .<PreTokenizer>map(expression ->
                                        new PreTokenizer.Split(
                                                SplitPattern.expression(expression, family),
                                                PreTokenizer.Behavior.ISOLATED,
                                                false))
                                .toList());
    }

    /// Counts a text's words.
    public BpeTrainer add(String text) {
        preTokenizer.split(
                text,
                true,
                (word, _) -> {
                    words.merge(word, 1, Math::addExact);
                    if (words.size() > WORDS_MAX) {
                        throw Problem.tooLarge("too many different words", "texts")
                                .fix("learn from at most %,d different words".formatted(WORDS_MAX));
                    }
                });
        return this;
    }

    /// The vocabulary of all texts so far.
    public TrainedBpe train() {
        return new Run().run();
    }

    private record Candidate(long seen, int left, int right) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            if (seen != other.seen) {
                return Long.compare(other.seen, seen);
            }
            return left != other.left
                    ? Integer.compare(left, other.left)
                    : Integer.compare(right, other.right);
        }
    }

    /// One training.
    private final class Run {
        private final List<String> pieces = new ArrayList<>(specials);
        private final Map<String, Integer> ids = new HashMap<>();
        private final List<int[]> symbols = new ArrayList<>();
        private final List<Integer> counts = new ArrayList<>();
        private final LongIntMap pairs = new LongIntMap(1 << 16);
        private final List<long[]> seen = new ArrayList<>();
        private final List<IntList> places = new ArrayList<>();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
        private final List<TrainedBpe.Merge> merges = new ArrayList<>();

        TrainedBpe run() {
            List<Character> alphabet = new ArrayList<>();
            for (int value = 0; value < 256; value++) {
                alphabet.add(ByteAlphabet.character(value));
            }
            alphabet.sort(null);
            alphabet.forEach(character -> pieces.add(String.valueOf(character)));
            for (int id = 0; id < pieces.size(); id++) {
                ids.putIfAbsent(pieces.get(id), id);
            }
            readWords();
            for (int word = 0; word < symbols.size(); word++) {
                int[] cut = symbols.get(word);
                for (int i = 0; i + 1 < cut.length; i++) {
                    change(cut[i], cut[i + 1], counts.get(word), word);
                }
            }
            for (int pair = 0; pair < seen.size(); pair++) {
                offer(pair);
            }
            while (pieces.size() < size && !queue.isEmpty()) {
                step(queue.poll());
            }
            return new TrainedBpe(pieces, specials, merges, family);
        }

        private void readWords() {
            words.forEach((word, count) -> {
                byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
                int[] cut = new int[bytes.length];
                for (int i = 0; i < bytes.length; i++) {
                    String piece = String.valueOf(ByteAlphabet.character(bytes[i] & 0xFF));
                    cut[i] = ids.getOrDefault(piece, -1);
                }
                symbols.add(cut);
                counts.add(count);
            });
        }

        private int change(int left, int right, long by, int word) {
            long key = (long) left << 32 | right;
            int pair = pairs.get(key);
            if (pair < 0) {
                pair = seen.size();
                pairs.putIfAbsent(key, pair);
                seen.add(new long[] {0, left, right});
                places.add(new IntList());
            }
            seen.get(pair)[0] += by;
            IntList where = places.get(pair);
            if (by > 0 && (where.size() == 0 || where.get(where.size() - 1) != word)) {
                where.add(word);
            }
            return pair;
        }

        private void offer(int pair) {
            long[] entry = seen.get(pair);
            if (entry[0] > 0) {
                queue.add(new Candidate(entry[0], (int) entry[1], (int) entry[2]));
            }
        }

        private void step(Candidate top) {
            int pair = pairs.get((long) top.left << 32 | top.right);
            if (seen.get(pair)[0] != top.seen) {
                offer(pair);
                return;
            }
            if (top.seen < Math.max(1, seenMin)) {
                queue.clear();
                return;
            }
            String piece = pieces.get(top.left) + pieces.get(top.right);
            int result = ids.getOrDefault(piece, -1);
            if (result < 0) {
                result = pieces.size();
                ids.put(piece, result);
                pieces.add(piece);
            }
            merges.add(new TrainedBpe.Merge(pieces.get(top.left), pieces.get(top.right)));
            IntList where = places.get(pair);
            places.set(pair, new IntList());
            java.util.TreeSet<Integer> grown = new java.util.TreeSet<>();
            int last = -1;
            for (int i = 0; i < where.size(); i++) {
                if (where.get(i) != last) {
                    last = where.get(i);
                    merge(last, top.left, top.right, result, grown);
                }
            }
            grown.forEach(this::offer);
        }

        private void merge(
                int word, int left, int right, int result, java.util.TreeSet<Integer> grown) {
            int[] cut = symbols.get(word);
            int count = counts.get(word);
            int size = cut.length;
            int i = 0;
            while (i + 1 < size) {
                if (cut[i] != left || cut[i + 1] != right) {
                    i++;
                    continue;
                }
                if (i > 0) {
                    change(cut[i - 1], left, -count, word);
                    grown.add(change(cut[i - 1], result, count, word));
                }
                cut[i] = result;
                System.arraycopy(cut, i + 2, cut, i + 1, size - i - 2);
                size--;
                if (i + 1 < size) {
                    change(right, cut[i + 1], -count, word);
                    grown.add(change(result, cut[i + 1], count, word));
                }
                i++;
            }
            symbols.set(word, java.util.Arrays.copyOf(cut, size));
        }
    }
}
