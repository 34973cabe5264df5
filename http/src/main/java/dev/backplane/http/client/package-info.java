/// The way out: a blocking HTTP client for virtual threads, over Jetty's client.
///
/// ```
/// HttpClient.send(ClientRequest) ─► head of the answer ─► ClientResponse.body(), read as it comes
///     pool per origin                 │                     │
///     connect ── first ───────────────┘        idle, total ─┘      close(): stops the other side
/// ```
///
/// A call has four clocks ([Timeouts]): until it has a connection, until the answer begins (with
/// its head, or later: [ClientResponse#stream]), between two reads that bring bytes, and for all of
/// it. Whatever ends it early (a clock, an interrupt, [ClientCall#close]) aborts the exchange at
/// once: HTTP/1.1 loses its connection, HTTP/2 its stream, and the server on the other side sees
/// that.
///
/// What comes is taken by the thread that selects and copied ([Inbox]), so that a stream that is
/// open costs what was not read of it, and no buffer.
///
/// Invariants: an answer that was cut off is a `Problem`, never a short body; a thread waits in one
/// place only ([Flight]) and holds no Jetty thread while it does; connections, the queue for them
/// and headers are bounded; redirects are not followed, cookies not kept and no encoding asked for,
/// because what passes here carries keys and is read as it arrives.
@NullMarked
package dev.backplane.http.client;

import org.jspecify.annotations.NullMarked;
