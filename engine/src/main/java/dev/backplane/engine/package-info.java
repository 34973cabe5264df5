/// Serving local models: tokens in, tokens out.
///
/// ```
/// GenerationRequest ─► Engine ─► Generation (token after token)
///                        │
///                        ├ schedule   who computes what in the next step; preemption; fairness
///                        ├ cache      who holds which block of keys and values; prefixes
///                        ├ model      the decoders: a step's rows to logits
///                        ├ sample     logits to a token
///                        └ speculate  guesses at the next tokens, checked beside others' rows
/// ```
///
/// Beside it, [dev.backplane.engine.embed.Embedder] makes vectors of texts.
///
/// | package | may know |
/// |---|---|
/// | `huggingface` | nothing of ours |
/// | `model` | `huggingface` |
/// | `cache` | nothing of ours |
/// | `sample` | nothing of ours |
/// | `embed` | `model` |
/// | `schedule` | `cache`, `model` |
/// | `speculate` | `cache`, `model`, `sample`, `schedule` |
/// | `engine` | all |
///
/// One thread owns the model: it plans a step, computes it with the machine's workers, chooses a
/// token for each request that has caught up, and looks at what arrived or was cancelled meanwhile.
/// A step is bounded by its rows, so that is soon.
///
/// Invariants:
///
/// - An answer depends on its request only: not on what runs beside it, on cached prefixes, nor on
///   being set back. This is exact, to the bit of the logits.
/// - Memory is bounded: rows of a step, blocks of the cache, requests that run and wait.
/// - Nothing is cut: what does not fit the context is refused, with the numbers.
/// - Every request that was taken gets exactly one last event.
@NullMarked
package dev.backplane.engine;

import org.jspecify.annotations.NullMarked;
