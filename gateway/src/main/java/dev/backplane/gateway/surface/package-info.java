/// Dialects over HTTP: a body in, a call, an answer or a stream out, errors in the dialect's form.
///
/// A surface holds no state: what must be kept between requests is behind [ResponseStore], which
/// the server fills. The server says who is calling ([OriginOf]) and where the paths are. Every
/// answer carries `X-Backplane-Trace`, the trace that its span is in, and `X-Backplane-Target`, who
/// answered; `X-Backplane-Ignored` names fields of the request that the provider could not be told,
/// and `X-Backplane-Cache: hit` says that it was asked before. A stream's headers leave before its
/// end is known: there all but the trace are left out, and the span has them.
@NullMarked
package dev.backplane.gateway.surface;

import org.jspecify.annotations.NullMarked;
