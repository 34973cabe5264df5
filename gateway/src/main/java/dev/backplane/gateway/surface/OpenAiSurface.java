package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Embeddings;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.openai.Models;
import dev.backplane.gateway.dialect.openai.StreamWriter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.route.Route;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/// OpenAI's paths.
public final class OpenAiSurface {
    private final Gateway gateway;
    private final OriginOf origins;
    private final long bodyBytesMax;

    public OpenAiSurface(Gateway gateway, OriginOf origins, long bodyBytesMax) {
        this.gateway = gateway;
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/chat/completions", as(this::chat))
                .post("/v1/completions", as(this::completion))
                .post("/v1/embeddings", as(this::embed))
                .get("/v1/models", as(this::models))
                .get("/v1/models/{model}", as((_, exchange) -> model(exchange)));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(OpenAiSurface::problem);
            action.run(origins.of(exchange), exchange);
        };
    }

    private static void problem(Exchange exchange, Problem problem) throws IOException {
        problem(exchange, problem, Errors.write(problem, exchange.requestId()));
    }

    static void problem(Exchange exchange, Problem problem, Slice body) throws IOException {
        dev.backplane.http.Errors.retryAfter(problem)
                .ifPresent(delay ->
                        exchange.header("Retry-After", dev.backplane.http.Errors.seconds(delay)));
        if (problem.kind() == Problem.Kind.EXHAUSTED) {
            exchange.header("x-should-retry", "false");
        }
        json(exchange, Errors.status(problem), body);
    }

    static void json(Exchange exchange, int status, Slice body) throws IOException {
        exchange.send(status, "application/json", body.bytes());
    }

    private Slice body(Exchange exchange) throws IOException {
        try (InputStream in = exchange.body(BodyLimits.buffered(bodyBytesMax))) {
            return Slice.of(in.readAllBytes());
        }
    }

    private void chat(Origin origin, Exchange exchange) throws IOException {
        generate(origin, exchange, ChatRequestReader.read(body(exchange), exchange.path()), true);
    }

    private void completion(Origin origin, Exchange exchange) throws IOException {
        generate(origin, exchange, Completions.read(body(exchange), exchange.path()), false);
    }

    private void generate(Origin origin, Exchange exchange, ModelRequest request, boolean chat)
            throws IOException {
        String id = (chat ? "chatcmpl-" : "cmpl-") + origin.requestId();
        if (request.stream()) {
            stream(origin, exchange, request, chat, id);
            return;
        }
        Answer.Builder fold = new Answer.Builder();
        Gateway.Outcome outcome = gateway.generate(origin, request, fold);
        headers(exchange, outcome);
        Answer answer = fold.build();
        String shown = answer.id().isEmpty() ? id : answer.id();
        json(
                exchange,
                200,
                chat
                        ? AnswerWriter.chat(answer, shown, answer.model())
                        : AnswerWriter.completion(answer, shown, answer.model()));
    }

    /// Until the first byte has left, a failure is an answer with its status; after that it is an
    /// event, and the stream ends without `[DONE]`.
    private void stream(
            Origin origin, Exchange exchange, ModelRequest request, boolean chat, String id)
            throws IOException {
        streamHeaders(exchange);
        StreamWriter writer = new StreamWriter(exchange.output(), chat, id, request.streamUsage());
        try {
            gateway.generate(origin, request, writer);
            writer.done();
        } catch (Problem problem) {
            if (!exchange.started()) {
                throw problem;
            }
            writer.failed(problem, exchange.requestId());
        }
    }

    static void streamHeaders(Exchange exchange) {
        exchange.header("Content-Type", "text/event-stream; charset=utf-8")
                .header("Cache-Control", "no-store")
                .header("X-Accel-Buffering", "no");
    }

    static void headers(Exchange exchange, Gateway.Outcome outcome) {
        exchange.header("X-Backplane-Trace", outcome.trace())
                .header("X-Backplane-Target", printable(outcome.target()));
        if (outcome.repeated()) {
            exchange.header("X-Backplane-Cache", "hit");
        }
        if (!outcome.ignored().isEmpty()) {
            exchange.header("X-Backplane-Ignored", printable(String.join(",", outcome.ignored())));
        }
    }

    /// Names are the client's text and must not break a header.
    private static String printable(String text) {
        String plain = text.replaceAll("[^\\x21-\\x7E]", "_");
        return plain.substring(0, Math.min(plain.length(), 1_000));
    }

    private void embed(Origin origin, Exchange exchange) throws IOException {
        Embedding.Request request = Embeddings.read(body(exchange), exchange.path());
        Embedding.Answer answer = gateway.embed(origin, request);
        json(exchange, 200, Embeddings.write(answer, answer.model()));
    }

    /// Those that the caller may ask for.
    private void models(Origin origin, Exchange exchange) throws IOException {
        List<ModelInfo> allowed =
                configured().stream().filter(model -> gateway.allows(origin, model.id())).toList();
        json(exchange, 200, Models.write(allowed));
    }

    private void model(Exchange exchange) throws IOException {
        String name = exchange.parameter("model");
        Optional<ModelInfo> found =
                configured().stream().filter(model -> model.id().equals(name)).findFirst();
        ModelInfo model = found.orElseGet(() -> info(gateway.routes().find(name)));
        json(exchange, 200, Models.write(model));
    }

    private List<ModelInfo> configured() {
        return gateway.routes().routes().stream().map(OpenAiSurface::info).toList();
    }

    private static ModelInfo info(Route route) {
        return new ModelInfo(route.model(), 0, route.targets().getFirst().provider().name());
    }
}
