package dev.backplane.ingest.otlp;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.IngestContext;

/// Reads an `ExportTraceServiceRequest` into span events.
public final class OtlpDecoder {
    private OtlpDecoder() {}

    /// @throws Problem `INVALID` with the offset if the request is not protobuf at all
    public static Decoded protobuf(Slice request, IngestContext context) {
        return ProtobufDecoder.decode(request, context);
    }

    /// @throws Problem `INVALID` with line and column if the request is not JSON at all
    public static Decoded json(Slice request, IngestContext context) {
        return JsonDecoder.decode(request, context);
    }
}
