/// Guesses at how answers go on, so that a step computes several tokens of a request instead of
/// one.
///
/// ```
/// Sequence ─► Speculation ─► drafts ─► Scheduler: rows beside others' ─► Step ─► logits
///                 ▲  │ whose?                                               │
///                 │  ├ a form's only way on          (Constraint)           ▼
///                 │  ├ the request's own text        (History)         chosen as always;
///                 │  ├ earlier answers of its tenant (Histories)       equal to the draft?
///                 │  └ a small model's               (DraftModel)      then the next row counts
///                 └────────── accepted or not ◄─────────────────────────────┘
/// ```
///
/// Invariants:
///
/// - Nothing that is guessed changes an answer: a token is chosen from the logits that it would
///   have been chosen from without guesses, to the bit, with the same draw. Guesses cost or save
///   time.
/// - What is guessed for a request comes from itself and from requests of the same salt and the
///   same user: how fast an answer comes tells nothing of another tenant's texts.
/// - Memory is bounded: tokens that are remembered, tenants that they are remembered for.
@NullMarked
package dev.backplane.engine.speculate;

import org.jspecify.annotations.NullMarked;
