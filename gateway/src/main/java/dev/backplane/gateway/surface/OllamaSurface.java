package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.ollama.AnswerWriter;
import dev.backplane.gateway.dialect.ollama.Catalogue;
import dev.backplane.gateway.dialect.ollama.Embeddings;
import dev.backplane.gateway.dialect.ollama.Errors;
import dev.backplane.gateway.dialect.ollama.RequestReader;
import dev.backplane.gateway.dialect.ollama.Timing;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.route.Route;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Ollama's paths. What there is on this machine, and what changes that, is the [OllamaLibrary]'s.
public final class OllamaSurface {
    /// Clients put it behind names that have no tag.
    private static final String LATEST = ":latest";

    private final Gateway gateway;
    private final OriginOf origins;
    private final long bodyBytesMax;
    private final Residence residence;
    private final OllamaLibrary library;

    public OllamaSurface(
            Gateway gateway, OriginOf origins, long bodyBytesMax, OllamaLibrary library) {
        this.gateway = gateway;
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
        this.residence = new Residence(gateway);
        this.library = library;
    }

    public void routes(Router.Builder routes) {
        routes.post("/api/chat", as(this::chat))
                .post("/api/generate", as(this::generate))
                .post("/api/embed", as(this::embed))
                .post("/api/embeddings", as(this::embedOne))
                .get("/api/tags", as((_, exchange) -> tags(exchange)))
                .post("/api/show", as((_, exchange) -> show(exchange)))
                .get("/api/ps", as((_, exchange) -> json(exchange, residence.running())))
                .get("/api/version", as((_, exchange) -> json(exchange, Catalogue.version())));
        if (library.equals(OllamaLibrary.NONE)) {
            routes.delete("/api/delete", as(OllamaSurface::refuse));
            for (String path : List.of("pull", "push", "create", "copy")) {
                routes.post("/api/" + path, as(OllamaSurface::refuse));
            }
        }
        library.routes(routes);
    }

    private static void refuse(Origin origin, Exchange exchange) {
        throw Replies.noEngine(exchange);
    }

    /// Answers with a problem in Ollama's form.
    public static void problem(Exchange exchange, Problem problem) throws IOException {
        problem(exchange, problem, Errors.write(problem));
    }

    /// The same with a body of that form.
    public static void problem(Exchange exchange, Problem problem, Slice body) throws IOException {
        Replies.problem(exchange, problem, body);
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(OllamaSurface::problem);
            action.run(origins.of(exchange), exchange);
        };
    }

    private static void json(Exchange exchange, Slice body) throws IOException {
        Replies.json(exchange, 200, body);
    }

    private Slice body(Exchange exchange) throws IOException {
        return Replies.body(exchange, bodyBytesMax);
    }

    private static Timing timing() {
        return new Timing(InstantSource.system(), System::nanoTime);
    }

    private void chat(Origin origin, Exchange exchange) throws IOException {
        Timing timing = timing();
        ModelRequest request = RequestReader.chat(body(exchange), exchange.path());
        answer(
                origin,
                exchange,
                request,
                new AnswerWriter(exchange.output(), true, request.model(), timing));
    }

    private void generate(Origin origin, Exchange exchange) throws IOException {
        Timing timing = timing();
        ModelRequest request = RequestReader.generate(body(exchange), exchange.path());
        answer(
                origin,
                exchange,
                request,
                new AnswerWriter(exchange.output(), false, request.model(), timing));
    }

    private void answer(Origin origin, Exchange exchange, ModelRequest asked, AnswerWriter writer)
            throws IOException {
        ModelRequest request = asked.withModel(known(asked.model()));
        if (asksNothing(request)) {
            boolean unload = residence.change(origin, request.model(), request.extras());
            exchange.header("Content-Type", "application/json");
            writer.nothing(unload ? "unload" : "load");
        } else if (request.stream()) {
            stream(origin, exchange, request, writer);
        } else {
            Answer.Builder fold = new Answer.Builder();
            gateway.generate(origin, request, fold);
            exchange.header("Content-Type", "application/json");
            writer.whole(fold.build());
        }
    }

    private static boolean asksNothing(ModelRequest request) {
        return request.input() instanceof Input.Chat(List<Message> messages, Slice _)
                && messages.isEmpty();
    }

    /// Until the first byte has left, a failure is an answer with its status; after that it is the
    /// last line.
    private void stream(Origin origin, Exchange exchange, ModelRequest request, AnswerWriter writer)
            throws IOException {
        Replies.stream(exchange, "application/x-ndjson");
        try {
            gateway.generate(origin, request, writer);
            writer.done();
        } catch (Problem problem) {
            if (!exchange.started()) {
                throw problem;
            }
            writer.failed(problem);
        }
    }

    /// The name of the route that is meant.
    private String known(String model) {
        if (!model.endsWith(LATEST)) {
            return model;
        }
        String plain = model.substring(0, model.length() - LATEST.length());
        return gateway.routes().routes().stream().anyMatch(route -> route.model().equals(plain))
                ? plain
                : model;
    }

    private void embed(Origin origin, Exchange exchange) throws IOException {
        Timing timing = timing();
        Embedding.Request request = Embeddings.read(body(exchange), false, exchange.path());
        Embedding.Answer answer = gateway.embed(origin, request.withModel(known(request.model())));
        json(exchange, Embeddings.write(answer, request.model(), timing));
    }

    private void embedOne(Origin origin, Exchange exchange) throws IOException {
        Embedding.Request request = Embeddings.read(body(exchange), true, exchange.path());
        Embedding.Answer answer = gateway.embed(origin, request.withModel(known(request.model())));
        json(exchange, Embeddings.writeSingle(answer));
    }

    private void tags(Exchange exchange) throws IOException {
        List<OllamaLibrary.Entry> here = library.entries();
        Set<String> names =
                here.stream().map(OllamaLibrary.Entry::name).collect(Collectors.toSet());
        List<ModelInfo> elsewhere =
                Replies.models(gateway).stream()
                        .filter(model -> !names.contains(model.id()))
                        .toList();
        json(
                exchange,
                Catalogue.tags(here.stream().map(OllamaLibrary.Entry::json).toList(), elsewhere));
    }

    private void show(Exchange exchange) throws IOException {
        String asked = Catalogue.readShow(body(exchange), exchange.path());
        Optional<Slice> here = library.show(asked);
        if (here.isPresent()) {
            json(exchange, here.get());
            return;
        }
        String name = known(asked);
        Route route = gateway.routes().find(name);
        boolean embeds = route.targets().getFirst().provider().capabilities().embeds();
        json(exchange, Catalogue.show(Replies.info(name, route), embeds));
    }
}
