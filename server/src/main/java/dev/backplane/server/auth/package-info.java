/// Who may do what to which project.
///
/// A request becomes a [Caller] in [Auth]: by its key, or, from this machine, without one. Keys and
/// projects live in one small object of the object store, [Registry], changed by conditional write
/// so that several processes may share it; of a key only the SHA-256 is stored (256 random bits
/// need no salt and no slow hash).
///
/// Requests without a key are trusted only if nothing hints at somebody else speaking through this
/// machine: a proxy's header, a `Host` that is not this machine's (DNS rebinding) or a foreign web
/// page's `Origin` each take the trust away.
@NullMarked
package dev.backplane.server.auth;

import org.jspecify.annotations.NullMarked;
