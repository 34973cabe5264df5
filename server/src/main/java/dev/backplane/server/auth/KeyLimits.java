package dev.backplane.server.auth;

import dev.backplane.gateway.limit.Limits;
import java.util.Set;

/// What a key may use of models.
///
/// @param models by the names that clients use; empty for all
public record KeyLimits(Limits limits, Set<String> models) {
    public static final KeyLimits NONE = new KeyLimits(Limits.NONE, Set.of());

    public KeyLimits {
        models = Set.copyOf(models);
    }
}
