package dev.backplane.bench.runs;

import java.util.List;
import java.util.Optional;

/// One run of an agent: a trace.
///
/// @param index which run of its profile this is
/// @param traceId 32 hexadecimal digits
/// @param spans in the order in which an SDK would send them, that is by end; a parent comes after
///   its children
/// @param feedback a score that arrives after the run
public record AgentRun(
        Profile profile,
        long index,
        String traceId,
        String sessionId,
        String userId,
        List<AgentSpan> spans,
        Optional<Feedback> feedback) {

    /// @param spanId of the span it is about, the root
    /// @param delayNanos after the end of the run; negative when it comes before the span does
    public record Feedback(long spanId, long delayNanos, double score, String comment) {}

    public AgentRun {
        spans = List.copyOf(spans);
    }

    /// When the last span has ended, since the start of the run.
    public long durationNanos() {
        return spans.stream().mapToLong(AgentSpan::endNanos).max().orElse(0);
    }

    public static String hex(long id) {
        return "%016x".formatted(id);
    }
}
