/// Client libraries that people already have, against the whole process with models behind it.
///
/// ```
///  client library ─► server ─► provider openai    ─┐
///                             provider anthropic  ─┼─► FakeModel
///                             provider gemini     ─┘
/// ```
///
/// What a library sends and understands is what counts, so nothing of it is written down here: each
/// test lets the library talk and looks at what comes back, and at what reached the model. The
/// model is asked in words what to do ([FakeModel.Turn]), so that one test runs against every
/// provider.
///
/// JavaScript's libraries run in Node, one process for a library ([NodeProject]), and are skipped
/// where there is no Node.
@NullMarked
package dev.backplane.server.clients;

import org.jspecify.annotations.NullMarked;
