/// Dialects over HTTP: a body in, a call, an answer or a stream out, errors in the dialect's form.
///
/// A surface holds no state: what must be kept between requests is in `gateway.response`,
/// `gateway.file` and `gateway.batch`. The server says who is calling ([OriginOf]) and where the
/// paths are, and puts what is known before an answer into headers: the call's trace and span, and
/// how it stands to its limits, in streams and refusals, too; and of answers `X-Backplane-Target`,
/// who answers, `X-Backplane-Ignored`, fields of the request that the provider is not told, and
/// `X-Backplane-Cache: hit` if it was asked before. All is known when a stream begins: the
/// provider's request is written by then.
@NullMarked
package dev.backplane.gateway.surface;

import org.jspecify.annotations.NullMarked;
