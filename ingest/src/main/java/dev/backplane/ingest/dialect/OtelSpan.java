package dev.backplane.ingest.dialect;

import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.util.List;

/// A span as OpenTelemetry has it, before dialects are read.
///
/// @param traceId 32 lower-case hex digits
/// @param spanId 16 lower-case hex digits
/// @param parentId as spanId, or empty
/// @param kind OpenTelemetry's: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5
///   consumer
/// @param startNanos since 1970; 0 when unknown
/// @param endNanos since 1970; 0 when unknown or still open
/// @param links a JSON array, or empty
/// @param statusCode 0 unset, 1 ok, 2 error
/// @param dropped how many attributes, events and links the sender's SDK threw away
public record OtelSpan(
        String traceId,
        String spanId,
        String parentId,
        Slice name,
        int kind,
        long startNanos,
        long endNanos,
        List<Value.Attribute> attributes,
        List<Value.Event> events,
        Slice links,
        int statusCode,
        Slice statusMessage,
        Slice traceState,
        long dropped) {

    /// What the spans of one instrumentation share.
    ///
    /// @param resource attributes of the process that sent them
    /// @param scope a JSON object with the instrumentation's name and version, or empty
    public record Origin(Value.Attributes resource, String scopeName, Slice scope) {}
}
