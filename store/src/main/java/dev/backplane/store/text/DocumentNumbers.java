package dev.backplane.store.text;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.store.DataInput;
import org.apache.lucene.store.DataOutput;

/// Which content each Lucene document is: an index that took over parts of others has its documents
/// in the order of those, not in that of the container.
///
/// | field | |
/// |---|---|
/// | documents | VInt |
/// | runs | until all are numbered: start (ZInt, from where the last run ended), length (VInt) |
///
/// A run is of consecutive numbers, so that an index in the container's own order costs one run,
/// five bytes or so. No two documents have the same number. Immutable.
final class DocumentNumbers {
    private final int[] numbers;
    private final boolean identity;

    private DocumentNumbers(int[] numbers) {
        this.numbers = numbers;
        this.identity = isIdentity(numbers);
    }

    static DocumentNumbers of(int[] numbers, int count) {
        return new DocumentNumbers(Arrays.copyOf(numbers, count));
    }

    private static boolean isIdentity(int[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] != i) {
                return false;
            }
        }
        return true;
    }

    void write(DataOutput out) throws IOException {
        out.writeVInt(numbers.length);
        int expected = 0;
        for (int from = 0; from < numbers.length; ) {
            int to = from + 1;
            while (to < numbers.length && numbers[to] == numbers[to - 1] + 1) {
                to++;
            }
            out.writeZInt(numbers[from] - expected);
            out.writeVInt(to - from);
            expected = numbers[to - 1] + 1;
            from = to;
        }
    }

    /// @param documents how many there must be
    static DocumentNumbers read(DataInput in, int documents) throws IOException {
        int count = in.readVInt();
        if (count != documents) {
            throw new CorruptIndexException(
                    "numbers for %d of %d documents".formatted(count, documents), in.toString());
        }
        int[] numbers = new int[count];
        int expected = 0;
        for (int i = 0; i < count; ) {
            int start = expected + in.readZInt();
            int length = in.readVInt();
            if (start < 0
                    || length < 1
                    || length > count - i
                    || start > Integer.MAX_VALUE - length) {
                throw new CorruptIndexException(
                        "run of %d numbers from %d".formatted(length, start), in.toString());
            }
            for (int j = 0; j < length; j++) {
                numbers[i++] = start + j;
            }
            expected = start + length;
        }
        return new DocumentNumbers(numbers);
    }

    int get(int document) {
        return numbers[document];
    }

    /// One above the highest number.
    int end() {
        return identity ? numbers.length : Arrays.stream(numbers).max().orElse(-1) + 1;
    }

    /// Adds the numbers of a set of documents to another set.
    void translate(BitSet documents, BitSet target) {
        if (identity) {
            target.or(documents);
            return;
        }
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            target.set(numbers[d]);
        }
    }
}
