/// HTTP/1.1, HTTP/2 and unary gRPC for the rest of the house; the only package that knows Jetty.
///
/// ```
/// socket → HttpServer (virtual thread) → Handler (usually a Router) → your code
///                                             │ Exchange: request, body and response streams
///           Problem ──► Errors (JSON) or RpcStatus (google.rpc.Status), one of each
/// ```
///
/// Code reads and writes plain blocking streams. A body passes [Exchange#body] once, where its
/// content encoding is removed and its limits hold; nothing here keeps more than a buffer of it. A
/// form with files is a [Multipart], read part by part as it arrives. Failures are thrown: a
/// `Problem` is answered, [ClientGone] ends the exchange in silence, anything else is a 500 that
/// carries the request's id and is logged without payload.
///
/// Invariants: every response has an `X-Request-Id`; an answer that could not be completed is cut
/// off visibly (reset stream, missing last chunk), never ended as if it were whole.
@NullMarked
package dev.backplane.http;

import org.jspecify.annotations.NullMarked;
