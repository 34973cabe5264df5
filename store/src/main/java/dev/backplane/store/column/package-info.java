/// The hot columns of segments in memory, and filters over them.
///
/// ```
/// condition ─► RowFilter ── test(row) ──────────────────────► fresh rows
///                  │
///                  └─ bind(columns of a part) ─► BlockFilter ─► rows of a block of 8,192
///                              ▲
///            ColumnCache ◄─ ColumnLoader, once a part and column ◄─ its Parquet file
/// ```
///
/// A list asks for the newest rows that meet a filter, or for the traces with such a row, and a
/// filter tests a few narrow columns. In DuckDB each such question is a statement: it is planned,
/// opens files and decompresses pages anew. Here a column stays as numbers of a few bytes a row
/// ([TextColumn], [WholeColumn], [RealColumn], [Presences]); texts are tested once a dictionary,
/// and what no value of a part or a block can meet is passed over.
///
/// Invariants:
/// - A filter here holds for a row exactly when the SQL condition it was made of is true for it. A
///   condition for which that is not plain (another type, a cast, a function, a payload, a pattern)
///   is not made into a filter and goes to DuckDB.
/// - Parts are immutable, so a column is never stale. Which rows of a part are superseded is the
///   reader's to know.
/// - Memory is bounded by the cache's capacity; what does not fit is left to DuckDB.
/// - No list waits for columns. What it misses is read when it is done, and DuckDB finds its rows
///   meanwhile: after a start, and when a segment is new.
@NullMarked
package dev.backplane.store.column;

import org.jspecify.annotations.NullMarked;
