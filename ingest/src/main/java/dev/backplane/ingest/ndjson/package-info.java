/// The native format: span events as NDJSON, one a line, under the names of
/// [dev.backplane.core.Field]; what [dev.backplane.core.SpanJson] writes can be read back.
///
/// ```
/// {"trace_id":"t","span_id":"s","name":"chat","kind":"llm","start_time":"2026-01-02T03:04:05Z",
///  "input":[{"role":"user","content":"hi"}],"model":"gpt-4o","input_tokens":12}
/// {"op":"merge","trace_id":"t","span_id":"s","end_time":1767323046000000000,"output":"hello"}
/// {"op":"feedback","trace_id":"t","span_id":"s","scores":{"quality":1},"comment":"good"}
/// {"op":"delete","trace_id":"t","span_id":"s"}
/// ```
///
/// JSON values keep the bytes they came with; strings become text. [dev.backplane.core.Lines]
/// bounds what one line may take; [SpanLine] reads one; [SpanLines] feeds them to a sink.
@NullMarked
package dev.backplane.ingest.ndjson;

import org.jspecify.annotations.NullMarked;
