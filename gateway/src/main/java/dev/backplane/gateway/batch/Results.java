package dev.backplane.gateway.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/// Adds the results of many threads to one [Journal]: those that come while a write is under way
/// are the next write. Its thread is its own, so that a call that is ended does not end the write
/// of what was paid for. Thread-safe.
final class Results implements AutoCloseable {
    private record Waiting(ResultLine result, CompletableFuture<Boolean> durable) {}

    private final Journal journal;
    private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private volatile boolean closed;
    private final Thread writer = Thread.ofVirtual().name("batch-results").unstarted(this::write);

    private Results(Journal journal) {
        this.journal = journal;
    }

    static Results start(Journal journal) {
        Results results = new Results(journal);
        results.writer.start();
        return results;
    }

    /// Durable on return. To be called again if it failed.
    void append(ResultLine result) throws IOException {
        Waiting mine = new Waiting(result, new CompletableFuture<>());
        queue.add(mine);
        if (closed) {
            refuse();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    mine.durable().get();
                    return;
                } catch (InterruptedException later) {
                    interrupted = true;
                } catch (ExecutionException failed) {
                    throw new IOException("results could not be written", failed.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Whether nothing can be appended any more.
    boolean isOver() {
        return closed;
    }

    private void write() {
        List<Waiting> group = new ArrayList<>();
        try {
            while (true) {
                group.add(queue.take());
                queue.drainTo(group);
                write(group);
                group.clear();
            }
        } catch (InterruptedException end) {
            // What is left is refused.
        } finally {
            closed = true;
            refuse();
        }
    }

    private void refuse() {
        for (Waiting left = queue.poll(); left != null; left = queue.poll()) {
            left.durable().completeExceptionally(new IOException("batch is over"));
        }
    }

    private void write(List<Waiting> group) {
        try {
            journal.append(group.stream().map(Waiting::result).toList());
            group.forEach(each -> each.durable().complete(true));
        } catch (IOException | RuntimeException | Error failed) {
            group.forEach(each -> each.durable().completeExceptionally(failed));
            if (failed instanceof Error error) {
                throw error;
            }
        }
    }

    /// What is appended from now on fails.
    @Override
    public void close() {
        writer.interrupt();
    }
}
