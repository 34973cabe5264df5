/// Attribute dialects to one span model.
///
/// Instrumentations agree on OTLP but not on what they call things: the model is
/// `gen_ai.request.model`, `llm.model_name` or `ai.model.id`. Each [Dialect] is a small pure class
/// that knows one vocabulary. [Normalizer] asks all of them, most specific first; what an earlier
/// one has set stays, so that a span that speaks two (many do) is complete and nothing is counted
/// twice.
///
/// What they fill in:
///
/// - INPUT and OUTPUT of a model call are JSON arrays of messages. Where the sender's value is one,
///   it is taken as it is, the very same slice, in the sender's form (chat `content` or gen_ai
///   `parts`). Where it is spread over attributes or events, it is rebuilt in chat form:
///   `{"role","content","tool_calls":[{"id","type":"function","function":{"name","arguments"}}]}`.
///   `gen_ai.system_instructions` are put in front as a system message.
/// - INPUT_TOKENS includes cached tokens, OUTPUT_TOKENS reasoning. Most dialects count so; [Usage]
///   says how the others are recognised.
/// - Tokens and cost are set on the span that made the call, never on an agent or chain around it,
///   or a trace would count them twice; there they become METRICS.
/// - COST is the sender's where stated, else computed from [dev.backplane.ingest.PriceTable].
///
/// The attributes themselves are kept whole in ATTRIBUTES.
@NullMarked
package dev.backplane.ingest.dialect;

import org.jspecify.annotations.NullMarked;
