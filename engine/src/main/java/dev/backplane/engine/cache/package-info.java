/// Which request holds which blocks of the key-value cache, and what is in them.
///
/// A request's context is cut into blocks of 16 positions. A full block is named by everything up
/// to its end ([dev.backplane.engine.cache.BlockKey]), so that a request which begins as another
/// did holds the same blocks and computes only what differs: a prefix cache without being asked.
@NullMarked
package dev.backplane.engine.cache;

import org.jspecify.annotations.NullMarked;
