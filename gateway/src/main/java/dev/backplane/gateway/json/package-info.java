/// Reading JSON by its path: a cursor whose every complaint says line and column, or the path and
/// what is allowed there.
///
/// Values that only pass through are taken as the exact bytes they came in ([JsonCursor#raw]), so
/// that no number is rounded and no string spelt anew.
@NullMarked
package dev.backplane.gateway.json;

import org.jspecify.annotations.NullMarked;
