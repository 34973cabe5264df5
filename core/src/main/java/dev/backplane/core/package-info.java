/// What every room of the house speaks.
///
/// A [SpanEvent] is something that was learnt about one span: it was opened, it grew, it was
/// judged, it is to be forgotten. A span as a reader sees it is the fold of its events; [SpanData]
/// holds the fields of either, each [Field] saying its type and how a later value meets an earlier
/// one. Producers hand events to a [SpanSink] and may forget them when it returns: they are then
/// durable.
///
/// Field values are [Value]s. Large ones hold a [Content], bytes that can be read more than once
/// but need not be in memory; a [Slice] is the kind that is.
///
/// Failures that a caller can act on are [Problem]s, the one error type: it says what, where and
/// how to mend it, and owns the mapping to HTTP, gRPC and exit codes. All durable state goes
/// through an [ObjectStore]. Nothing here starts a thread or opens a socket.
@NullMarked
package dev.backplane.core;

import org.jspecify.annotations.NullMarked;
