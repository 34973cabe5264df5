package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Answers requests to models. Thread-safe; each call belongs to the thread that makes it.
public interface Provider extends AutoCloseable {
    /// As the configuration names it.
    String name();

    Capabilities capabilities();

    /// Answers with events, as they come if the request wants a stream, else all at the end.
    ///
    /// @param request with the model's name as this provider knows it
    /// @throws Problem when there is no answer, or it broke off
    /// @throws IOException of the listener, who has gone; the call was given up
    void generate(ModelRequest request, CallContext context, Events events) throws IOException;

    Embedding.Answer embed(Embedding.Request request, CallContext context);

    /// How well texts answer questions.
    ///
    /// @throws Problem `NOT_IMPLEMENTED` by those that have no such service
    default Ranking.Answer rank(Ranking.Request request, CallContext context) {
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "texts cannot be ranked by this provider",
                        "provider " + name())
                .fix("use a local model for vectors or ranking, or a provider of type openai");
    }

    /// How many tokens the request would take as input.
    ///
    /// @throws Problem `NOT_IMPLEMENTED` by those that cannot tell without answering
    default long countTokens(ModelRequest request, CallContext context) {
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "tokens cannot be counted by this provider",
                        "provider " + name())
                .fix("route the model to a provider of type anthropic");
    }

    /// More that it can do, if its models run in this process.
    default Optional<InProcess> inProcess() {
        return Optional.empty();
    }

    /// The models that there are now.
    List<ModelInfo> models(CallContext context);

    @Override
    void close();
}
