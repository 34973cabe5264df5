/// The store put together: log, segments and the readers over both.
///
/// ```
/// append ─► Log ─► (sealed generations) ─► Compactor ─► segments + Manifest
///                        │                                  │
///                        └────────── State ◄────────────────┘
///                                      │
///                 span ◄── Spans ──────┼── View ──► SQL, lists, search
///                                      │     ├── Traces      lists of traces by their roll-ups
///                                      │     └── TraceShape  trees
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
/// - D-3: a trace's row in a list is the sum of what each place says of it ([Traces]), and equal to
///   its row in the SQL table `traces`.
@NullMarked
package dev.backplane.store.database;

import org.jspecify.annotations.NullMarked;
