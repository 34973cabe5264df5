package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/// A text index in memory over contents that were added a moment ago; a search sees all that was
/// added before it.
///
/// ```
/// add ──► waiting: read by searches ──► index ──► ForwardIndex
/// ```
///
/// Adding only keeps a content. Cutting it into words costs its sender's processor and is
/// [#index]'s; a search reads by itself, word by word, what still waits for that. No search waits
/// for an add or for the cutting, and neither waits for a search. Memory is that of the forward
/// index, half of what was added or so, and the contents that wait. Thread-safe.
public final class FreshTextIndex implements AutoCloseable {
    /// Whoever adds when so much waits to be cut into words does that himself: searches have some
    /// milliseconds to read at most.
    static final int WAITING_BYTES_MAX = 4 << 20;

    private record Content(int document, Slice bytes, Shape shape, boolean plain) {}

    private final ForwardIndex index = new ForwardIndex();

    /// Held by whoever cuts contents into words.
    private final Lock indexing = new ReentrantLock();

    private final Deque<Content> waiting = new ArrayDeque<>();
    private ForwardIndex.View shown = index.view();
    private long waitingBytes;
    private boolean closed;
    private int next;

    /// Adds a content, for searches to see at once and for [#index] to cut into words.
    ///
    /// @param document above that of the one before; numbers left out are contents without text
    /// @throws IllegalArgumentException if the document is not above the one before, or the content
    ///   longer than [TextIndexBuilder#CONTENT_BYTES_MAX]
    public void add(int document, Slice bytes, Shape shape) {
        IndexWriting.requireShort(bytes);
        Content content = new Content(document, bytes.copy(), shape, TextMatcher.isPlain(bytes));
        synchronized (this) {
            if (document < next) {
                throw new IllegalArgumentException(
                        "document %d comes after document %d".formatted(document, next - 1));
            }
            next = document + 1;
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

    /// Cuts contents that wait into words, about so many bytes of them.
    ///
    /// @return whether there were any
    public boolean index(int bytes) {
        indexing.lock();
        try {
            List<Content> contents = firstWaiting(bytes);
            int done = 0;
            try {
                for (Content content : contents) {
                    index.add(content.document(), content.bytes(), content.shape());
                    done++;
                }
            } finally {
                show(done);
            }
            return !contents.isEmpty();
        } finally {
            indexing.unlock();
        }
    }

    private synchronized List<Content> firstWaiting(int bytes) {
        List<Content> first = new ArrayList<>();
        long left = closed ? 0 : bytes;
        for (Iterator<Content> all = waiting.iterator(); left > 0 && all.hasNext(); ) {
            Content content = all.next();
            first.add(content);
            left -= content.bytes().length();
        }
        return first;
    }

    /// From now on searches find the first ones that waited in the index.
    private synchronized void show(int contents) {
        for (int i = 0; i < contents && !closed; i++) {
            waitingBytes -= waiting.remove().bytes().length();
        }
        shown = index.view();
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws dev.backplane.core.Problem `INVALID` when the prefix at the end of a phrase is too
    ///   short
    public void collect(TextQuery.Leaf leaf, BitSet documents) {
        ForwardIndex.View view;
        List<Content> unseen;
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the index is closed");
            }
            view = shown;
            unseen = List.copyOf(waiting);
        }
        new ForwardSearch(view).collect(leaf, documents);
        TextMatcher matcher = new TextMatcher(leaf);
        for (Content content : unseen) {
            if ((!content.plain() || matcher.mayMatchPlain(content.bytes()))
                    && matcher.matches(content.bytes(), content.shape())) {
                documents.set(content.document());
            }
        }
    }

    /// The index over all that was added: whole until the next add.
    ForwardIndex.View whole() {
        while (index(Integer.MAX_VALUE)) {
            // all that waits
        }
        synchronized (this) {
            return shown;
        }
    }

    /// Nothing more is cut into words, and what waits for that is let go.
    @Override
    public synchronized void close() {
        closed = true;
        waiting.clear();
        waitingBytes = 0;
    }
}
