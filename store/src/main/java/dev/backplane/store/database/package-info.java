/// The store put together: log, segments and the readers over both.
///
/// ```
/// append ─► Log ─► (sealed generations) ─► Compactor ─► segments + Manifest
///                        │                                  │
///                        └────────── State ◄────────────────┘
///                                      │
///           span, tree ◄── Spans ──────┼── View ──► SQL, lists, search
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
@NullMarked
package dev.backplane.store.database;

import org.jspecify.annotations.NullMarked;
