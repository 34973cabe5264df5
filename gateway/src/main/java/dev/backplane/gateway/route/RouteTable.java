package dev.backplane.gateway.route;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// All routes. A name is looked up as it is; `PROVIDER/MODEL` reaches any model of a provider
/// without a route of its own. Thread-safe.
public final class RouteTable {
    private static final int DIRECT_MAX = 1_000;

    /// What a route would do, as data.
    ///
    /// @param how in words
    public record Explanation(String model, String how, List<Step> steps) {
        public Explanation {
            steps = List.copyOf(steps);
        }
    }

    public record Step(String provider, String model, int weight, Breaker.State state) {}

    private final Map<String, Provider> providers;
    private final Map<String, Route> routes;
    private final Map<String, Route> direct = new ConcurrentHashMap<>();

    public RouteTable(List<Provider> providers, List<Route> routes) {
        this.providers = new LinkedHashMap<>();
        providers.forEach(provider -> this.providers.put(provider.name(), provider));
        this.routes = new LinkedHashMap<>();
        routes.forEach(route -> this.routes.put(route.model(), route));
    }

    public List<Provider> providers() {
        return List.copyOf(providers.values());
    }

    public List<Route> routes() {
        return List.copyOf(routes.values());
    }

    /// @throws Problem `NOT_FOUND` that says which names there are
    public Route find(String model) {
        Route route = routes.get(model);
        return route != null ? route : direct(model).orElseThrow(() -> unknown(model));
    }

    /// Kept, so that its breaker remembers; names are the client's text, hence the limit.
    private Optional<Route> direct(String model) {
        Route known = direct.get(model);
        if (known != null) {
            return Optional.of(known);
        }
        int slash = model.indexOf('/');
        Provider provider = slash <= 0 ? null : providers.get(model.substring(0, slash));
        if (provider == null || slash == model.length() - 1) {
            return Optional.empty();
        }
        Target target =
                new Target(provider, model.substring(slash + 1), 0, new Breaker(System::nanoTime));
        Route route = new Route(model, List.of(target));
        if (direct.size() < DIRECT_MAX) {
            direct.putIfAbsent(model, route);
            return Optional.of(direct.getOrDefault(model, route));
        }
        return Optional.of(route);
    }

    private Problem unknown(String model) {
        String names = String.join(", ", routes.keySet());
        String shown = model.length() > 100 ? model.substring(0, 100) + "…" : model;
        return Problem.notFound("model '" + shown + "' is not configured", "models")
                .fix(
                        routes.isEmpty() && providers.isEmpty()
                                ? "add providers and models to the configuration"
                                : "use PROVIDER/MODEL with a provider of "
                                        + String.join(", ", providers.keySet())
                                        + (names.isEmpty() ? "" : ", or one of " + names));
    }

    public Explanation explain(String model) {
        Route route = find(model);
        String how =
                !routes.containsKey(model)
                        ? "names the provider itself"
                        : route.targets().size() == 1 ? "one target" : route.balance().how();
        return new Explanation(
                model,
                how,
                route.targets().stream()
                        .map(target ->
                                new Step(
                                        target.provider().name(),
                                        target.model(),
                                        target.weight(),
                                        target.breaker().state()))
                        .toList());
    }
}
