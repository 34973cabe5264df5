/// Text to tokens and back: what stands between a conversation and a model.
///
/// ```
/// messages, tools ──► template ──► MarkedText ──► tokenizer ──► token ids ──► model
///                                                                              │
/// text ◄── tokenizer (detokenizer) ◄── token ids ◄── sampling ◄── grammar (mask)
/// ```
///
/// - [dev.backplane.text.template] renders a model's chat template, a small Jinja.
/// - [dev.backplane.text.tokenizer] cuts text into tokens as the model's makers did, and puts it
///   together again while tokens come.
/// - [dev.backplane.text.grammar] says which tokens may come next when an answer must have a form.
///
/// [dev.backplane.text.MarkedText] is what the first two speak with each other: text that remembers
/// which of its characters came from outside.
///
/// Invariant: a character from outside is never part of a control token.
@NullMarked
package dev.backplane.text;

import org.jspecify.annotations.NullMarked;
