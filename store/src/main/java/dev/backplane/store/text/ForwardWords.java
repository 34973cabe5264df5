package dev.backplane.store.text;

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.util.BytesRef;

/// The words of some contents of a [ForwardIndex], turned round: for each word, where it stands.
///
/// The tokens of the contents are gone through once for as many words as have [#PORTION]
/// occurrences together, and each occurrence is put into its word's place (a counting sort), so
/// that memory is bounded, and most containers need one pass or a few.
final class ForwardWords extends ForwardTerms {
    /// 32 MiB.
    static final int PORTION = 8 << 20;

    private final ForwardIndex.View index;
    private final int[] documents;
    private final int portionMax;

    /// Which token of all is the first of each document, and how many there are.
    private final int[] firstTokens;

    /// For each term how often it occurs.
    private final int[] counts;

    /// For each term of the portion where its next occurrence goes, -1 for all others.
    private final int[] cursors;

    private final Occurrences occurrences = new Occurrences();
    private int[] portion = new int[0];

    /// Where the words of the portion begin in it, by rank from the first one on, and where it
    /// ends.
    private int[] bounds = new int[0];

    private int portionStart;
    private int portionEnd;

    /// @param documents which contents, rising
    /// @param portionMax occurrences that are turned round together, those of one word at least
    ForwardWords(ForwardIndex.View index, int[] documents, int portionMax) {
        super(index.words());
        this.portionMax = portionMax;
        this.index = index;
        this.documents = documents;
        this.firstTokens = new int[documents.length + 1];
        this.counts = new int[index.words().end()];
        this.cursors = new int[index.words().end()];
        for (int i = 0; i < documents.length; i++) {
            int[] length = new int[1];
            decode(
                    documents[i],
                    token -> {
                        counts[token]++;
                        length[0]++;
                    });
            firstTokens[i + 1] = Math.addExact(firstTokens[i], length[0]);
        }
    }

    private interface TokenVisitor {
        void visit(int token);
    }

    private void decode(int document, TokenVisitor visitor) {
        for (long position = index.starts()[document]; ; ) {
            byte[] chunk = index.tokens()[ByteChunks.chunkOf(position)];
            int at = ByteChunks.withinChunk(position);
            position = (position & -ByteChunks.CHUNK) + ByteChunks.CHUNK;
            while (at < ByteChunks.CHUNK) {
                int token = ByteChunks.number(chunk, at);
                if (token == ForwardIndex.END) {
                    return;
                }
                if (token != ByteChunks.FILLER) {
                    visitor.visit(token);
                }
                at += ByteChunks.length(token);
            }
        }
    }

    @Override
    PostingsEnum postings(int rank) {
        if (rank >= portionEnd) {
            fill(rank);
        }
        occurrences.reset(bounds[rank - portionStart], bounds[rank - portionStart + 1]);
        return occurrences;
    }

    private void fill(int from) {
        int[] sorted = sorted();
        int to = from;
        int size = 0;
        while (to < sorted.length && (to == from || size + counts[sorted[to]] <= portionMax)) {
            size += counts[sorted[to++]];
        }
        Arrays.fill(cursors, -1);
        bounds = new int[to - from + 1];
        for (int rank = from; rank < to; rank++) {
            cursors[sorted[rank]] = bounds[rank - from];
            bounds[rank - from + 1] = bounds[rank - from] + counts[sorted[rank]];
        }
        if (portion.length < size) {
            portion = new int[size];
        }
        int[] next = new int[1];
        for (int document : documents) {
            decode(
                    document,
                    token -> {
                        int place = cursors[token];
                        if (place >= 0) {
                            portion[place] = next[0];
                            cursors[token] = place + 1;
                        }
                        next[0]++;
                    });
        }
        portionStart = from;
        portionEnd = to;
    }

    @Override
    public boolean hasFreqs() {
        return true;
    }

    @Override
    public boolean hasPositions() {
        return true;
    }

    /// Those of one word.
    private final class Occurrences extends PostingsEnum {
        private int document;
        private int at;
        private int read;
        private int next;
        private int end;

        void reset(int from, int to) {
            document = -1;
            next = from;
            end = to;
        }

        @Override
        public int docID() {
            return document;
        }

        @Override
        public int nextDoc() {
            if (next == end) {
                document = NO_MORE_DOCS;
                return document;
            }
            at = next;
            read = next;
            document = documentOf(portion[at]);
            int limit = firstTokens[document + 1];
            while (next < end && portion[next] < limit) {
                next++;
            }
            return document;
        }

        /// Looks near the document before, then further and further away.
        private int documentOf(int token) {
            int from = document + 1;
            int step = 1;
            while (from + step < documents.length && firstTokens[from + step] <= token) {
                from += step;
                step *= 2;
            }
            int to = Math.min(documents.length, from + step);
            int found = Arrays.binarySearch(firstTokens, from, to, token);
            if (found < 0) {
                return -found - 2;
            }
            // Documents without words begin where the next one does.
            while (firstTokens[found + 1] == token) {
                found++;
            }
            return found;
        }

        @Override
        public int freq() {
            return next - at;
        }

        @Override
        public int nextPosition() {
            return portion[read++] - firstTokens[document];
        }

        @Override
        public int advance(int target) throws IOException {
            return slowAdvance(target);
        }

        @Override
        public long cost() {
            return (long) end - next;
        }

        @Override
        public int startOffset() {
            return -1;
        }

        @Override
        public int endOffset() {
            return -1;
        }

        @Override
        @SuppressWarnings("NullAway") // Lucene's word for none
        public BytesRef getPayload() {
            return null;
        }
    }
}
