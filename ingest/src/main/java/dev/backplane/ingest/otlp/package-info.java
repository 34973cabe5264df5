/// OTLP traces (opentelemetry-proto, docs/specification.md) to span events.
///
/// [OtlpDecoder] takes a whole request, in protobuf or JSON, already decompressed. Both walk it by
/// hand: what a span says stays a slice of the request, nothing becomes a tree of messages.
///
/// A span that OTLP calls invalid (ids empty, all zero or of the wrong length) or that is damaged
/// inside its own length is refused alone; damage around spans refuses the request. An end before
/// the start is kept as sent. Invalid UTF-8 is kept byte for byte and shown as U+FFFD.
///
/// Attribute values: string, bool, int, double and bytes are themselves; arrays and key-value lists
/// become JSON text in the order sent, doubles with a decimal point, bytes as base64, NaN and
/// infinities as null.
@NullMarked
package dev.backplane.ingest.otlp;

import org.jspecify.annotations.NullMarked;
