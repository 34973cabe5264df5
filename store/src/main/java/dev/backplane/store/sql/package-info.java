/// SQL over the store, and the lists made with it.
///
/// ```
/// text ── SqlGuard: size, depth ── DuckDB's parser ── tree ── SqlRewriter ── text ── DuckDB
///                                                              │  ColumnNames, PlainTimes
///                                                              │  LatePayloads, LateProjection
///                                                              │  BoundsFinder → Bounds → Tables
///                    TableView: column files, fresh rows, payloads, text index ◄── callbacks
/// ```
///
/// DuckDB executes, the store scans. A query is over one [TableView]: sealed rows in Parquet files
/// ([ColumnFile]), fresh rows in memory ([RowFunction]), payloads by locator, text by row sets
/// ([DuckFunctions]). [Listing] asks a [SpanFinder] which spans meet a filter: [ColumnFinder] over
/// columns in memory ([dev.backplane.store.column]) for a condition that [FilterCompiler] can say
/// without SQL, [SqlFinder] for any other and for columns that are not there. What a list shows of
/// spans comes from the view.
///
/// What holds, and where it is kept:
///
/// - *What is checked is what runs.* The tree that [SqlRewriter] walks comes from DuckDB's parser
///   and goes back to it; every node class, function and table not on a list is refused
///   ([SqlGuard]). Behind that, the database has no file but the column folders, no extension and
///   locked settings ([DuckDatabase]), so that a gap in the lists reaches nothing.
/// - *A payload is read last.* Bare in the outermost select list it is read when its row is handed
///   over, so a limit is also a limit on reads, and its size does not matter. In an expression
///   beside a LIMIT it is computed after the limit. In a condition DuckDB calls for it on the rows
///   that cheaper conditions leave; such values are bounded in size and in sum.
/// - *No span twice.* Masked rows of a part are filtered in the scan; a part without any is read
///   without a test.
/// - *A query ends.* Time, rows, memory, spill and the number of queries at once are bounded; the
///   caller's thread keeps the time, asks whether anybody still waits, and cancels ([RowPipe]).
///   What DuckDB allocates for the strings of one batch of 2,048 rows is outside its own memory
///   limit: functions that make much from little are left out, and our callbacks give at most 256
///   MiB a call.
/// - *An error is about what was written.* Places are of the author's text ([SourceText]), and what
///   DuckDB says of the rewritten query is translated or left out ([DuckProblems]): no name, number
///   or path of ours is seen.
/// - *Either finder gives the same list.* A request may begin with one and go on with the other.
/// - *Nothing is shared between queries* but the engine: each has its own session, its own numbers
///   for row sets and feeds, and leaves none behind.
@NullMarked
package dev.backplane.store.sql;

import org.jspecify.annotations.NullMarked;
