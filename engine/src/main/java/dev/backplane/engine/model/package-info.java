/// Decoders: from tokens at positions to logits.
///
/// ```
/// GGUF or checkpoint ─► Hyperparameters, Weights ─► Llama, Qwen2, Qwen3, … ─► Decoder
///
/// Step (rows of any requests)
///   └► Ends.embed ─► layers { SelfAttention, FeedForward } ─► Ends.logits
///                               └► PagedAttention ⇄ KeyValueCache
/// ```
///
/// Keys and values are kept as 32-bit or 16-bit floats or as Q8_0; whoever reads them gets floats
/// of a block, once for all queries that go over it together, and computes as if they had been
/// floats from the start. A row's own key and value are read back from the cache, too.
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
