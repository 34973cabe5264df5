package dev.backplane.store.text;

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.util.BytesRef;

/// The paths of some contents of a [ForwardIndex]: for each path, the contents with it.
final class ForwardPaths extends ForwardTerms {
    private final ForwardIndex.View index;

    /// For each document of the index which one it is here, or -1.
    private final int[] here;

    private final Occurrences occurrences = new Occurrences();

    /// Of one path, falling.
    private int[] found = new int[64];

    private int count;

    /// @param documents which contents, rising
    ForwardPaths(ForwardIndex.View index, int[] documents) {
        super(index.paths());
        this.index = index;
        this.here = new int[index.documents()];
        Arrays.fill(here, -1);
        for (int i = 0; i < documents.length; i++) {
            here[documents[i]] = i;
        }
    }

    @Override
    PostingsEnum postings(int rank) {
        count = 0;
        index.paths().places(sorted()[rank], index.documents(), this::found);
        occurrences.next = count;
        occurrences.document = -1;
        return occurrences;
    }

    private void found(int document) {
        if (here[document] >= 0) {
            if (count == found.length) {
                found = Arrays.copyOf(found, count * 2);
            }
            found[count++] = here[document];
        }
    }

    @Override
    public boolean hasFreqs() {
        return false;
    }

    @Override
    public boolean hasPositions() {
        return false;
    }

    private final class Occurrences extends PostingsEnum {
        private int document;
        private int next;

        @Override
        public int docID() {
            return document;
        }

        @Override
        public int nextDoc() {
            document = next == 0 ? NO_MORE_DOCS : found[--next];
            return document;
        }

        @Override
        public int advance(int target) throws IOException {
            return slowAdvance(target);
        }

        @Override
        public long cost() {
            return next;
        }

        @Override
        public int freq() {
            return 1;
        }

        @Override
        public int nextPosition() {
            return -1;
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
