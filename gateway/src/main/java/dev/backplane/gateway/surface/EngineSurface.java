package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.List;

/// vLLM's paths beside OpenAI's, which only an engine can answer: they say so.
public final class EngineSurface {
    private static final List<String> PATHS =
            List.of(
                    "/tokenize",
                    "/detokenize",
                    "/rerank",
                    "/v1/rerank",
                    "/v2/rerank",
                    "/score",
                    "/v1/score",
                    "/v1/load_lora_adapter",
                    "/v1/unload_lora_adapter");

    private final OriginOf origins;

    public EngineSurface(OriginOf origins) {
        this.origins = origins;
    }

    public void routes(Router.Builder routes) {
        PATHS.forEach(path -> routes.post(path, this::refuse));
    }

    private void refuse(Exchange exchange) {
        exchange.answerProblemsWith(EngineSurface::problem);
        origins.of(exchange);
        throw Replies.noEngine(exchange);
    }

    private static void problem(Exchange exchange, Problem problem) throws IOException {
        Replies.problem(exchange, problem, Errors.write(problem, exchange.requestId()));
    }
}
