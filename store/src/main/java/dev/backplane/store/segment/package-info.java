/// Segments: immutable, self-contained runs of whole traces, made by the compactor.
///
/// A segment is three objects that share a name:
///
/// | object | what | who reads it |
/// |---|---|---|
/// | `.pack` | spans, contents, references, roll-ups of traces ([PackFormat]) | [Pack] |
/// | `.text` | full-text index over contents and rows | [dev.backplane.store.text] |
/// | `.parquet` | the hot columns | SQL, lists, and any Parquet reader |
///
/// Rows are ordered by (start of trace, trace id, start of span): a trace is one contiguous run of
/// rows and, because contents are numbered as rows first need them, nearly one run of blocks. Row
/// numbers are the same in all three objects.
///
/// Invariants:
/// - G-1: a span is in at most one row of a project's segments that is not masked.
/// - G-2: contents in a segment are distinct and each is referred to by some row: what only deleted
///   spans referred to is gone after the next compaction.
/// - G-3: objects are written before the manifest that names them, and deleted after the manifest
///   that no longer does.
/// - G-4: nothing that is read from a pack is followed before it was checked: damage is a
///   `Problem`.
@NullMarked
package dev.backplane.store.segment;

import org.jspecify.annotations.NullMarked;
