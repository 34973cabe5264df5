package dev.backplane.store.text;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.store.ByteBuffersDirectory;

/// A text index in memory over contents that were added a moment ago; a search sees all that was
/// added before it.
///
/// Adding indexes a content at once, but making the index show it costs milliseconds however little
/// it is. So a search reads the contents that the index does not show yet by itself, word by word,
/// until there are [#UNSEEN_BYTES_MAX] of them; from then on the next search makes the index show
/// them. Memory is that of the index, a fraction of what was added, one buffer and the contents not
/// shown. Thread-safe; searches run beside each other and beside adds.
public final class FreshTextIndex implements AutoCloseable {
    /// Some milliseconds of reading for a search.
    static final int UNSEEN_BYTES_MAX = 4 << 20;

    private static final double BUFFER_MEGABYTES = 16;

    /// Above the number of parts in practice: they are merged when the index is adopted, once.
    private static final int MERGE_FACTOR = 64;

    private record Unseen(int document, Slice bytes, Shape shape, boolean plain) {}

    /// What a search looks through.
    private record View(DirectoryReader reader, List<Unseen> unseen) {}

    private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    private final IndexWriting writing;

    /// What the writer has and the reader does not show; empty when that is too much to be read.
    private final List<Unseen> unseen = new ArrayList<>();

    private long unseenBytes;
    private int next;

    private DirectoryReader reader;

    public FreshTextIndex() {
        try {
            writing =
                    new IndexWriting(
                            directory, BUFFER_MEGABYTES, MERGE_FACTOR, IndexWriting.Options.ALL);
            reader = DirectoryReader.open(writing.writer());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// Adds a content.
    ///
    /// @param document above that of the one before; numbers left out are contents without text
    /// @throws IllegalArgumentException if the document is not above the one before, or the content
    ///   longer than [TextIndexBuilder#CONTENT_BYTES_MAX]
    public synchronized void add(int document, Slice bytes, Shape shape) {
        if (document < next) {
            throw new IllegalArgumentException(
                    "document %d comes after document %d".formatted(document, next - 1));
        }
        IndexWriting.requireShort(bytes);
        next = document + 1;
        try {
            writing.add(document, bytes, shape);
        } catch (IOException e) {
            throw failed(e);
        }
        unseenBytes += bytes.length();
        if (unseenBytes > UNSEEN_BYTES_MAX) {
            unseen.clear();
        } else {
            unseen.add(new Unseen(document, bytes.copy(), shape, TextMatcher.isPlain(bytes)));
        }
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws Problem `INVALID` when the prefix at the end of a phrase is too short
    public void collect(TextQuery.Leaf leaf, BitSet documents) {
        View view = acquire(false);
        try {
            IndexSearch.collect(view.reader(), leaf, documents);
            TextMatcher matcher = new TextMatcher(leaf);
            for (Unseen content : view.unseen()) {
                if ((!content.plain() || matcher.mayMatchPlain(content.bytes()))
                        && matcher.matches(content.bytes(), content.shape())) {
                    documents.set(content.document());
                }
            }
        } catch (IOException e) {
            throw failed(e);
        } finally {
            release(view.reader());
        }
    }

    /// As [TextIndex#documentFrequency].
    public long documentFrequency(TextQuery.Leaf leaf) {
        View view = acquire(true);
        try {
            return IndexSearch.frequency(view.reader(), leaf);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            release(view.reader());
        }
    }

    /// The index over all that was added: whole until the next add.
    ///
    /// @return open until this is closed
    synchronized DirectoryReader reader() {
        refresh(true);
        return reader;
    }

    private synchronized View acquire(boolean whole) {
        refresh(whole);
        reader.incRef();
        return new View(reader, List.copyOf(unseen));
    }

    /// Makes the reader show all that was added, if a search cannot read it by itself.
    private void refresh(boolean whole) {
        boolean wanted = whole ? unseenBytes > 0 : unseenBytes > UNSEEN_BYTES_MAX;
        if (!wanted) {
            return;
        }
        try {
            DirectoryReader newer = DirectoryReader.openIfChanged(reader, writing.writer());
            if (newer != null) {
                reader.close();
                reader = newer;
            }
            unseen.clear();
            unseenBytes = 0;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static void release(DirectoryReader reader) {
        try {
            reader.decRef();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// Frees the memory once the searches that run have ended.
    @Override
    public synchronized void close() {
        try {
            reader.close();
            writing.close();
            directory.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static Problem failed(IOException e) {
        return Problem.internal("text index in memory failed", "fresh text index").causedBy(e);
    }
}
