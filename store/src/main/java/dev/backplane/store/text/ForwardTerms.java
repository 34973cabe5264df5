package dev.backplane.store.text;

import org.apache.lucene.index.BaseTermsEnum;
import org.apache.lucene.index.ImpactsEnum;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.BytesRefComparator;
import org.apache.lucene.util.StringSorter;

/// The terms of a field of a [ForwardIndex] in their order, as Lucene wants them to be merged. Only
/// going through them once is possible, and reading the postings of each.
abstract class ForwardTerms extends Terms {
    private final TermTable.View table;

    /// Numbers of terms, in the order of the terms.
    private final int[] sorted;

    ForwardTerms(TermTable.View table) {
        this.table = table;
        this.sorted = sorted(table);
    }

    private static int[] sorted(TermTable.View table) {
        int[] numbers = new int[table.end() - TermTable.FIRST];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = TermTable.FIRST + i;
        }
        new StringSorter(BytesRefComparator.NATURAL) {
            @Override
            protected void get(BytesRefBuilder builder, BytesRef result, int i) {
                table.term(numbers[i], result);
            }

            @Override
            protected void swap(int i, int j) {
                int number = numbers[i];
                numbers[i] = numbers[j];
                numbers[j] = number;
            }
        }.sort(0, numbers.length);
        return numbers;
    }

    /// @param rank of the term in the order; each is asked for once, rising
    abstract PostingsEnum postings(int rank);

    int[] sorted() {
        return sorted;
    }

    @Override
    public TermsEnum iterator() {
        return new Iteration();
    }

    @Override
    public long size() {
        return sorted.length;
    }

    @Override
    public long getSumTotalTermFreq() {
        return -1;
    }

    @Override
    public long getSumDocFreq() {
        return -1;
    }

    @Override
    public int getDocCount() {
        return -1;
    }

    @Override
    public boolean hasOffsets() {
        return false;
    }

    @Override
    public boolean hasPayloads() {
        return false;
    }

    private final class Iteration extends BaseTermsEnum {
        private final BytesRef term = new BytesRef();
        private int rank = -1;

        @Override
        @SuppressWarnings("NullAway") // Lucene's end of terms
        public BytesRef next() {
            if (++rank == sorted.length) {
                return null;
            }
            table.term(sorted[rank], term);
            return term;
        }

        @Override
        public BytesRef term() {
            return term;
        }

        @Override
        public PostingsEnum postings(PostingsEnum reuse, int flags) {
            return ForwardTerms.this.postings(rank);
        }

        @Override
        public SeekStatus seekCeil(BytesRef text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void seekExact(long ord) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long ord() {
            return rank;
        }

        @Override
        public int docFreq() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long totalTermFreq() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ImpactsEnum impacts(int flags) {
            throw new UnsupportedOperationException();
        }
    }
}
