package dev.backplane.store.sql;

import dev.backplane.core.Content;
import java.util.Optional;

/// Plain values from the cells of our own queries.
final class SpanCells {
    private static final int TEXT_BYTES_MAX = 1 << 20;

    private SpanCells() {}

    /// The empty string for NULL.
    static String text(Optional<Object> cell) {
        return switch (cell.orElse("")) {
            case Content content -> content.read(TEXT_BYTES_MAX).text();
            case Object value -> value.toString();
        };
    }

    /// -1 for NULL.
    static long whole(Optional<Object> cell) {
        return cell.isPresent() && cell.get() instanceof Number number ? number.longValue() : -1;
    }
}
