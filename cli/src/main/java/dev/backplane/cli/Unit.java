package dev.backplane.cli;

/// What a column's values measure: decides alignment and how people see them. Machines always get
/// the plain value.
enum Unit {
    /// Free text: cut first when a table is too wide.
    TEXT,
    /// An identifier: never cut.
    ID,
    /// RFC 3339; people see local time.
    TIME,
    /// Milliseconds; people see `1.24 s`.
    DURATION_MS,
    /// A count; people see `12,345`.
    COUNT,
    /// Tokens; people see `12.3k`.
    TOKENS,
    /// US dollars; people see `$0.0123`.
    COST,
    /// Bytes; people see `31.0 MB`.
    BYTES,
    /// Any other number.
    NUMBER,
    /// A JSON value: lists of text are joined for people.
    JSON;

    boolean isRightAligned() {
        return switch (this) {
            case TEXT, ID, TIME, JSON -> false;
            case DURATION_MS, COUNT, TOKENS, COST, BYTES, NUMBER -> true;
        };
    }
}
