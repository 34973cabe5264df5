package dev.backplane.store;

import java.util.List;

/// A window of a trace drawn over time: what a span called stands in lanes below its own, and in a
/// lane nothing overlaps. Lanes depend on the trace alone, not on the window.
///
/// Nothing is left out at any size: spans that are too narrow for a column of the window are told
/// together, by number.
///
/// @param spans in the whole trace that have a start
/// @param startNanos of the first span, since 1970; 0 without any
/// @param lengthNanos from there to the last end
/// @param lanes of the whole trace
/// @param bars of the window, by lane and then by time
public record Flame(int spans, long startNanos, long lengthNanos, int lanes, List<Bar> bars) {
    public Flame {
        bars = List.copyOf(bars);
    }

    /// What is looked at. Times are nanoseconds after the trace's start.
    ///
    /// @param columns into which the time is divided, at least 1
    /// @param lane the first that is wanted
    public record Window(long from, long to, int columns, int lane, int lanes) {}

    /// One span, or several that begin in the same column and are narrower than it.
    ///
    /// @param from nanoseconds after the trace's start, as `to`
    /// @param spans that it stands for
    /// @param errors how many of them failed
    /// @param critical whether one is on the critical path
    /// @param open whether one has not ended; it is drawn to the end of the trace
    /// @param position of the first in the tree ([TreeRow#position])
    /// @param kind of the first
    /// @param name where there is one span, and room to write it; empty otherwise
    public record Bar(
            int lane,
            long from,
            long to,
            int spans,
            int errors,
            boolean critical,
            boolean open,
            int position,
            String kind,
            String name) {}
}
