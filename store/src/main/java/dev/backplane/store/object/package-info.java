/// Objects near at hand: [SegmentCache] gives readers a local file for every object, fetched once
/// and kept as long as there is room.
///
/// Invariants: a file under its name is complete; a file that somebody has open is never removed;
/// one object is fetched by one thread at a time, the others wait for it.
@NullMarked
package dev.backplane.store.object;

import org.jspecify.annotations.NullMarked;
