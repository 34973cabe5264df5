/// Vectors of texts: the last states of a decoder or an encoder, pooled.
///
/// ```
/// tokens ─► Embedder ─► steps of any inputs' rows ─► Decoder ─► states ─► mean, first or last
///                                                                              │
///                                                        length 1 ◄────────────┘
/// ```
///
/// A state can also be a judgement: how well a text answers a question ([Ranker]).
///
/// Invariant: a vector depends on its input only, not on the others of its request, nor on how they
/// were cut into steps.
@NullMarked
package dev.backplane.engine.embed;

import org.jspecify.annotations.NullMarked;
