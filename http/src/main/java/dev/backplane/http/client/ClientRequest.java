package dev.backplane.http.client;

import dev.backplane.core.Slice;
import java.net.URI;
import java.util.List;

/// What is sent.
///
/// @param uri absolute, `http` or `https`
/// @param body empty for none
public record ClientRequest(
        String method, URI uri, List<Header> headers, Slice body, Timeouts timeouts) {
    /// A name and its value; a name may come more than once.
    public record Header(String name, String value) {
        /// Values carry keys.
        @Override
        public String toString() {
            return name;
        }
    }

    public ClientRequest {
        headers = List.copyOf(headers);
        String scheme = uri.getScheme();
        if (!("http".equals(scheme) || "https".equals(scheme)) || uri.getHost() == null) {
            throw new IllegalArgumentException("uri must be absolute, http or https");
        }
    }

    public static ClientRequest get(URI uri, List<Header> headers, Timeouts timeouts) {
        return new ClientRequest("GET", uri, headers, Slice.EMPTY, timeouts);
    }

    /// For messages: scheme, host and path, without what may be secret in a query.
    public String where() {
        return method + " " + uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
    }

    @Override
    public String toString() {
        return where();
    }
}
