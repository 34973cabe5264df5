package dev.backplane.server.api;

import dev.backplane.gateway.batch.Gate;
import dev.backplane.gateway.batch.Order;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.server.auth.Auth;
import dev.backplane.server.auth.Registry;
import dev.backplane.server.auth.Scope;

/// Asks of each request of a batch what is asked of a client's: its key, and the project's quota.
public final class BatchGate implements Gate {
    private static final String WHERE = "/v1/batches";

    private final Auth auth;
    private final Quotas quotas;
    private final Gateway gateway;

    public BatchGate(Kept kept, Registry registry, Auth auth, Gateway gateway) {
        this.auth = auth;
        this.quotas = new Quotas(kept, registry);
        this.gateway = gateway;
    }

    @Override
    public void check(Order order) {
        auth.authorize(order.key(), order.project(), Scope.CALL, WHERE);
        quotas.check(order.project());
    }

    @Override
    public void check(Order order, String model) {
        gateway.routes().find(model);
        if (!gateway.allows(order.key(), model)) {
            throw Limiter.notAllowed(model);
        }
    }
}
