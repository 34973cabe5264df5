package dev.backplane.store;

import java.util.OptionalLong;

/// A list request, newest first.
///
/// @param filter a SQL condition over `spans` columns, or empty
/// @param sinceNanos inclusive start time
/// @param untilNanos exclusive start time
/// @param cursor empty for the first page, else the one the previous page ended with
/// @param limit 1 to 10,000 rows
public record ListQuery(
        String project,
        String filter,
        OptionalLong sinceNanos,
        OptionalLong untilNanos,
        String cursor,
        int limit) {}
