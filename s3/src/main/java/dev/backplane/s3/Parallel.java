package dev.backplane.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/// Runs the pieces of one transfer side by side.
final class Parallel {
    private static final int AT_ONCE = 4;

    private Parallel() {}

    interface Piece<R> {
        R run(int number) throws IOException;
    }

    /// Runs pieces 0 to `count - 1`, at most four at once, and returns their results in order.
    /// After the first failure no further piece starts, and it is thrown when the running ones are
    /// done.
    static <R> List<R> run(int count, Piece<R> piece) throws IOException {
        Semaphore slots = new Semaphore(AT_ONCE);
        List<Future<R>> futures = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count && !failed(futures); i++) {
                int number = i;
                slots.acquire();
                futures.add(
                        threads.submit(() -> {
                            try {
                                return piece.run(number);
                            } finally {
                                slots.release();
                            }
                        }));
            }
            List<R> results = new ArrayList<>();
            for (Future<R> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("transfer interrupted").initCause(e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IOException("transfer failed", e);
            }
        }
    }

    private static boolean failed(List<? extends Future<?>> futures) {
        for (Future<?> future : futures) {
            if (future.state() == Future.State.FAILED) {
                return true;
            }
        }
        return false;
    }
}
