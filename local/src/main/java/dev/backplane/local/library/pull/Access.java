package dev.backplane.local.library.pull;

import java.net.URI;
import java.util.Optional;

/// Where something is, and what proves that it may be had.
///
/// @param accept the media type that is asked for; empty for any
/// @param token sent to the host of `uri` and to nobody else
record Access(URI uri, String accept, Optional<String> token) {
    Access at(URI other) {
        return new Access(other, accept, token);
    }

    /// Tokens stay out of logs.
    @Override
    public String toString() {
        return uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
    }
}
