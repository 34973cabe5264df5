package dev.backplane.server;

import dev.backplane.core.Meter;
import dev.backplane.core.SpanSink;
import dev.backplane.gateway.call.AnswerCache;
import dev.backplane.gateway.call.FileReferences;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Guard;
import dev.backplane.gateway.call.Recorder;
import dev.backplane.gateway.call.Retries;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.parse.ParsingProvider;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.provider.Anthropic;
import dev.backplane.gateway.provider.AzureOpenAi;
import dev.backplane.gateway.provider.Bedrock;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.provider.Gemini;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Catalogue;
import dev.backplane.gateway.route.Hedge;
import dev.backplane.gateway.route.Probes;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.client.HttpClient;
import dev.backplane.ingest.PriceTable;
import dev.backplane.local.ConfiguredModels;
import dev.backplane.local.ModelSource;
import dev.backplane.local.provider.LocalModels;
import dev.backplane.local.provider.LocalSettings;
import dev.backplane.local.provider.TriedKernels;
import dev.backplane.server.config.Config;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The gateway with its providers and the client that they share.
final class Models implements AutoCloseable {
    private final HttpClient http;
    private final Gateway gateway;
    private final Optional<Probes> probes;
    private final ConfiguredModels files = new ConfiguredModels();
    private final LocalModels local;
    private final List<Provider> opened = new ArrayList<>();
    private Map<Config.ModelProvider, Provider> providers = Map.of();
    private Map<Config.Model, Route> routes = Map.of();

    private Models(
            HttpClient http,
            Gateway gateway,
            Optional<Probes> probes,
            LocalSettings settings,
            List<ModelSource> pulled,
            Meter meter) {
        this.http = http;
        this.gateway = gateway;
        this.probes = probes;
        List<ModelSource> sources = new ArrayList<>(List.of(files));
        sources.addAll(pulled);
        this.local =
                new LocalModels(
                        ModelSource.of(sources),
                        settings,
                        new TriedKernels(settings.trial(), settings.machineCode()),
                        meter);
    }

    /// @param pulled local models that the configuration does not name
    static Models open(
            Config.Models config,
            SpanSink sink,
            PriceTable prices,
            Limiter limiter,
            FileReferences files,
            List<ModelSource> pulled,
            Meter meter) {
        HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
        Recorder recorder =
                new Recorder(sink, prices::cost, config.content(), !config.async(), meter);
        Gateway gateway =
                new Gateway(
                        new RouteTable(List.of(), List.of()),
                        recorder,
                        Guard.NONE,
                        Retries.DEFAULT,
                        limiter,
                        config.cacheBytes() > 0
                                ? new AnswerCache(config.cacheBytes())
                                : AnswerCache.NONE,
                        files);
        Optional<Probes> probes =
                config.probe().map(interval -> Probes.start(() -> targets(gateway), interval));
        Models models = new Models(http, gateway, probes, config.local(), pulled, meter);
        models.change(config);
        return models;
    }

    private static List<Target> targets(Gateway gateway) {
        return gateway.routes().routes().stream()
                .flatMap(route -> route.targets().stream())
                .toList();
    }

    /// Other providers and models, for calls that begin from now on. What did not change is kept,
    /// with what its breakers know; providers that are gone may have calls running and are closed
    /// at the end.
    synchronized void change(Config.Models config) {
        Map<Config.ModelProvider, Provider> kept = new LinkedHashMap<>();
        Map<String, Provider> byName = new LinkedHashMap<>();
        for (Config.ModelProvider provider : config.providers()) {
            Provider made = providers.get(provider);
            kept.put(provider, made == null ? open(provider) : made);
            byName.put(provider.name(), kept.get(provider));
        }
        files.change(config.files(), config.adapters());
        byName.put(local.name(), local);
        Map<Config.Model, Route> routes = new LinkedHashMap<>();
        for (Config.Model model : config.models()) {
            Route made = this.routes.get(model);
            boolean same =
                    made != null
                            && made.targets().stream()
                                    .allMatch(target ->
                                            byName.containsValue(unparsed(target.provider())));
            routes.put(model, same ? made : route(model, byName));
        }
        providers = kept;
        this.routes = routes;
        Map<String, CallTimeouts> timeouts = new LinkedHashMap<>();
        config.providers().forEach(provider -> timeouts.put(provider.name(), provider.timeouts()));
        Set<String> discovered = config.discovered().local();
        List<Provider> found = new ArrayList<>(List.of(local));
        kept.values().stream().filter(made -> discovered.contains(made.name())).forEach(found::add);
        List<Provider> all = new ArrayList<>(kept.values());
        all.add(local);
        gateway.routes(
                new RouteTable(
                        all,
                        List.copyOf(routes.values()),
                        timeouts,
                        new Catalogue(found, System::nanoTime),
                        config.discovered().remedies()));
    }

    private Provider open(Config.ModelProvider config) {
        Provider made = provider(config, http);
        opened.add(made);
        return made;
    }

    private static Provider provider(Config.ModelProvider config, HttpClient http) {
        String name = config.name();
        URI base = config.baseUrl();
        String key = config.apiKey().orElse("");
        return switch (config.type()) {
            case OPENAI -> new OpenAiCompatible(name, http, base, config.apiKey());
            case AZURE -> {
                Optional<String> version =
                        Optional.of(config.apiVersion()).filter(text -> !text.isEmpty());
                yield AzureOpenAi.provider(name, http, base, key, version);
            }
            case ANTHROPIC -> new Anthropic(name, http, base, key);
            case GEMINI -> new Gemini(name, http, base, key);
            case BEDROCK ->
                    config.aws()
                            .map(aws ->
                                    Bedrock.signed(
                                            name, http, base, aws.region(), aws.credentials()))
                            .orElseGet(() -> Bedrock.withKey(name, http, base, key));
        };
    }

    private static Route route(Config.Model model, Map<String, Provider> providers) {
        List<Target> targets = new ArrayList<>();
        for (Config.Target target : model.targets()) {
            Provider provider = providers.get(target.provider());
            if (provider == null) {
                throw new IllegalArgumentException("no provider " + target.provider());
            }
            boolean parsed = !target.replies().equals(ReplyFormat.PLAIN);
            targets.add(
                    new Target(
                            parsed ? new ParsingProvider(provider, target.replies()) : provider,
                            target.model(),
                            target.weight(),
                            new Breaker(System::nanoTime),
                            target.timeouts()));
        }
        return new Route(
                model.name(),
                targets,
                model.balance().orElseGet(() -> Route.usual(targets)),
                model.hedge().map(hedge -> new Hedge(hedge.after(), hedge.percent())));
    }

    private static Provider unparsed(Provider provider) {
        return provider instanceof ParsingProvider parsing ? parsing.upstream() : provider;
    }

    /// Those that calls can be made to from now on.
    synchronized List<Config.ModelProvider> providers() {
        return List.copyOf(providers.keySet());
    }

    LocalModels local() {
        return local;
    }

    Gateway gateway() {
        return gateway;
    }

    @Override
    public synchronized void close() {
        probes.ifPresent(Probes::close);
        opened.forEach(Provider::close);
        local.close();
        http.close();
    }
}
