package dev.backplane.gateway.file;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/// Reads small objects side by side, because a bucket is far away.
public final class ManyReads {
    static final int AT_ONCE = 32;

    private ManyReads() {}

    /// What a function reads for each key, in the order of the keys; at most [#AT_ONCE] at a time.
    ///
    /// @throws Problem the function's
    public static <K, V> List<V> all(List<K> keys, Function<K, V> read, String where) {
        List<V> values = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += AT_ONCE) {
            List<Future<V>> reading = new ArrayList<>();
            try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
                for (K key : keys.subList(from, Math.min(from + AT_ONCE, keys.size()))) {
                    reading.add(readers.submit(() -> read.apply(key)));
                }
            }
            reading.forEach(future -> values.add(result(future, where)));
        }
        return values;
    }

    private static <V> V result(Future<V> done, String where) {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Problem problem
                    ? problem
                    : Problem.internal("list could not be read", where).causedBy(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.unavailable("list was given up", where).causedBy(e);
        }
    }
}
