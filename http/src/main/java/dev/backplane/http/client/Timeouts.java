package dev.backplane.http.client;

import java.time.Duration;

/// The clocks of one call. Each may run out 20 ms late.
///
/// @param connect until a connection is there, the wait for a free one included
/// @param first from then until the head of the answer; where the answer begins later than its head
///   ([ClientResponse#stream]), until then
/// @param idle between two pieces of the body
/// @param total for everything
public record Timeouts(Duration connect, Duration first, Duration idle, Duration total) {
    public static final Timeouts DEFAULT =
            new Timeouts(
                    Duration.ofSeconds(10),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(60));

    public Timeouts {
        for (Duration each : new Duration[] {connect, first, idle, total}) {
            if (each.isNegative() || each.isZero()) {
                throw new IllegalArgumentException("a time-out must be positive");
            }
        }
    }
}
