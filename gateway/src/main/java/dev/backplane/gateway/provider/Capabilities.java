package dev.backplane.gateway.provider;

import dev.backplane.gateway.model.DialectId;
import java.util.Set;

/// What a provider can do.
///
/// @param speaks dialects whose extras it takes as they are
/// @param embeds whether it makes vectors
public record Capabilities(Set<DialectId> speaks, boolean embeds) {
    public Capabilities {
        speaks = Set.copyOf(speaks);
    }
}
