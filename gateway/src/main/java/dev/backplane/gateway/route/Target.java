package dev.backplane.gateway.route;

import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.provider.Provider;

/// A model at a provider.
///
/// @param model by the provider's name
/// @param weight share of the calls, 0 where the route has no weights
public record Target(
        Provider provider, String model, int weight, Breaker breaker, CallTimeouts timeouts) {
    /// With the default time-outs.
    public Target(Provider provider, String model, int weight, Breaker breaker) {
        this(provider, model, weight, breaker, CallTimeouts.DEFAULT);
    }

    /// Its name for people.
    public String name() {
        return provider.name() + "/" + model;
    }
}
