/// To parse what a model wrote: thoughts and tool calls out of the text of a reply, as it comes.
///
/// A model's family decides how a reply is written. That is data: a [CallFormat] and a
/// [ThoughtFormat], together a [ReplyFormat], all of them in [Formats] with the source of each. A
/// handful of engines read them:
///
/// ```
///                       ┌─ MarkedReply ─► Section ─► JsonBody     {"name": f, "arguments": {…}}
/// text ─► ReplyParser ──┤   text, thoughts           NamedBody    f separator {…}
///                       │                            TaggedBody   <function=f><parameter=k>v…
///                       │                            LiteralBody  f(k='v')   call:f{k:v}
///                       └─ ChannelReply              Harmony's messages with headers
/// ```
///
/// Every engine takes one character at a time and pieces of the stream only decide when what is
/// ready is sent. So how a reply was cut into pieces cannot change what is read from it.
///
/// # Rules
///
/// - White space beside a marker belongs to the marker: the templates put it there.
/// - Arguments are sent as they come, in the model's own JSON where the format has JSON. A line
///   break that stands raw in a JSON string is escaped.
/// - What looks like a call and is none comes out as text. A call is started when its name is sure;
///   one that goes wrong after that keeps what has come as its arguments, up to its end marker.
/// - Both are told in `backplane_notes`, a member of the choice. An answer finishes with
///   `TOOL_CALLS` only if all its calls are whole; the last one of a reply that was cut off has no
///   [dev.backplane.gateway.model.Event.ToolCallEnded].
/// - Formats without an opening marker (Llama's) count only at the beginning of the reply and only
///   with the name of a tool that was offered. Without tools nothing is a call, except in Harmony,
///   where all is messages.
/// - What is held back has a limit ([ReplyParser#HELD_CHARS_MAX]).
///
/// # To add a family
///
/// Add a constant to [Formats], with its source, to its lists there, and transcripts to the test's
/// `replies` folder. A new engine is needed only when no [Shape] fits.
@NullMarked
package dev.backplane.gateway.parse;

import org.jspecify.annotations.NullMarked;
