/// What is asked of a model and what it answers, in no dialect.
///
/// ```
/// ModelRequest ─ input ── Chat: Messages of Parts │ Raw: prompts
///              ├ tools, tool choice, settings, stop, output format
///              └ dialect + Extras: fields that nobody here knows, as they came
///
/// Event, in order:  Started (delta* | ToolCallStarted, ToolArguments*, ToolCallEnded)*
///                   Finished (one a choice)  Used  — nothing after a failure, which is thrown
/// ```
///
/// An answer is always events, whether it is streamed or not: an answer in one piece is the same
/// events with one delta each. [Answer.Builder] folds them again, for dialects that answer in one
/// piece and for the span.
///
/// Invariants:
///
/// - M-1: what a dialect reads, it writes again: numbers with their digits, JSON (schemas,
///   arguments, metadata) byte for byte, text char for char.
/// - M-2: a field without a place here is in an [Extras], at the level where it stood. A provider
///   that speaks [ModelRequest#dialect] sends it on; any other reports it, see
///   `CallContext.ignored`.
/// - M-3: everything here is immutable and holds no null; absent text is empty, absent JSON is
///   [dev.backplane.core.Slice#EMPTY].
@NullMarked
package dev.backplane.gateway.model;

import org.jspecify.annotations.NullMarked;
