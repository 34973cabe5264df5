package dev.backplane.bench.api;

import java.net.URI;
import java.util.Optional;

/// Which server to speak to, and as whom.
///
/// @param url without a path, such as `http://127.0.0.1:7700`
/// @param apiKey where the server asks for one
/// @param project empty for the server's default
public record Target(URI url, Optional<String> apiKey, Optional<String> project) {
    public static Target of(String url) {
        return new Target(URI.create(url), Optional.empty(), Optional.empty());
    }
}
