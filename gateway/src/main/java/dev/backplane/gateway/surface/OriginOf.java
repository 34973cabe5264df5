package dev.backplane.gateway.surface;

import dev.backplane.gateway.call.Origin;
import dev.backplane.http.Exchange;

/// Who sends a request; refuses those who may not.
@FunctionalInterface
public interface OriginOf {
    /// @throws dev.backplane.core.Problem `UNAUTHENTICATED` or `FORBIDDEN`
    Origin of(Exchange exchange);
}
