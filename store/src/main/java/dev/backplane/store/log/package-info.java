/// The write-ahead log, and what is read from it until a segment takes over.
///
/// A **generation** is one log file with the index of what is in it. One generation is *active*: it
/// takes appends. When it is full it is *sealed* and a new one begins; the compactor turns sealed
/// generations into segments, oldest first, and deletes them.
///
/// ```
/// append(events) ── drafts, encoding (no lock) ──► [LogWriter] lock: refs, a record into the batch
///                                                         │ one thread: write, fsync
///                                                         ▼
///            caller returns ◄── events visible ◄── [FreshSpans] apply
/// ```
///
/// Invariants:
/// - L-1: a caller returns only after its record is durable and visible.
/// - L-2: a record holds every content that it is the first to refer to; what is cut off at a torn
///   tail was never acknowledged, and nothing before it refers to it.
/// - L-3: a generation that failed to write takes no more appends. What was durable stays readable,
///   the next append opens a new generation: recovery after a fault is recovery after a crash.
///
/// What a generation holds in memory of an event stays until compaction. It is numbers and bytes in
/// long arrays ([FreshSpans], [GenerationContents], [EventContents]) and no object of its own,
/// because the garbage collector's pauses grow with the objects that it copies.
///
/// Full text over a generation is by event ([GenerationText], [GenerationSearch]); what a span says
/// is put together by the database, which also knows the span's older part.
///
/// Whatever bytes a file has, opening it ends with a cut at the first record that is not whole, or
/// with a `Problem`; every number in it is checked before it is used.
@NullMarked
package dev.backplane.store.log;

import org.jspecify.annotations.NullMarked;
