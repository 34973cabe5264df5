/// Runs on the wire: an encoder of OTLP protobuf of our own, small, and fast enough that a sender
/// on the same machine does not spoil the measurement. Tests hold it against the generated classes
/// of opentelemetry-proto.
///
/// [dev.backplane.bench.otlp.OtlpEncoder] writes the span, [dev.backplane.bench.otlp.Dialect] says
/// in which attribute conventions; how those look stands in `Attributes`.
@NullMarked
package dev.backplane.bench.otlp;

import org.jspecify.annotations.NullMarked;
