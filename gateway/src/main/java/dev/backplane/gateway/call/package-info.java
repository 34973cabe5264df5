/// The path of a call: limits, guard, route, attempts, span.
///
/// ```
/// Gateway.generate ─► Admission ─► Guard.input ─► Route.plan ─► attempt … attempt ─► span ─► end
///                                                     │ events, as they come
///                                                     └─► Guard.stream ─► the client
/// ```
///
/// A call is tried again, at the same target or another, only while the client has been told
/// nothing and the failure's kind allows it ([Retries]). [Attempts] also asks a second target
/// beside a silent one, where the route says so; one of the two is chosen when it says something,
/// and only its events pass. Its span is in the store before the end of the answer leaves, whatever
/// the answer was: complete, cut off, cancelled, refused. Several attempts are children of it.
///
/// Files that a request refers to are put in before anybody judges or sends it ([FileReferences]);
/// the span has the request as it came.
///
/// [Admission] estimates what a call takes before it is made, and settles what it took just before
/// the span is written, so that the span says it.
///
/// Where it is configured, an answer that came to its end is kept ([AnswerCache]) and given again
/// to the same request of the same project. The guard judges it anew. Its span has no tokens and no
/// cost, because nobody made it.
@NullMarked
package dev.backplane.gateway.call;

import org.jspecify.annotations.NullMarked;
