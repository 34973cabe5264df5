/// The server as its users see it: over HTTP. Nothing of the server's own code is used, so that a
/// mistake there is not shared.
@NullMarked
package dev.backplane.bench.api;

import org.jspecify.annotations.NullMarked;
