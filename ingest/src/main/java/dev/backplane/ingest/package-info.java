/// Wire formats and dialects to span events.
///
/// ```
/// bytes ──► decoder ──────► raw span ──► dialects ──► SpanEvent
///           otlp             name, times,  attribute names
///           ndjson           attributes    to Fields
///           braintrust
///           trajectory
/// ```
///
/// Every way in is one function:
///
/// | bytes | call | answers |
/// |---|---|---|
/// | OTLP protobuf or JSON | [dev.backplane.ingest.otlp.OtlpDecoder] | [Decoded] |
/// | Braintrust `logs3` | [dev.backplane.ingest.braintrust.Logs3] | [Decoded] and row ids |
/// | native NDJSON | [dev.backplane.ingest.ndjson.SpanLines] | [Ingested], fed to a sink |
/// | files | [dev.backplane.ingest.trajectory.FileImport] | a report, fed to a sink |
///
/// The first two work on one request in memory (its size is the caller's limit) and return events
/// whose strings are slices of that request: do not reuse its array while they live. The last two
/// read a stream of any length and hand bounded batches to a [dev.backplane.core.SpanSink].
///
/// Invariants:
///
/// - Nothing is lost silently: what cannot be stored comes back as a [Rejection] that says which
///   item, why and what to do; a request that cannot be read at all throws a
///   [dev.backplane.core.Problem].
/// - Nothing that arrived is changed: attributes, resource, scope, events and links are kept whole
///   beside the normalised fields, and a normalised field that equals an attribute's value is the
///   very same slice, so that it is stored once.
/// - No state: all classes are immutable or confined to a call, hence safe for use by many threads.
@NullMarked
package dev.backplane.ingest;

import org.jspecify.annotations.NullMarked;
