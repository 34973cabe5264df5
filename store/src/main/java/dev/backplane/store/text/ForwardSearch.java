package dev.backplane.store.text;

import dev.backplane.core.Problem;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/// Evaluates a leaf over a [ForwardIndex]. For one thread.
final class ForwardSearch {
    private final ForwardIndex.View index;

    ForwardSearch(ForwardIndex.View index) {
        this.index = index;
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws Problem `INVALID` when the prefix at the end of a phrase is too short
    void collect(TextQuery.Leaf leaf, BitSet found) {
        switch (leaf) {
            case TextQuery.Word(String word) -> {
                int term = index.words().find(new BytesRef(word));
                if (term != 0) {
                    scan(chunks(term), token -> token == term, found);
                }
            }
            case TextQuery.Prefix(String prefix) ->
                    any(index.words().matching(beginning(new BytesRef(prefix))), found);
            case TextQuery.Fuzzy fuzzy -> {
                ByteRunAutomaton near = TextMatcher.fuzzy(fuzzy).runAutomaton;
                any(index.words().matching(near::run), found);
            }
            case TextQuery.Phrase phrase -> phrase(phrase, found);
            case TextQuery.Path(String name, String value, boolean prefix) ->
                    path(new BytesRef(PathTerms.term(name, value)), prefix, found);
        }
    }

    private static TermTable.TermCondition beginning(BytesRef prefix) {
        int size = prefix.length;
        return (bytes, offset, length) ->
                length >= size
                        && Arrays.equals(bytes, offset, offset + size, prefix.bytes, 0, size);
    }

    private void path(BytesRef term, boolean prefix, BitSet found) {
        TermTable.View paths = index.paths();
        if (prefix) {
            paths.matching(beginning(term)).stream().forEach(path -> path(path, found));
        } else {
            path(paths.find(term), found);
        }
    }

    private void path(int path, BitSet found) {
        if (path != 0) {
            index.paths()
                    .places(
                            path,
                            index.documents(),
                            document -> found.set(index.numbers()[document]));
        }
    }

    private BitSet chunks(int term) {
        BitSet chunks = new BitSet();
        index.words().places(term, Integer.MAX_VALUE, chunks::set);
        return chunks;
    }

    private BitSet chunksOfAny(BitSet terms) {
        BitSet chunks = new BitSet();
        terms.stream().forEach(term -> index.words().places(term, Integer.MAX_VALUE, chunks::set));
        return chunks;
    }

    private void any(BitSet terms, BitSet found) {
        scan(chunksOfAny(terms), terms::get, found);
    }

    private void phrase(TextQuery.Phrase phrase, BitSet found) {
        List<String> words = phrase.words();
        int exact = words.size() - (phrase.prefixLast() ? 1 : 0);
        int[] terms = new int[exact];
        BitSet chunks = new BitSet();
        // A phrase may begin in one chunk and end in another.
        int reach = 1 + words.size() * 5 / ByteChunks.CHUNK;
        for (int i = 0; i < exact; i++) {
            terms[i] = index.words().find(new BytesRef(words.get(i)));
            if (terms[i] == 0) {
                return;
            }
            narrow(chunks, chunks(terms[i]), reach, i == 0);
        }
        BitSet last = new BitSet();
        if (phrase.prefixLast()) {
            last = expansions(words.getLast());
            narrow(chunks, chunksOfAny(last), reach, false);
        } else {
            last.set(terms[exact - 1]);
            terms = Arrays.copyOf(terms, exact - 1);
        }
        scan(chunks, new Run(terms, last), found);
    }

    /// Leaves those chunks that are not far from one of others.
    private static void narrow(BitSet chunks, BitSet others, int reach, boolean first) {
        BitSet near = new BitSet();
        for (int i = others.nextSetBit(0); i >= 0; i = others.nextSetBit(i + 1)) {
            near.set(Math.max(0, i - reach), i + reach + 1);
        }
        if (first) {
            chunks.or(near);
        } else {
            chunks.and(near);
        }
    }

    private BitSet expansions(String prefix) {
        BitSet words = index.words().matching(beginning(new BytesRef(prefix)));
        if (words.cardinality() > IndexSearch.EXPANSIONS_MAX) {
            throw IndexSearch.tooManyExpansions(prefix);
        }
        return words;
    }

    /// Looks at the words of a content, one after the other.
    private interface Watch {
        /// @return whether the leaf holds for the content; then the next token is another's
        boolean accept(int token);
    }

    /// Waits for terms that follow each other, by the algorithm of Knuth, Morris and Pratt.
    private static final class Run implements Watch {
        private final int[] terms;
        private final BitSet last;

        /// For each number of terms that were met: how many of the first ones the same tokens end
        /// with, less than all.
        private final int[] fallback;

        private int met;

        Run(int[] terms, BitSet last) {
            this.terms = terms;
            this.last = last;
            this.fallback = new int[terms.length + 1];
            for (int i = 1, shorter = 0; i < terms.length; i++) {
                while (shorter > 0 && terms[i] != terms[shorter]) {
                    shorter = fallback[shorter];
                }
                if (terms[i] == terms[shorter]) {
                    shorter++;
                }
                fallback[i + 1] = shorter;
            }
        }

        @Override
        public boolean accept(int token) {
            if (token == ForwardIndex.END) {
                met = 0;
                return false;
            }
            while (true) {
                if (met == terms.length) {
                    if (last.get(token)) {
                        met = 0;
                        return true;
                    }
                } else if (terms[met] == token) {
                    met++;
                    return false;
                }
                if (met == 0) {
                    return false;
                }
                met = fallback[met];
            }
        }
    }

    private void scan(BitSet chunks, Watch watch, BitSet found) {
        int end = ByteChunks.chunkOf(Math.max(0, index.end() - 1)) + 1;
        for (int from = chunks.nextSetBit(0); from >= 0 && from < end; ) {
            int to = Math.min(end, chunks.nextClearBit(from));
            scan(
                    (long) from << ByteChunks.CHUNK_BITS,
                    (long) to << ByteChunks.CHUNK_BITS,
                    watch,
                    found);
            // Words in different places do not follow each other.
            watch.accept(ForwardIndex.END);
            from = chunks.nextSetBit(to);
        }
    }

    private void scan(long from, long to, Watch watch, BitSet found) {
        long end = Math.min(to, index.end());
        long position = from;
        while (position < end) {
            byte[] chunk = index.tokens()[ByteChunks.chunkOf(position)];
            long base = position & -ByteChunks.CHUNK;
            int limit = (int) Math.min(ByteChunks.CHUNK, end - base);
            int at = ByteChunks.withinChunk(position);
            position = base + limit;
            while (at < limit) {
                int token = ByteChunks.number(chunk, at);
                if (token != ByteChunks.FILLER && watch.accept(token)) {
                    int document = index.documentAt(base + at);
                    found.set(index.numbers()[document]);
                    position = index.starts()[document + 1];
                    if (position >= base + limit) {
                        break;
                    }
                    at = ByteChunks.withinChunk(position);
                    position = base + limit;
                } else {
                    at += ByteChunks.length(token);
                }
            }
        }
    }
}
