package dev.backplane.store.sql;

import java.time.Duration;

/// What a query may use before it is stopped.
///
/// @param rows results above this are cut and [SqlSink#end] says so
/// @param memoryBytes what the query adds to the memory that all running queries have together
public record SqlLimits(Duration time, long rows, long memoryBytes) {
    public static final SqlLimits DEFAULT =
            new SqlLimits(Duration.ofSeconds(60), 100_000, 1L << 30);
}
