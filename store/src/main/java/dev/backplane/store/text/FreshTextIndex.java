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
/// Adding copies the bytes and is cheap until [#PENDING_BYTES_MAX] of them wait; whoever goes above
/// that, or searches, indexes what waits. Memory is that of the index, a fraction of what was
/// added, and up to two buffers. Thread-safe; searches run beside each other and beside adds.
public final class FreshTextIndex implements AutoCloseable {
    /// Also the most that a search has to index before it answers: some 10 ms of work.
    static final int PENDING_BYTES_MAX = 256 << 10;

    private static final double BUFFER_MEGABYTES = 16;
    private static final int MERGE_FACTOR = 10;

    private record Pending(int document, Slice bytes, Shape shape) {}

    private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    private final IndexWriting writing;
    private final List<Pending> pending = new ArrayList<>();
    private long pendingBytes;
    private int next;
    private boolean stale;
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
        pending.add(new Pending(document, bytes.copy(), shape));
        pendingBytes += bytes.length();
        if (pendingBytes > PENDING_BYTES_MAX) {
            index();
        }
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws Problem `INVALID` when the prefix at the end of a phrase is too short
    public void collect(TextQuery.Leaf leaf, BitSet documents) {
        DirectoryReader current = acquire();
        try {
            IndexSearch.collect(current, leaf, documents);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            release(current);
        }
    }

    /// As [TextIndex#documentFrequency].
    public long documentFrequency(TextQuery.Leaf leaf) {
        DirectoryReader current = acquire();
        try {
            return IndexSearch.frequency(current, leaf);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            release(current);
        }
    }

    private synchronized DirectoryReader acquire() {
        try {
            index();
            if (stale) {
                DirectoryReader newer = DirectoryReader.openIfChanged(reader, writing.writer());
                if (newer != null) {
                    reader.close();
                    reader = newer;
                }
                stale = false;
            }
            reader.incRef();
            return reader;
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

    private void index() {
        try {
            for (Pending content : pending) {
                writing.add(content.document(), content.bytes(), content.shape());
                stale = true;
            }
            pending.clear();
            pendingBytes = 0;
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
