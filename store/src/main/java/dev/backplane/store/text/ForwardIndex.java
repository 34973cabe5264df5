package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.util.Arrays;

/// Contents as the numbers of their words, one content after the other, and what finds them there.
///
/// ```
/// content ─► words ─► numbers: 17 5 230 5 0 │ 17 9 41 … 0 │ …      in chunks of 32 KiB
///                └──► TermTable of words: which chunks a word is in
///        └─► paths ─► TermTable of paths: which contents a path is in
/// ```
///
/// A word is found by going through the chunks that it is in, a phrase through those that all its
/// words are in. That is more work for a query than postings would be, some microseconds a chunk,
/// and much less for adding: a fresh content is seen by few searches, and its words leave as
/// postings when a segment takes them over ([ForwardReader]).
///
/// One thread adds. Others look at a [View] that it gave them by safe publication.
final class ForwardIndex {
    /// Ends the words of a content.
    static final int END = 0;

    private final ByteChunks tokens = new ByteChunks();
    private final TermTable words = new TermTable();
    private final TermTable paths = new TermTable();
    private long[] starts = new long[1 << 6];
    private int[] numbers = new int[1 << 6];
    private int documents;

    /// What there was at one time.
    ///
    /// @param starts where the words of each content begin, and where the next one would
    /// @param numbers of the contents, rising
    /// @param documents how many contents
    record View(
            byte[][] tokens,
            TermTable.View words,
            TermTable.View paths,
            long[] starts,
            int[] numbers,
            int documents) {
        /// Where the words end.
        long end() {
            return starts[documents];
        }

        /// The content with the word at a position.
        int documentAt(long position) {
            int found = Arrays.binarySearch(starts, 0, documents, position);
            return found >= 0 ? found : -found - 2;
        }
    }

    /// Adds a content. If that fails, it is as if it had not been tried.
    void add(int number, Slice bytes, Shape shape) {
        // What came of a content that could not be added to its end is not there.
        tokens.cutTo(starts[documents]);
        WordCursor cursor = new WordCursor(bytes, shape);
        while (cursor.next()) {
            int chunk = ByteChunks.chunkOf(tokens.begin());
            tokens.add(words.add(cursor.term(), cursor.length(), chunk));
        }
        tokens.add(END);
        if (shape == Shape.JSON) {
            try (PathTerms terms = new PathTerms(bytes)) {
                while (terms.next()) {
                    paths.add(terms.term(), terms.length(), documents);
                }
            }
        }
        if (documents + 1 == starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
            numbers = Arrays.copyOf(numbers, numbers.length * 2);
        }
        numbers[documents] = number;
        starts[++documents] = tokens.size();
    }

    View view() {
        return new View(tokens.chunks(), words.view(), paths.view(), starts, numbers, documents);
    }
}
