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
import dev.backplane.gateway.dialect.openai.StreamWriter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.Set;

/// OpenAI's paths.
public final class OpenAiSurface {
    static final String STREAM = "text/event-stream; charset=utf-8";

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
                .post("/v1/embeddings", as(this::embed));
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

    static void problem(Exchange exchange, Problem problem) throws IOException {
        problem(exchange, problem, Errors.write(problem, exchange.requestId()));
    }

    /// @param parameters of the request: a problem with one of them names it
    static void problem(Exchange exchange, Problem problem, Set<String> parameters)
            throws IOException {
        problem(
                exchange,
                problem,
                parameters.contains(problem.where())
                        ? Errors.write(
                                problem, exchange.requestId(), problem.where(), problem.kind().id())
                        : Errors.write(problem, exchange.requestId()));
    }

    static void problem(Exchange exchange, Problem problem, Slice body) throws IOException {
        Replies.problem(exchange, problem, Errors.status(problem), body);
    }

    private Slice body(Exchange exchange) throws IOException {
        return Replies.body(exchange, bodyBytesMax);
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
        gateway.generate(origin, request, fold);
        Answer answer = fold.build();
        String shown = answer.id().isEmpty() ? id : answer.id();
        Replies.json(
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
        Replies.stream(exchange, STREAM);
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

    private void embed(Origin origin, Exchange exchange) throws IOException {
        Embedding.Request request = Embeddings.read(body(exchange), exchange.path());
        Embedding.Answer answer = gateway.embed(origin, request);
        Replies.json(exchange, 200, Embeddings.write(answer, answer.model()));
    }
}
