package dev.backplane.gateway;

import dev.backplane.core.Field;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.gateway.call.AnswerCache;
import dev.backplane.gateway.call.CallListener;
import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.call.FileReferences;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Guard;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.call.Recorder;
import dev.backplane.gateway.call.Retries;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.response.Background;
import dev.backplane.gateway.response.Conversations;
import dev.backplane.gateway.response.MemoryResponses;
import dev.backplane.gateway.response.Responses;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.gateway.surface.AnthropicSurface;
import dev.backplane.gateway.surface.ConversationsSurface;
import dev.backplane.gateway.surface.EngineSurface;
import dev.backplane.gateway.surface.ModelsSurface;
import dev.backplane.gateway.surface.OllamaLibrary;
import dev.backplane.gateway.surface.OllamaSurface;
import dev.backplane.gateway.surface.OpenAiSurface;
import dev.backplane.gateway.surface.ResponsesSurface;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import dev.backplane.http.client.HttpClient;
import dev.backplane.testkit.FaultyObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/// A gateway on a socket with two scripted providers: `m` is tried at `one`, then at `two`.
public final class Harness implements AutoCloseable {
    public static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    public final ScriptedUpstream one = new ScriptedUpstream();
    public final ScriptedUpstream two = new ScriptedUpstream();
    public final List<SpanEvent> spans = new CopyOnWriteArrayList<>();
    public final MemoryResponses responses = new MemoryResponses();
    public final FaultyObjectStore objects;
    public final Gateway gateway;
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final Path directory;
    private final Background background;
    private final HttpServer server;

    public Harness() {
        this(Guard.NONE, ContentPolicy.FULL);
    }

    public Harness(Guard guard, ContentPolicy content) {
        try {
            directory = Files.createTempDirectory("harness");
            objects = new FaultyObjectStore(LocalObjectStore.open(directory.resolve("objects")), 7);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Provider first = new OpenAiCompatible("one", http, one.base(), Optional.of("sk-secret-1"));
        Provider second = new OpenAiCompatible("two", http, two.base(), Optional.empty());
        Route route =
                new Route(
                        "m",
                        List.of(
                                new Target(first, "m-1", 0, new Breaker(System::nanoTime)),
                                new Target(second, "m-2", 0, new Breaker(System::nanoTime))));
        Recorder recorder =
                new Recorder(
                        spans::addAll,
                        (span, _) ->
                                span.has(Field.INPUT_TOKENS)
                                        ? OptionalDouble.of(0.25)
                                        : OptionalDouble.empty(),
                        content,
                        true,
                        new Meter());
        gateway =
                new Gateway(
                        new RouteTable(List.of(first, second), List.of(route)),
                        recorder,
                        guard,
                        new Retries(2, 5, Duration.ofNanos(2)),
                        Limiter.none(),
                        AnswerCache.NONE,
                        FileReferences.NONE);
        Router.Builder routes = Router.builder();
        new ModelsSurface(gateway, Harness::origin).routes(routes);
        new OpenAiSurface(gateway, Harness::origin, 1 << 20).routes(routes);
        new AnthropicSurface(gateway, Harness::origin, 1 << 20).routes(routes);
        new OllamaSurface(gateway, Harness::origin, 1 << 20, OllamaLibrary.NONE).routes(routes);
        new EngineSurface(gateway, Harness::origin, 1 << 20, handler -> handler).routes(routes);
        Conversations conversations =
                new Conversations(objects, true, 1 << 20, InstantSource.system());
        background = openBackground();
        Responses all =
                new Responses(
                        gateway, responses, conversations, background, InstantSource.system());
        new ResponsesSurface(all, Harness::origin, 1 << 20).routes(routes);
        new ConversationsSurface(conversations, Harness::origin, 1 << 20).routes(routes);
        server =
                HttpServer.start(
                        List.of(new HttpServer.Listener("main", "127.0.0.1", 0, routes.build())),
                        new Meter());
    }

    /// As the next process would.
    public Background openBackground() {
        return Background.open(
                new Background.Parts(
                        gateway,
                        responses,
                        objects,
                        directory.resolve("responses"),
                        Duration.ofSeconds(10),
                        InstantSource.system(),
                        new Meter()));
    }

    private static Origin origin(Exchange exchange) {
        return new Origin(
                "default",
                exchange.requestId(),
                "key-1",
                exchange.header("User-Agent").orElse(""),
                exchange.header("traceparent").orElse(""),
                "",
                List.of(),
                CallListener.NONE,
                exchange.presence(),
                Optional.empty());
    }

    public static Origin origin() {
        return new Origin(
                "default",
                "r-1",
                "key-1",
                "some-agent/1.2 (x)",
                "00-" + TRACE + "-b7ad6b7169203331-01",
                "s-1");
    }

    public String url() {
        return root() + "/v1";
    }

    public String root() {
        return "http://127.0.0.1:" + server.port("main");
    }

    /// The span of the last call, which is written after those of its attempts.
    public SpanData span() {
        return spans.getLast().data();
    }

    @Override
    public void close() {
        server.stop(Duration.ofMillis(100));
        background.close();
        objects.close();
        http.close();
        one.close();
        two.close();
        try (Stream<Path> left = Files.walk(directory)) {
            left.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
