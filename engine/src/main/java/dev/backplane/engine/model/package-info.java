/// Decoders: from tokens at positions to logits.
///
/// ```
/// GGUF or checkpoint ─► Hyperparameters, Weights ─► Llama, Qwen2, Qwen3, … ─► Decoder
///
/// Step (rows of any requests)
///   └► Ends.embed ─► layers { SelfAttention ⇄ KeyValueCache,  FeedForward } ─► Ends.logits
/// ```
///
/// Repacked weights are kept on disk ([dev.backplane.engine.model.TileCache]), so that the second
/// start maps them.
///
/// An architecture is a file that takes its weights by name and says how they are put together;
/// what architectures share is in the parts.
///
/// Invariants:
///
/// - A row's numbers depend on its request's tokens only: not on the rows beside it, on how the
///   request was cut into steps, on which blocks it holds, nor on the number of threads. Every part
///   adds up in an order of its own row, and products are the same for one row and for many
///   ([dev.backplane.tensor.kernel]).
/// - A decoder keeps nothing between steps but what is in the cache, and, of layers with a state,
///   one state for each request that runs ([RecurrentStates]).
///
/// To add an architecture: a file such as `Qwen3`, its name in `LocalModel`, and reference logits
/// by another implementation, made as `src/test/reference/README.md` says; for checkpoints, a table
/// of names in [dev.backplane.engine.huggingface].
@NullMarked
package dev.backplane.engine.model;

import org.jspecify.annotations.NullMarked;
