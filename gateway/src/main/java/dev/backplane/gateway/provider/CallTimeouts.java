package dev.backplane.gateway.provider;

import dev.backplane.http.client.Timeouts;
import java.time.Duration;

/// How long each phase of a call to a model may take.
///
/// ```
/// stream         connect ─► first token ─► idle, idle, …  ┐
/// in one piece   connect ─► answer ──────► idle, idle, …  ┴ all within total
/// ```
///
/// @param connect until there is a connection, the wait for a free one included
/// @param firstToken from then until a stream says something; signs of life do not count
/// @param answer from then until an answer in one piece begins to arrive, which is when the model
///   has made it
/// @param idle between two pieces of what has begun; in a stream, signs of life count
/// @param total for everything
public record CallTimeouts(
        Duration connect, Duration firstToken, Duration answer, Duration idle, Duration total) {
    /// OpenAI's and Anthropic's libraries wait ten minutes, too.
    public static final CallTimeouts DEFAULT =
            new CallTimeouts(
                    Duration.ofSeconds(10),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(60));

    public CallTimeouts {
        for (Duration each : new Duration[] {connect, firstToken, answer, idle, total}) {
            if (each.isNegative() || each.isZero()) {
                throw new IllegalArgumentException("a time-out must be positive");
            }
        }
    }

    /// The clocks of a call.
    public Timeouts clocks(boolean stream) {
        return new Timeouts(connect, stream ? firstToken : answer, idle, total);
    }
}
