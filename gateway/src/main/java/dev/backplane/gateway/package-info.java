/// One call path for every model, in every dialect.
///
/// ```
///  client                                                                  provider
///    │ bytes                                                                 ▲ bytes
///    ▼                                                                       │
///  surface ─► dialect reader ─► ModelRequest ─► call ─► Provider ─► dialect writer
///  (HTTP)                                       │           │
///    ▲                                          │           ▼
///  dialect writer ◄──────── Events ◄────────────┴──── dialect reader
///                                               │
///                                               └─► one span, written before the answer ends
/// ```
///
/// | package | what it is for | may know |
/// |---|---|---|
/// | `json` | a cursor over JSON that complains by path | |
/// | `model` | requests, answers and events, in no dialect | `json` |
/// | `dialect.X` | one language: bytes to model and back, pure | `model`, `json` |
/// | `parse` | tool calls and thoughts out of what a model wrote | `model`, `json`, `provider` |
/// | `provider` | who answers: one interface, and those that exist | `dialect`, `model` |
/// | `route` | which provider answers for a name, and whether it is well | `provider` |
/// | `limit` | who may use how much | |
/// | `call` | limits, guard, attempts, span | `limit`, `route`, `provider`, `dialect`, `model` |
/// | `file` | files that clients upload, and those that batches make | `call`, `model`, `json` |
/// | `batch` | requests that come in a file, and are answered in their own time | `file`, `call` |
/// | `response` | responses that stay, and conversations | `file`, `call`, `dialect` |
/// | `surface` | dialects over HTTP | `response`, `batch`, `file`, `call`, `route`, `dialect` |
///
/// # To add a dialect
///
/// Make `dialect.X` with the four classes that [dev.backplane.gateway.dialect] lists, a constant in
/// [dev.backplane.gateway.model.DialectId], and the property test that
/// `dialect.openai.ChatRequestTest` shows: a generator of bodies with everything the dialect has
/// and fields that it has not; what is read and written again has the same leaves. Every member
/// that has no place in the model goes into the `Extras` of the level where it stood. What another
/// dialect's request holds and yours cannot say is told to `ignored` if the answer is as good
/// without it, and is a `Problem` of kind `INVALID` if it is content. Its paths are a class in
/// `surface`, as `OpenAiSurface` is, which the server's `Routes` adds; errors are answered in the
/// dialect's form (`Exchange.answerProblemsWith`). Test it with the official client and `Harness`.
///
/// Add to the model only what two dialects share; widen a record rather than adding a second one.
///
/// # To add a provider
///
/// Implement [dev.backplane.gateway.provider.Provider] on [dev.backplane.gateway.provider.Upstream]
/// (address, keys, errors by status, retry times) and [dev.backplane.gateway.provider.SseReader];
/// [dev.backplane.gateway.provider.OpenAiCompatible] is the example, and its test, with
/// `ScriptedUpstream`, is what yours looks like: whole answers, streams, tool calls, every way to
/// break off, refused keys, cancelling. Its type is a word in the server's `ModelSettings` and a
/// line in its `Models`.
///
/// # To parse what a model wrote
///
/// [dev.backplane.gateway.parse]: `Events` in front of other `Events`, which take text deltas and
/// pass on tool call and reasoning events. They hold back no more than may still be the beginning
/// of a marker, and `flush` does not change that. A model with parsers in its configuration is a
/// target whose provider is wrapped in a [dev.backplane.gateway.parse.ParsingProvider]; an engine
/// uses [dev.backplane.gateway.parse.ReplyParser] itself, with the format of its template.
///
/// Invariants, besides M-1 to M-3 of [dev.backplane.gateway.model]:
///
/// - G-1: whoever ends a call early, for whatever reason, ends it on both sides.
/// - G-2: an answer that broke off is never ended as if it were whole.
/// - G-3: keys are in no problem, span, log line or `toString`.
/// - G-4: what is read from outside has a limit: bodies, events, answers, waits.
@NullMarked
package dev.backplane.gateway;

import org.jspecify.annotations.NullMarked;
