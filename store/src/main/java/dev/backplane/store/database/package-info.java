/// The store put together: log, segments and the readers over both.
///
/// ```
/// append ─► Log ─► (sealed generations) ─► Compactor ─► segments + Manifest
///                        │                                  │
///                        └────────── State ◄────────────────┘
///                                      │
///                 span ◄── Spans ──────┼── View ──► SQL, lists, search
///                                      │     ├── Traces      lists of traces by their roll-ups
///                                      │     └── TraceShape  trees ─► Subtrees (sums)
///                                      │                        └► Conversation (messages once)
/// ```
///
/// A [State] is what is in segments at one moment; together with the list of log generations it is
/// all there is to read. Readers take a state, use it and give it back; the files of a segment that
/// no state names go when the last reader has.
///
/// Invariants:
/// - D-1: generations are newer than segments, and a later generation than an earlier one: a span's
///   events are those of its one living segment row, then those of the generations in order.
/// - D-2: a generation leaves the log in the same step in which its segments enter the state.
/// - D-3: a query holds for a span by what its events fold to, wherever they lie: compaction
///   changes no answer. A search gives the first place of each match in a trace, in the order of
///   rows, over all containers that the trace lies in ([FreshSearch], [TraceWalk]).
/// - D-4: a trace's row in a list is the sum of what each place says of it ([Traces]), and equal to
///   its row in the SQL table `traces`.
@NullMarked
package dev.backplane.store.database;

import org.jspecify.annotations.NullMarked;
