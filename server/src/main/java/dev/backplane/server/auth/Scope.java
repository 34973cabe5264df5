package dev.backplane.server.auth;

import java.util.Locale;
import java.util.Optional;

/// What a key allows.
public enum Scope {
    /// Send spans and feedback.
    INGEST,
    /// Read, search and query.
    READ,
    /// Ask models through the gateway.
    CALL,
    /// Everything, in every project the key is for: delete, projects, keys, the store.
    ADMIN;

    /// The name in JSON and YAML.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Scope> byId(String id) {
        for (Scope scope : values()) {
            if (scope.id().equals(id)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }
}
