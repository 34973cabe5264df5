/// How much a gateway costs: the same requests sent to a model server and to the gateway in front
/// of it.
///
/// ```
///            ┌──────────── directly ────────────┐
/// load ──────┤                                  ├──► MockUpstream
///            └────► gateway (another process) ──┘
/// ```
///
/// [dev.backplane.bench.gateway.MockUpstream] answers as OpenAI's chat completions do, at once or
/// with a settable pace. It is one thread, and the load two, over non-blocking sockets: what they
/// take of the machine, the gateway does not have.
@NullMarked
package dev.backplane.bench.gateway;

import org.jspecify.annotations.NullMarked;
