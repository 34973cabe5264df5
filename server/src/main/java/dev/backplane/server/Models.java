package dev.backplane.server;

import dev.backplane.core.Meter;
import dev.backplane.core.SpanSink;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Guard;
import dev.backplane.gateway.call.Recorder;
import dev.backplane.gateway.call.Retries;
import dev.backplane.gateway.parse.ParsingProvider;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import dev.backplane.ingest.PriceTable;
import dev.backplane.server.config.Config;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The gateway with its providers and the client that they share.
final class Models implements AutoCloseable {
    private final HttpClient http;
    private final Gateway gateway;

    private Models(HttpClient http, Gateway gateway) {
        this.http = http;
        this.gateway = gateway;
    }

    static Models open(Config.Models config, SpanSink sink, PriceTable prices, Meter meter) {
        HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
        Map<String, Provider> providers = new LinkedHashMap<>();
        for (Config.ModelProvider provider : config.providers()) {
            providers.put(
                    provider.name(),
                    new OpenAiCompatible(
                            provider.name(), http, provider.baseUrl(), provider.apiKey()));
        }
        List<Route> routes = new ArrayList<>();
        for (Config.Model model : config.models()) {
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
                                new Breaker(System::nanoTime)));
            }
            routes.add(new Route(model.name(), targets));
        }
        Recorder recorder =
                new Recorder(sink, prices::cost, config.content(), !config.async(), meter);
        return new Models(
                http,
                new Gateway(
                        new RouteTable(List.copyOf(providers.values()), routes),
                        recorder,
                        Guard.NONE,
                        Retries.DEFAULT,
                        Timeouts.DEFAULT));
    }

    Gateway gateway() {
        return gateway;
    }

    @Override
    public void close() {
        gateway.routes().providers().forEach(Provider::close);
        http.close();
    }
}
