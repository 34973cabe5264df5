/// Which provider answers for a model's name.
///
/// A [Route] is a list of [Target]s. Without weights they are tried in their order; with weights
/// the first is drawn by weight and the others stand in for it. A target whose [Breaker] is open
/// goes to the end. [RouteTable#explain] tells the same as data.
@NullMarked
package dev.backplane.gateway.route;

import org.jspecify.annotations.NullMarked;
