package dev.backplane.store.event;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.store.SpanRow;

/// When spans together began: at the earliest of their starts or, while none of them has one, at
/// the time of their latest event. So a trace stands in lists and segments where it began, and one
/// of which nobody has said when it began stands where it was last heard of. Immutable.
///
/// @param startNanos the earliest start, [Long#MAX_VALUE] while there is none
/// @param orderNanos where the last of the spans stands in time, see [Rows#orderNanos]; counts only
///   while there is no start
public record Beginning(long startNanos, long orderNanos) {
    /// Of no spans at all.
    public static final Beginning NONE = new Beginning(Long.MAX_VALUE, Long.MIN_VALUE);

    public static Beginning of(SpanRow row) {
        return of(row.startNanos(), row.orderNanos());
    }

    /// @param version of the span's latest event
    public static Beginning of(SpanData data, long version) {
        return of(data.number(Field.START_TIME, 0), Rows.orderNanos(data, version));
    }

    private static Beginning of(long startNanos, long orderNanos) {
        return new Beginning(startNanos == 0 ? Long.MAX_VALUE : startNanos, orderNanos);
    }

    public boolean isNone() {
        return equals(NONE);
    }

    public boolean hasStart() {
        return startNanos != Long.MAX_VALUE;
    }

    /// Of the spans of both.
    public Beginning with(Beginning other) {
        return new Beginning(
                Math.min(startNanos, other.startNanos), Math.max(orderNanos, other.orderNanos));
    }

    public long nanos() {
        return hasStart() ? startNanos : orderNanos;
    }
}
