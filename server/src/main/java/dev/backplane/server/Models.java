package dev.backplane.server;

import dev.backplane.core.Meter;
import dev.backplane.core.SpanSink;
import dev.backplane.gateway.call.AnswerCache;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Guard;
import dev.backplane.gateway.call.Recorder;
import dev.backplane.gateway.call.Retries;
import dev.backplane.gateway.provider.Anthropic;
import dev.backplane.gateway.provider.AzureOpenAi;
import dev.backplane.gateway.provider.Bedrock;
import dev.backplane.gateway.provider.Gemini;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Probes;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import dev.backplane.ingest.PriceTable;
import dev.backplane.server.config.Config;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The gateway with its providers and the client that they share.
final class Models implements AutoCloseable {
    private final HttpClient http;
    private final Gateway gateway;
    private final Optional<Probes> probes;

    private Models(HttpClient http, Gateway gateway, Optional<Probes> probes) {
        this.http = http;
        this.gateway = gateway;
        this.probes = probes;
    }

    static Models open(Config.Models config, SpanSink sink, PriceTable prices, Meter meter) {
        HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
        Map<String, Provider> providers = new LinkedHashMap<>();
        for (Config.ModelProvider provider : config.providers()) {
            providers.put(provider.name(), provider(provider, http));
        }
        List<Route> routes = new ArrayList<>();
        for (Config.Model model : config.models()) {
            List<Target> targets = new ArrayList<>();
            for (Config.Target target : model.targets()) {
                Provider provider = providers.get(target.provider());
                if (provider == null) {
                    throw new IllegalArgumentException("no provider " + target.provider());
                }
                targets.add(
                        new Target(
                                provider,
                                target.model(),
                                target.weight(),
                                new Breaker(System::nanoTime)));
            }
            routes.add(
                    model.balance()
                            .map(balance -> new Route(model.name(), targets, balance))
                            .orElseGet(() -> new Route(model.name(), targets)));
        }
        Recorder recorder =
                new Recorder(sink, prices::cost, config.content(), !config.async(), meter);
        Gateway gateway =
                new Gateway(
                        new RouteTable(List.copyOf(providers.values()), routes),
                        recorder,
                        Guard.NONE,
                        Retries.DEFAULT,
                        Timeouts.DEFAULT,
                        config.cacheBytes() > 0
                                ? new AnswerCache(config.cacheBytes())
                                : AnswerCache.NONE);
        Optional<Probes> probes =
                config.probe().map(interval -> Probes.start(() -> targets(gateway), interval));
        return new Models(http, gateway, probes);
    }

    private static List<Target> targets(Gateway gateway) {
        return gateway.routes().routes().stream()
                .flatMap(route -> route.targets().stream())
                .toList();
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

    Gateway gateway() {
        return gateway;
    }

    @Override
    public void close() {
        probes.ifPresent(Probes::close);
        gateway.routes().providers().forEach(Provider::close);
        http.close();
    }
}
