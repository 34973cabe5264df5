package dev.backplane.http;

import dev.backplane.core.Problem;
import java.util.HashSet;
import java.util.Set;

/// Failures nobody planned for: a 500 with the request's id for the sender, and where it happened
/// for the operator. Messages of foreign exceptions may quote a payload, so they are not logged.
final class Unexpected {
    private static final int FRAMES_MAX = 24;

    private Unexpected() {}

    static Problem problem(System.Logger log, Exchange exchange, Throwable failure) {
        log.log(
                System.Logger.Level.ERROR,
                () ->
                        "request %s: %s %s failed: %s"
                                .formatted(
                                        exchange.requestId(),
                                        exchange.method(),
                                        exchange.route(),
                                        describe(failure)));
        return Problem.internal(
                        "server failed unexpectedly", exchange.method() + " " + exchange.route())
                .fix("report it with the server log's lines for this request id")
                .causedBy(failure);
    }

    /// The chain of types with their frames, without messages except those of problems.
    static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder();
        Set<Throwable> seen = new HashSet<>();
        for (Throwable at = failure; at != null && seen.add(at); at = at.getCause()) {
            text.append(seen.size() == 1 ? "" : "\n  caused by ");
            text.append(at instanceof Problem ? at.toString() : at.getClass().getName());
            StackTraceElement[] frames = at.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, FRAMES_MAX); i++) {
                text.append("\n    at ").append(frames[i]);
            }
        }
        return text.toString();
    }
}
