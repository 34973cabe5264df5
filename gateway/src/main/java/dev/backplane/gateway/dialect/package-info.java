/// The languages of clients and providers, one package each, and what their translations share.
///
/// A dialect is pure: bytes to [dev.backplane.gateway.model] and back. It has no state but that of
/// the answer it is translating, opens nothing and knows neither routes nor providers. Both sides
/// use it: a surface reads requests and writes answers with it, a provider writes requests and
/// reads answers.
///
/// | from | to | class |
/// |---|---|---|
/// | request JSON | `ModelRequest` | `…RequestReader` |
/// | `ModelRequest` | request JSON | `…RequestWriter` |
/// | answer JSON, stream chunks | `Event`s | `…AnswerReader` |
/// | `Answer`, `Event`s | answer JSON, stream | `…AnswerWriter` |
@NullMarked
package dev.backplane.gateway.dialect;

import org.jspecify.annotations.NullMarked;
