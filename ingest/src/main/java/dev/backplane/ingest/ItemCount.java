package dev.backplane.ingest;

import dev.backplane.core.Problem;

/// Counts attributes, events, links and array elements of one message. Its bytes are limited by who
/// reads them; but an attribute of two bytes becomes an object of a hundred. The limit is the same
/// for all ways in, so that what one of them took in can be exported and comes in by another. No
/// sender in the field comes near. For one thread.
public final class ItemCount {
    public static final int ITEMS_MAX = 2_000_000;

    private final String where;
    private int count;

    /// @param where the message, for the error
    public ItemCount(String where) {
        this.where = where;
    }

    /// Counts one more.
    ///
    /// @throws Problem `TOO_LARGE`
    public void add() {
        if (++count > ITEMS_MAX) {
            throw Problem.tooLarge(
                            "more than " + ITEMS_MAX + " attributes, events and values", where)
                    .fix("send less at once; large objects go into input, output or metadata");
        }
    }
}
