/// Content once: how a value that agents repeat is stored one time and referred to.
///
/// A container (a log generation, a segment) numbers two kinds of content, each from 0:
///
/// - a **leaf** is a run of bytes, at most [Chunker#SIZE_MAX] of them: one chat message, one tool
///   definition, one chunk of a long string;
/// - a **sequence** is an ordered list of leaves and sequences with a [Style] of joining them. It
///   may have a *parent*, another sequence that is its prefix: a conversation of n turns costs n
///   appended pieces in all, not n lists of up to n pieces.
///
/// A **ref** is an `int` that names either: twice the leaf's number, or twice the sequence's plus
/// one ([Refs]).
///
/// ```
/// value → Splitter (JSON array of objects?) ─┐
///       → Chunker  (long string?) ───────────┼→ Draft: leaves and sequences with their hashes
///       → one leaf ──────────────────────────┘            │
///                                                ContentTable: hash → ref, or a new ref
/// ```
///
/// What a person searches may stand across two chunks: [Joints] names these places, and they are
/// indexed beside the leaves. All chunks of a text are read as its first one is (the middle of a
/// JSON text does not look like JSON).
///
/// Invariants:
/// - C-1: joining what was split gives the original bytes, always: splitting is about where to cut,
///   never about meaning, so malformed JSON costs compression and nothing else.
/// - C-2: a ref points into its own container only; containers are self-contained, so deleting one
///   needs no reference counts.
/// - C-3: in a container, pieces come before what refers to them.
/// - C-4: hashes are SHA-256 cut to 128 bits, keyed by project: users choose the bytes, and one
///   project cannot probe what another holds.
/// - C-5: a word or phrase that reaches at most [Joints#REACH] bytes to either side of a cut is
///   found as if nothing had been cut.
@NullMarked
package dev.backplane.store.content;

import org.jspecify.annotations.NullMarked;
