/// Responses that outlive the request that asked for them: stored ones, those that are made in the
/// background, and conversations, which are what responses are added to.
///
/// ```
///  request ─► ResponseRun ─► the call path        History: what was said before
///                │  │
///                │  └─► ResponseStore             the response, a span
///                └────► Conversations             its items, where it is part of one
///
///  background: Background ─► ResponseRun ─► EventLog ─► any number of readers, from any event on
/// ```
///
/// | key | holds |
/// |---|---|
/// | `response-active/PROJECT/ID` | who asked, for each that is made in the background now |
/// | `response-events/PROJECT/ID-SECONDS` | the events of one that has ended, until that time |
/// | `conversations/PROJECT/ID/head.json` | when it was begun, and its metadata |
/// | `conversations/PROJECT/ID/items/NUMBER` | items, a line each, in their order |
/// | `conversation-days/PROJECT/ID/DAY` | nothing: the conversation was changed on that day |
///
/// Decisions:
///
/// - A response that was under way when the process ended has `failed`, and says so. It is not
///   asked again, as the requests of a batch are: a reader of its stream has heard half an answer,
///   and would get another half.
/// - The events of a background response are kept for a day after its end, whether it was asked for
///   as a stream or not. After that its stream is its last event.
/// - A conversation takes one response at a time; who comes meanwhile is refused. It is kept until
///   somebody deletes it, or its project, or nobody has changed it for the project's retention.
///   Days are enough for that, and a mark a day is what a conversation costs for it.
/// - A conversation is marked before it is written, and its marks are removed after it: what a
///   creation or deletion that broke off has left is found by them, and goes as an idle one does.
///
/// Invariants:
///
/// - a background response that its client was told of is durable, and reaches an end.
/// - an end is durable before anybody is told of it.
/// - what a response adds to a conversation is added before the response has ended; one that
///   failed or was cancelled adds nothing.
@NullMarked
package dev.backplane.gateway.response;

import org.jspecify.annotations.NullMarked;
