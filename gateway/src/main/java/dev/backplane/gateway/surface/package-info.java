/// Dialects over HTTP: a body in, a call, an answer or a stream out, errors in the dialect's form.
///
/// A surface holds no state: what must be kept between requests is behind [ResponseStore], which
/// the server fills, and `gateway.file`. The server says who is calling ([OriginOf]) and where the
/// paths are, and puts what is known before an answer into headers: the call's trace and span, and
/// how it stands to its limits, in streams and refusals, too. Answers that are whole also carry
/// `X-Backplane-Target`, who answered, `X-Backplane-Ignored`, fields of the request that the
/// provider could not be told, and `X-Backplane-Cache: hit` if it was asked before; of streams, the
/// span has them.
@NullMarked
package dev.backplane.gateway.surface;

import org.jspecify.annotations.NullMarked;
