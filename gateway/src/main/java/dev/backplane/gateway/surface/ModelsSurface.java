package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.anthropic.ModelList;
import dev.backplane.gateway.dialect.openai.Models;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.List;

/// The list of models, which OpenAI's and Anthropic's clients ask for at one path. Anthropic's name
/// the version of their language with every request, and nobody else does.
public final class ModelsSurface {
    private static final int LIMIT_DEFAULT = 20;
    private static final int LIMIT_MAX = 1_000;

    private final Gateway gateway;
    private final OriginOf origins;

    public ModelsSurface(Gateway gateway, OriginOf origins) {
        this.gateway = gateway;
        this.origins = origins;
    }

    public void routes(Router.Builder routes) {
        routes.get("/v1/models", as(this::list)).get("/v1/models/{model}", as(this::one));
    }

    private interface Action {
        Slice answer(Origin origin, Exchange exchange);
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(ModelsSurface::problem);
            Replies.json(exchange, 200, action.answer(origins.of(exchange), exchange));
        };
    }

    private static boolean isAnthropic(Exchange exchange) {
        return exchange.header("anthropic-version").isPresent();
    }

    private static void problem(Exchange exchange, Problem problem) throws IOException {
        if (isAnthropic(exchange)) {
            AnthropicSurface.problem(exchange, problem);
        } else {
            OpenAiSurface.problem(exchange, problem);
        }
    }

    /// Those that the caller may ask for.
    private Slice list(Origin origin, Exchange exchange) {
        List<ModelInfo> allowed =
                Replies.models(gateway).stream()
                        .filter(model -> gateway.allows(origin, model.id()))
                        .toList();
        return isAnthropic(exchange)
                ? ModelList.write(allowed, page(exchange))
                : Models.write(allowed);
    }

    private static ModelList.Page page(Exchange exchange) {
        return new ModelList.Page(
                exchange.query("after_id").orElse(""),
                exchange.query("before_id").orElse(""),
                Replies.limit(exchange, LIMIT_DEFAULT, LIMIT_MAX));
    }

    private Slice one(Origin origin, Exchange exchange) {
        String name = exchange.parameter("model");
        ModelInfo model = Replies.info(name, gateway.routes().find(name));
        return isAnthropic(exchange) ? ModelList.write(model) : Models.write(model);
    }
}
