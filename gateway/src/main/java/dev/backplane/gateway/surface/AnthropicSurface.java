package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.anthropic.AnswerWriter;
import dev.backplane.gateway.dialect.anthropic.Errors;
import dev.backplane.gateway.dialect.anthropic.Headers;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestReader;
import dev.backplane.gateway.dialect.anthropic.StreamWriter;
import dev.backplane.gateway.dialect.anthropic.TokenCounts;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;

/// Anthropic's paths.
public final class AnthropicSurface {
    private final Gateway gateway;
    private final OriginOf origins;
    private final long bodyBytesMax;

    public AnthropicSurface(Gateway gateway, OriginOf origins, long bodyBytesMax) {
        this.gateway = gateway;
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/messages", as(this::messages))
                .post("/v1/messages/count_tokens", as(this::countTokens));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(AnthropicSurface::problem);
            Origin origin = origins.of(exchange);
            exchange.header("request-id", exchange.requestId());
            action.run(origin, exchange);
        };
    }

    static void problem(Exchange exchange, Problem problem) throws IOException {
        exchange.header("request-id", exchange.requestId());
        Replies.problem(exchange, problem, Errors.write(problem, exchange.requestId()));
    }

    private static Headers headers(Exchange exchange) {
        return Headers.of(
                exchange.header("anthropic-version").orElse(""),
                exchange.header("anthropic-beta").orElse(""),
                exchange.path());
    }

    private void messages(Origin origin, Exchange exchange) throws IOException {
        Slice body = Replies.body(exchange, bodyBytesMax);
        ModelRequest request = MessagesRequestReader.read(body, headers(exchange), exchange.path());
        if (isInThread(request)) {
            Replies.json(exchange, 400, Errors.noThreads(exchange.requestId()));
            return;
        }
        String id = "msg_" + origin.requestId();
        if (request.stream()) {
            stream(origin, exchange, request, id);
            return;
        }
        Answer.Builder fold = new Answer.Builder();
        gateway.generate(origin, request, fold);
        Answer answer = fold.build();
        String shown = answer.id().isEmpty() ? id : answer.id();
        Replies.json(exchange, 200, AnswerWriter.write(answer, shown));
    }

    /// Whether the request goes on from what a provider has kept. It would leave the conversation
    /// out, and so no other provider could answer it, no guard judge it and no span hold it.
    private static boolean isInThread(ModelRequest request) {
        Slice thread = request.extras().get("thread");
        return !thread.isEmpty() && thread.at(0) == '{';
    }

    /// Until the first byte has left, a failure is an answer with its status; after that it is the
    /// last event.
    private void stream(Origin origin, Exchange exchange, ModelRequest request, String id)
            throws IOException {
        Replies.stream(exchange, "text/event-stream; charset=utf-8");
        StreamWriter writer = new StreamWriter(exchange.output(), id);
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

    private void countTokens(Origin origin, Exchange exchange) throws IOException {
        Slice body = Replies.body(exchange, bodyBytesMax);
        ModelRequest request = TokenCounts.readRequest(body, headers(exchange), exchange.path());
        Replies.json(exchange, 200, TokenCounts.write(gateway.countTokens(origin, request)));
    }
}
