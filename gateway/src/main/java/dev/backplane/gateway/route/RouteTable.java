package dev.backplane.gateway.route;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.provider.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// All routes. A name is looked up as it is; `PROVIDER/MODEL` reaches any model of a provider
/// without a route of its own; and a name that is still unknown may be that of a model of the
/// [Catalogue]. Thread-safe.
public final class RouteTable {
    private static final int DIRECT_MAX = 1_000;
    private static final int NAMES_MAX = 20;

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
    private final Map<String, CallTimeouts> timeouts;
    private final Map<String, Route> direct = new ConcurrentHashMap<>();
    private final Catalogue catalogue;
    private final Map<String, String> remedies;

    /// With nothing but these.
    public RouteTable(List<Provider> providers, List<Route> routes) {
        this(providers, routes, Map.of(), Catalogue.EMPTY, Map.of());
    }

    /// @param timeouts of models without a route, by the provider's name
    /// @param catalogue of some of the providers, whose models can be named as they are
    /// @param remedies what would make a provider known that is not, by its name
    public RouteTable(
            List<Provider> providers,
            List<Route> routes,
            Map<String, CallTimeouts> timeouts,
            Catalogue catalogue,
            Map<String, String> remedies) {
        this.timeouts = Map.copyOf(timeouts);
        this.catalogue = catalogue;
        this.remedies = Map.copyOf(remedies);
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

    public Catalogue catalogue() {
        return catalogue;
    }

    /// May ask the providers of the catalogue, for a name that nothing else is known of.
    ///
    /// @throws Problem `NOT_FOUND` that says which names there are
    public Route find(String model) {
        Route route = routes.get(model);
        return route != null
                ? route
                : direct(model)
                        .or(() -> catalogue.find(model).flatMap(this::direct))
                        .orElseThrow(() -> unknown(model));
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
                new Target(
                        provider,
                        model.substring(slash + 1),
                        0,
                        new Breaker(System::nanoTime),
                        timeouts.getOrDefault(provider.name(), CallTimeouts.DEFAULT));
        Route route = new Route(model, List.of(target));
        if (direct.size() < DIRECT_MAX) {
            direct.putIfAbsent(model, route);
            return Optional.of(direct.getOrDefault(model, route));
        }
        return Optional.of(route);
    }

    private Problem unknown(String model) {
        String shown = model.length() > 100 ? model.substring(0, 100) + "…" : model;
        return Problem.notFound("model '" + shown + "' is not configured", "models")
                .fix(remedy(model));
    }

    private String remedy(String model) {
        int slash = model.indexOf('/');
        String known = slash < 0 ? null : remedies.get(model.substring(0, slash));
        if (known != null) {
            return known;
        }
        if (providers.isEmpty()) {
            return "add providers to the configuration; see docs/gateway.md";
        }
        List<String> names = new ArrayList<>(routes.keySet());
        catalogue.models().forEach(info -> names.add(info.id()));
        boolean nobody = routes.isEmpty() && catalogue.providers().size() == providers.size();
        if (nobody && catalogue.present().isEmpty()) {
            return "no provider is configured, and of those looked for on this machine ("
                    + String.join(", ", providers.keySet())
                    + ") none answers: start one, or add providers to the configuration; see"
                    + " docs/gateway.md";
        }
        return "use PROVIDER/MODEL with a provider of "
                + listed(List.copyOf(providers.keySet()))
                + (names.isEmpty() ? "" : ", or one of " + listed(names));
    }

    private static String listed(List<String> names) {
        List<String> first = names.subList(0, Math.min(names.size(), NAMES_MAX));
        int more = names.size() - first.size();
        return String.join(", ", first) + (more == 0 ? "" : " and " + more + " more");
    }

    private static String how(Route route) {
        return route.balance().how()
                + route.hedge()
                        .map(hedge ->
                                "; after %d ms of silence another is asked, for %d%% of the calls"
                                        .formatted(hedge.after().toMillis(), hedge.percent()))
                        .orElse("");
    }

    public Explanation explain(String model) {
        Route route = find(model);
        String how =
                !routes.containsKey(model)
                        ? route.model().equals(model)
                                ? "names the provider itself"
                                : "found at a provider on this machine"
                        : route.targets().size() == 1 ? "one target" : how(route);
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
