/// Events as the store keeps them, and their fold.
///
/// [EventCodec] turns an event into bytes with *holes*: places where a ref to a content will stand
/// once the container has given it one. So the costly part is done before any lock is held, and the
/// same bytes serve log and segment. [Fold] makes a span of its events, and the shortest list of
/// events that still folds to the same span and takes further events in the same way.
@NullMarked
package dev.backplane.store.event;

import org.jspecify.annotations.NullMarked;
