package dev.backplane.store;

import dev.backplane.core.SpanKey;

/// The hot fields of a folded span: what lists, trees and SQL read without touching a payload.
///
/// Absent text is the empty string, an absent token count is -1, an absent number NaN.
///
/// @param startNanos since 1970; 0 while no start has come
/// @param endNanos since 1970; 0 while the span is open
/// @param orderNanos where the span stands in time: [dev.backplane.store.event.Rows#orderNanos]
/// @param error the first [#PREVIEW_LENGTH] characters, ending in `…` when cut; the whole is a
///   payload
/// @param tags a JSON array or empty
/// @param scores a JSON object or empty
/// @param inputPreview the newest input message's text, cut like `error`
public record SpanRow(
        SpanKey key,
        String parentId,
        String name,
        String kind,
        long startNanos,
        long endNanos,
        long orderNanos,
        String status,
        String error,
        String model,
        String provider,
        long inputTokens,
        long outputTokens,
        long cachedTokens,
        long cacheWriteTokens,
        long reasoningTokens,
        double cost,
        double timeToFirstTokenMs,
        String sessionId,
        String userId,
        String agent,
        String tags,
        String scores,
        String inputPreview,
        String outputPreview) {
    /// In UTF-16 code units.
    public static final int PREVIEW_LENGTH = 200;

    /// Milliseconds, or NaN while the start or the end is missing.
    public double durationMs() {
        return startNanos == 0 || endNanos == 0 ? Double.NaN : (endNanos - startNanos) / 1e6;
    }

    public boolean failed() {
        return status.equals("error");
    }
}
