package dev.backplane.store;

import java.util.List;

/// The roll-up of one trace. Sums leave out absent values; a sum of none is 0.
///
/// @param name of the root span, or of the earliest one while the root is missing
/// @param startNanos the earliest start seen; 0 when no span has one
/// @param endNanos the latest end seen; 0 when no span has ended
/// @param status `error` if any span failed, else that of the root
/// @param tags a JSON array: the union over spans
/// @param scores a JSON object: those of the root, then of others by name
public record TraceRow(
        String project,
        String traceId,
        String name,
        long startNanos,
        long endNanos,
        long spans,
        long errors,
        long llmCalls,
        long inputTokens,
        long outputTokens,
        long cachedTokens,
        long reasoningTokens,
        double cost,
        List<String> models,
        String sessionId,
        String userId,
        String agent,
        String status,
        String tags,
        String scores) {
    public TraceRow {
        models = List.copyOf(models);
    }

    /// Milliseconds, or NaN while a start or an end is missing.
    public double durationMs() {
        return startNanos == 0 || endNanos == 0 ? Double.NaN : (endNanos - startNanos) / 1e6;
    }
}
