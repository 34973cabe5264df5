/// What is computed next, and for whom.
///
/// ```
/// add ─► FairQueue ─► plan ─► Step ─► (decoder) ─► advance ─► outputs get a token each ─► plan …
///           ▲           │
///           └ preempt ◄─┘ when blocks run out
/// ```
///
/// Invariants: what a sequence's tokens are does not depend on when they are computed, so
/// scheduling changes time and nothing else; a sequence that is set back loses work, never tokens.
@NullMarked
package dev.backplane.engine.schedule;

import org.jspecify.annotations.NullMarked;
