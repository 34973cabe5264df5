/// Files to span events: [FileImport] finds out what a file holds and streams it.
///
/// ```
/// bytes ─► (gunzip) ─► Elements ─► one JSON value ─► OTLP JSON      resourceSpans
///                                                ├─► native event   trace_id, span_id
///                                                └─► Trajectory     messages, traj…
/// ```
///
/// A file is one JSON array, JSON lines, or JSON values one after the other. Memory holds one
/// element and one batch of events, whatever the file's length.
///
/// [Trajectory] turns a chat into a trace: one agent span, one LLM span for each assistant turn
/// whose INPUT is the whole history before it, one tool span for each answer of a tool, below the
/// turn that called it.
///
/// Invariants:
///
/// - The INPUT of a turn begins with the bytes of the turn before it: messages keep their text but
///   for space between tokens. That is what makes a conversation cheap to store.
/// - Ids follow from file name, place and content, times from the element or, where it names none,
///   from the place and the moment of the first import ([ChatTimes]): importing a file again gives
///   the same events.
@NullMarked
package dev.backplane.ingest.trajectory;

import org.jspecify.annotations.NullMarked;
