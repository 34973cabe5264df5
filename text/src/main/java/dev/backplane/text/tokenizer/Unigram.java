package dev.backplane.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The cut of a word with the highest sum of its pieces' scores.
///
/// A character that no piece covers costs the lowest score less [#UNKNOWN_PENALTY]; a run of such
/// characters is one unknown token, or its bytes' tokens when the vocabulary has them. Of equal
/// sums the one with the longer last piece wins. Source: google/sentencepiece
/// (src/unigram_model.cc) and Hugging Face's `tokenizers` (tokenizers/src/models/unigram).
final class Unigram implements Model {
    private static final double UNKNOWN_PENALTY = 10;

    private final Vocabulary vocabulary;
    private final CharTrie trie;
    private final double[] scores;
    private final int unknown;
    private final double unknownScore;
    private final int[] bytes = new int[256];
    private final boolean byteFallback;

    /// @param scores by id
    /// @param usable which ids may come out of text: not controls, not byte tokens
    /// @param unknown the unknown token, or -1
    Unigram(
            Vocabulary vocabulary,
            double[] scores,
            java.util.BitSet usable,
            int unknown,
            boolean byteFallback) {
        this.vocabulary = vocabulary;
        this.scores = scores;
        this.unknown = unknown;
        this.byteFallback = byteFallback;
        int characters = 0;
        double lowest = Double.POSITIVE_INFINITY;
        for (int id = 0; id < vocabulary.size(); id++) {
            characters += vocabulary.piece(id).length();
            if (usable.get(id)) {
                lowest = Math.min(lowest, scores[id]);
            }
        }
        unknownScore = (Double.isInfinite(lowest) ? 0 : lowest) - UNKNOWN_PENALTY;
        trie = new CharTrie(characters);
        for (int id = 0; id < vocabulary.size(); id++) {
            if (usable.get(id) && !vocabulary.piece(id).isEmpty()) {
                trie.add(vocabulary.piece(id), id);
            }
        }
        for (int value = 0; value < 256; value++) {
            bytes[value] = vocabulary.id(Bpe.byteToken(value));
        }
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void encode(String word, IntList out) {
        int length = word.length();
        double[] best = new double[length + 1];
        int[] from = new int[length + 1];
        int[] piece = new int[length + 1];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        best[0] = 0;
        int at = 0;
        while (at < length) {
            int characterEnd = at + Character.charCount(word.codePointAt(at));
            boolean covered = false;
            int node = CharTrie.ROOT;
            for (int end = at + 1; end <= length; end++) {
                node = trie.next(node, word.charAt(end - 1));
                if (node < 0) {
                    break;
                }
                int id = trie.value(node);
                if (id >= 0) {
                    covered |= end == characterEnd;
                    improve(best, from, piece, at, end, scores[id], id);
                }
            }
            if (!covered) {
                improve(best, from, piece, at, characterEnd, unknownScore, -1);
            }
            at = characterEnd;
        }
        emit(word, from, piece, out);
    }

    private static void improve(
            double[] best, int[] from, int[] piece, int at, int end, double score, int id) {
        if (best[at] + score > best[end]) {
            best[end] = best[at] + score;
            from[end] = at;
            piece[end] = id;
        }
    }

    private void emit(String word, int[] from, int[] piece, IntList out) {
        IntList ends = new IntList();
        for (int end = word.length(); end > 0; end = from[end]) {
            ends.add(end);
        }
        int i = ends.size() - 1;
        while (i >= 0) {
            int end = ends.get(i);
            int start = from[end];
            if (piece[end] >= 0) {
                out.add(piece[end]);
                i--;
                continue;
            }
            while (i > 0 && piece[ends.get(i - 1)] < 0) {
                i--;
            }
            unknown(word.substring(start, ends.get(i)), out);
            i--;
        }
    }

    private void unknown(String text, IntList out) {
        if (byteFallback) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            boolean all = true;
            for (byte value : utf8) {
                all &= bytes[value & 0xFF] >= 0;
            }
            if (all) {
                for (byte value : utf8) {
                    out.add(bytes[value & 0xFF]);
                }
                return;
            }
        }
        if (unknown >= 0) {
            out.add(unknown);
        }
    }
}
