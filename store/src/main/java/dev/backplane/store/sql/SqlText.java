package dev.backplane.store.sql;

/// Quoting of what goes into SQL text.
final class SqlText {
    private SqlText() {}

    /// A string literal.
    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /// A moment, as [BoundsFinder] reads it without asking DuckDB.
    static String time(long nanos) {
        return "make_timestamp_ns(" + nanos + ")";
    }

    /// An identifier that is taken as written.
    static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }
}
