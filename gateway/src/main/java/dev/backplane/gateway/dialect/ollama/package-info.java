/// Ollama's language: `/api/chat`, `/api/generate`, `/api/embed`, the list of models and errors
/// (https://docs.ollama.com/api), streams being a JSON object a line.
///
/// | in the dialect | in the model |
/// |---|---|
/// | `options` that are a `Setting` | the setting; `num_predict` below 0 stays |
/// | other `options`, `keep_alive`, `think: true` | `Extras` of the request |
/// | `think: "low"` | `Setting.REASONING_EFFORT` |
/// | `format` | the output format |
/// | `images` | images of base64, their type told by their first bytes |
/// | `prompt` of `/api/generate` | a chat of one turn; with `raw` or `suffix` a raw prompt |
///
/// A tool call need not have an id here, other dialects demand one: calls without are numbered, and
/// results find theirs by the tool's name or else by their order. Numbers are not written back.
@NullMarked
package dev.backplane.gateway.dialect.ollama;

import org.jspecify.annotations.NullMarked;
