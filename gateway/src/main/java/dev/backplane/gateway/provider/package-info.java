/// Those who answer: one interface, [Provider], for services elsewhere and for the engine here.
///
/// ```
/// ModelRequest ─► dialect writer ─► http.client ─► SseReader ─► dialect reader ─► Events
/// ```
///
/// A provider blocks the calling (virtual) thread until the answer is complete. It is given up by
/// interrupting that thread, by closing the call ([CallContext#cancel]) or by an `IOException` of
/// its listener; each stops the other side at once. A failure is a [dev.backplane.core.Problem]
/// whose kind says whether another try makes sense; nothing is said to the listener after it.
@NullMarked
package dev.backplane.gateway.provider;

import org.jspecify.annotations.NullMarked;
