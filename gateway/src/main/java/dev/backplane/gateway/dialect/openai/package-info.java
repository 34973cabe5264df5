/// OpenAI's language: chat completions, completions, embeddings, models and errors
/// (https://platform.openai.com/docs/api-reference), with the fields that vLLM, SGLang, DeepSeek
/// and OpenRouter added where they are the same knob (`top_k`, `min_p`, `repetition_penalty`,
/// `reasoning_content`). What is not known stays in `Extras` and reaches every provider of this
/// dialect.
///
/// Content of a single plain text part is written as a string, which all servers understand; null
/// fields are not written.
@NullMarked
package dev.backplane.gateway.dialect.openai;

import org.jspecify.annotations.NullMarked;
