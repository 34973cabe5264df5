package dev.backplane.store.text;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.ByteBuffersDirectory;

/// A text index in memory over contents that were added a moment ago; a search sees all that was
/// added before it.
///
/// ```
/// add ──► waiting ──► index ──► in the index ──► refresh ──► shown by it
///         └────────── unseen: read by searches ──────────┘
/// ```
///
/// Adding only keeps a content. Cutting it into words costs its sender's processor, and making the
/// index show it takes a tenth of a second or more; so a search reads by itself, word by word, what
/// the index does not show yet. One that finds more than [#UNSEEN_BYTES_MAX] of it has the index
/// show it, by a thread beside it. Twice as many bytes are kept to be read; above that, the next
/// search waits for the index. Memory is that of the index, a fraction of what was added, one
/// buffer and the contents kept. Thread-safe; searches run beside each other and beside adds.
public final class FreshTextIndex implements AutoCloseable {
    /// Some 10 ms of reading for a search.
    static final int UNSEEN_BYTES_MAX = 6 << 20;

    /// Whoever adds when so much waits to be indexed does that himself.
    private static final int WAITING_BYTES_MAX = 4 << 20;

    private static final System.Logger LOG = System.getLogger(FreshTextIndex.class.getName());
    private static final double BUFFER_MEGABYTES = 32;

    /// Above the number of parts in practice: they are merged when the index is adopted, once.
    private static final int MERGE_FACTOR = 64;

    private record Unseen(int document, Slice bytes, Shape shape, boolean plain) {}

    /// What a search looks through.
    private record View(DirectoryReader reader, List<Unseen> unseen) {}

    private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    private final IndexWriting writing;

    /// Held by whoever indexes what waits.
    private final Lock indexing = new ReentrantLock();

    /// Held by whoever makes the reader show more: it takes long and holds up nobody else.
    private final Lock refreshing = new ReentrantLock();

    /// Contents that the reader does not show, from number [#keptFrom] on.
    private final List<Unseen> unseen = new ArrayList<>();

    /// Those of them that are not in the index yet: its last ones.
    private final Deque<Unseen> waiting = new ArrayDeque<>();

    private long unseenBytes;
    private long waitingBytes;
    private int keptFrom;
    private boolean begun;
    private boolean closed;
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

    /// Adds a content, for searches to see at once and for [#index] to cut into words.
    ///
    /// @param document above that of the one before; numbers left out are contents without text
    /// @throws IllegalArgumentException if the document is not above the one before, or the content
    ///   longer than [TextIndexBuilder#CONTENT_BYTES_MAX]
    public void add(int document, Slice bytes, Shape shape) {
        IndexWriting.requireShort(bytes);
        Unseen content = new Unseen(document, bytes.copy(), shape, TextMatcher.isPlain(bytes));
        synchronized (this) {
            if (document < next) {
                throw new IllegalArgumentException(
                        "document %d comes after document %d".formatted(document, next - 1));
            }
            next = document + 1;
            unseen.add(content);
            unseenBytes += bytes.length();
            waiting.add(content);
            waitingBytes += bytes.length();
        }
        while (waitingBytes() > WAITING_BYTES_MAX && index(WAITING_BYTES_MAX)) {
            // until there is room
        }
    }

    /// How much [#index] has still to do.
    public synchronized long waitingBytes() {
        return waitingBytes;
    }

    private synchronized Optional<Unseen> firstWaiting() {
        return closed ? Optional.empty() : Optional.ofNullable(waiting.peek());
    }

    /// Cuts contents that wait into words, about so many bytes of them.
    ///
    /// @return whether there were any
    public boolean index(int bytes) {
        indexing.lock();
        try {
            long left = bytes;
            Optional<Unseen> content = firstWaiting();
            boolean found = content.isPresent();
            while (content.isPresent() && left > 0) {
                Unseen own = content.get();
                writing.add(own.document(), own.bytes(), own.shape());
                indexed(own);
                left -= own.bytes().length();
                content = firstWaiting();
            }
            return found;
        } catch (IOException e) {
            throw failed(e);
        } finally {
            indexing.unlock();
        }
    }

    private synchronized void indexed(Unseen first) {
        waiting.remove();
        waitingBytes -= first.bytes().length();
        if (unseenBytes > 2 * UNSEEN_BYTES_MAX) {
            unseen.clear();
            unseen.addAll(waiting);
            unseenBytes = waitingBytes;
            keptFrom = first.document() + 1;
        }
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws Problem `INVALID` when the prefix at the end of a phrase is too short
    public void collect(TextQuery.Leaf leaf, BitSet documents) {
        View view = acquire();
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

    /// The index over all that was added: whole until the next add.
    ///
    /// @return open until this is closed
    DirectoryReader reader() {
        while (index(Integer.MAX_VALUE)) {
            // all that waits
        }
        refresh(true);
        synchronized (this) {
            return reader;
        }
    }

    private View acquire() {
        while (true) {
            refresh(false);
            synchronized (this) {
                // More may have been given to the index meanwhile, and be kept no longer.
                if (reader.maxDoc() >= keptFrom) {
                    reader.incRef();
                    return new View(reader, List.copyOf(unseen));
                }
            }
        }
    }

    /// Makes the reader show what was added if a search cannot read that by itself; where it should
    /// not have to for long, somebody else sees to that beside it.
    private void refresh(boolean whole) {
        if (isNeeded(whole)) {
            refreshing.lock();
            try {
                if (isNeeded(whole)) {
                    show();
                }
            } finally {
                refreshing.unlock();
            }
        } else if (mustBegin()) {
            Thread.ofPlatform().daemon().name("text-refresh").start(this::refreshIfDue);
        }
    }

    private void refreshIfDue() {
        refreshing.lock();
        try {
            if (isDue()) {
                show();
            }
        } catch (Problem | AlreadyClosedException failed) {
            // Whoever needs the index to show more will try again and be told.
            LOG.log(System.Logger.Level.DEBUG, "refreshing fresh text failed", failed);
        } finally {
            refreshing.unlock();
            synchronized (this) {
                begun = false;
            }
        }
    }

    private void show() {
        try {
            DirectoryReader newer = DirectoryReader.openIfChanged(reader, writing.writer());
            if (newer != null) {
                replaceBy(newer);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private synchronized boolean isNeeded(boolean whole) {
        return reader.maxDoc() < (whole ? next : keptFrom);
    }

    private synchronized boolean isDue() {
        return unseenBytes > UNSEEN_BYTES_MAX;
    }

    /// Whether a refresh is due and nobody was sent to do it.
    private synchronized boolean mustBegin() {
        boolean begin = isDue() && !begun;
        begun |= begin;
        return begin;
    }

    private synchronized void replaceBy(DirectoryReader newer) throws IOException {
        reader.close();
        reader = newer;
        unseen.removeIf(content -> content.document() < reader.maxDoc());
        unseenBytes = unseen.stream().mapToLong(content -> content.bytes().length()).sum();
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
    public void close() {
        indexing.lock();
        try {
            synchronized (this) {
                closed = true;
                reader.close();
                writing.close();
                directory.close();
            }
        } catch (IOException e) {
            throw failed(e);
        } finally {
            indexing.unlock();
        }
    }

    private static Problem failed(IOException e) {
        return Problem.internal("text index in memory failed", "fresh text index").causedBy(e);
    }
}
