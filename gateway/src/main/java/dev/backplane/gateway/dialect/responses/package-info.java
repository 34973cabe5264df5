/// OpenAI's Responses: items instead of messages, a stream of typed events, state by
/// `previous_response_id`.
///
/// ```
///  body ─► ResponsesRequestReader ─► ResponsesRequest ── items ─► ItemReader ─► Messages
///                                            │                                     │
///                 items of earlier responses ┘                                     ▼
///  response, stream ◄─ ResponseWriter ◄─ Events ◄──────────────────────────── ModelRequest
/// ```
///
/// Any provider can answer: what makes a request special (state, the echo of its own fields, ids)
/// stays on this side of the model.
///
/// | item | in the model |
/// |---|---|
/// | `message` | a message; an assistant's neighbours (thoughts, text, calls) are one message |
/// | `reasoning` | `Part.Reasoning`; `encrypted_content` is a [SealedThought] |
/// | `function_call`, `custom_tool_call` | `Part.ToolCall` |
/// | `function_call_output`, `custom_tool_call_output` | a message of role `tool` |
/// | `item_reference` | what it refers to, which the caller looks up |
///
/// Facts of the wire come from the types of OpenAI's SDKs (openai-python, `types/responses`, and
/// openai-java), the Open Responses schema (openresponses/openresponses, `schema/*.tsp`) and
/// recorded streams. Where those two differ, OpenAI's names are used: thoughts come as
/// `response.reasoning_text.delta`. Of Open Responses is the `[DONE]` at the end of a stream, which
/// OpenAI's clients pass over.
///
/// Decisions:
///
/// - A member of a response that its request left open has the value that OpenAI documents as the
///   default, because the form has no place for "not said".
/// - A thought is the item's `content`, and its `summary` where the request wants summaries: a
///   provider that shows thoughts has nothing shorter to offer.
/// - A custom tool becomes a function of one string, and its calls are turned back. A grammar is
///   told to the model with the tool's description and named as ignored: nobody holds the model to
///   it.
/// - Tools in a namespace become functions `NAMESPACE__NAME`, and their calls are turned back.
/// - Tools that the service runs (`web_search` and the like) are left out and named as ignored,
///   also by the response's `tools`; a choice that demands one is refused. Codex offers such a tool
///   with every request, whoever it talks to.
/// - `instructions` become a message of role `system`, which every template knows.
@NullMarked
package dev.backplane.gateway.dialect.responses;

import org.jspecify.annotations.NullMarked;
