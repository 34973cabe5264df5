package dev.backplane.store.database;

import dev.backplane.store.log.LogLimits;
import java.nio.file.Path;
import java.time.Duration;

/// How a store is opened.
///
/// @param directory of this process: log, scratch files, and copies of objects of a remote store
/// @param log when a log generation is full
/// @param flushAfter a generation older than this is compacted though it is not full
/// @param cacheBytes of decompressed blocks
/// @param columnBytes of segments' columns that filters of lists test
/// @param mergeRowsMax rows of the largest segment that merging makes
/// @param logInObjectStore whether a batch of the log counts as durable when it is an object,
///   rather than when it is on this process's disk: for a bucket, where the disk may be lost
public record StoreOptions(
        Path directory,
        LogLimits log,
        Duration flushAfter,
        long cacheBytes,
        long columnBytes,
        int mergeRowsMax,
        boolean logInObjectStore) {
    public static StoreOptions of(Path directory) {
        long heap = Runtime.getRuntime().maxMemory();
        return new StoreOptions(
                directory,
                LogLimits.DEFAULT,
                Duration.ofMinutes(10),
                Math.min(512L << 20, heap / 8),
                Math.min(512L << 20, heap / 8),
                1_000_000,
                false);
    }

    public StoreOptions withColumnBytes(long bytes) {
        return new StoreOptions(
                directory, log, flushAfter, cacheBytes, bytes, mergeRowsMax, logInObjectStore);
    }

    public StoreOptions withLogInObjectStore() {
        return new StoreOptions(
                directory, log, flushAfter, cacheBytes, columnBytes, mergeRowsMax, true);
    }

    Path logDirectory() {
        return directory.resolve("log");
    }

    Path scratch() {
        return directory.resolve("scratch");
    }

    /// Copies that nobody has open go when there are more bytes than this; segments in use stay.
    long objectCacheBytes() {
        return 16L << 30;
    }

    Path objectCache() {
        return directory.resolve("cache");
    }
}
