/// Which provider answers for a model's name.
///
/// A [Route] is a list of [Target]s, and a [Balance] that says which of them a call tries first: as
/// listed, by weight, the least busy, or the one that has seen the conversation's beginning. A
/// target whose [Breaker] is open goes to the end. [Probes] ask targets that failed whether they
/// are back, so that no client has to. [RouteTable#explain] tells the same as data.
@NullMarked
package dev.backplane.gateway.route;

import org.jspecify.annotations.NullMarked;
