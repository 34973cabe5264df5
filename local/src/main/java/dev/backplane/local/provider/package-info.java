/// Models that run in this process, as a provider of the gateway.
///
/// ```
/// ModelRequest ─► LocalModels ─► Residents (in memory? load; lease) ─► LoadedModel
///                     │
///                     ▼
///                 Answering ─► Prompts: messages ─► template ─► tokens; too long: refused
///                     │        Parameters, Form: how tokens are chosen, and what they may be
///                     ▼
///                  Engine ─► tokens ─► Reply: text ─► stop texts ─► thoughts, calls ─► Events
/// ```
///
/// | file | what is in it |
/// |---|---|
/// | `Residents`, `LoadPlan` | which models are in memory, and what one will take |
/// | `LoadedModel` | a model with its engine, tokenizer, template and grammars |
/// | `Conversation`, `Prompts`, `Shortening`, `ForcedCall` | from a request to its tokens |
/// | `Parameters`, `Form` | sampling, limits, stop texts; JSON Schema, regex, grammar |
/// | `Answering`, `Reply`, `StopTexts`, `TokenLogprobs`, `BestOf` | from tokens to events |
/// | `Vectors`, `Ranks` | vectors of texts, and how well texts answer others |
/// | `EngineMetrics` | all of it in numbers, by vLLM's names |
///
/// Invariants:
///
/// - No character of a message becomes part of a control token ([dev.backplane.text]).
/// - Nothing of a prompt is left out unless the request says so, and then it is told: it fits the
///   context or is refused, with the numbers.
/// - An answer ends in the engine before its call ends here, however that ends.
/// - What a request asks and a local model cannot do is refused or told, not passed over.
@NullMarked
package dev.backplane.local.provider;

import org.jspecify.annotations.NullMarked;
