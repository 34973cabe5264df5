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
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.route.Route;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

/// Ollama's paths. Its store of models is for an engine of ours: what changes it says so.
public final class OllamaSurface {
    /// Clients put it behind names that have no tag.
    private static final String LATEST = ":latest";

    private final Gateway gateway;
    private final OriginOf origins;
    private final long bodyBytesMax;
    private final Residence residence;

    public OllamaSurface(Gateway gateway, OriginOf origins, long bodyBytesMax) {
        this.gateway = gateway;
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
        this.residence = new Residence(gateway);
    }

    public void routes(Router.Builder routes) {
        routes.post("/api/chat", as(this::chat))
                .post("/api/generate", as(this::generate))
                .post("/api/embed", as(this::embed))
                .post("/api/embeddings", as(this::embedOne))
                .get("/api/tags", as((_, exchange) -> tags(exchange)))
                .post("/api/show", as((_, exchange) -> show(exchange)))
                .get("/api/ps", as((_, exchange) -> json(exchange, residence.running())))
                .get("/api/version", as((_, exchange) -> json(exchange, Catalogue.version())))
                .delete("/api/delete", as(OllamaSurface::refuse));
        for (String path : List.of("pull", "push", "create", "copy")) {
            routes.post("/api/" + path, as(OllamaSurface::refuse));
        }
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(
                    (to, problem) -> Replies.problem(to, problem, Errors.write(problem)));
            action.run(origins.of(exchange), exchange);
        };
    }

    private static void refuse(Origin origin, Exchange exchange) {
        throw Replies.noEngine(exchange);
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
        json(exchange, Catalogue.tags(Replies.models(gateway)));
    }

    private void show(Exchange exchange) throws IOException {
        String name = known(Catalogue.readShow(body(exchange), exchange.path()));
        Route route = gateway.routes().find(name);
        boolean embeds = route.targets().getFirst().provider().capabilities().embeds();
        json(exchange, Catalogue.show(Replies.info(name, route), embeds));
    }
}
