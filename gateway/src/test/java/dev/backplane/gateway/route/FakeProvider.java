package dev.backplane.gateway.route;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Capabilities;
import dev.backplane.gateway.provider.Provider;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A provider that is asked for its models only.
final class FakeProvider implements Provider {
    private final String name;
    private Optional<Problem> failure = Optional.empty();
    private int asked;

    FakeProvider(String name) {
        this.name = name;
    }

    synchronized void fails(Problem problem) {
        failure = Optional.of(problem);
    }

    synchronized void works() {
        failure = Optional.empty();
    }

    synchronized int asked() {
        return asked;
    }

    synchronized void awaitAsked(int times) throws InterruptedException {
        while (asked < times) {
            wait();
        }
    }

    @Override
    public synchronized List<ModelInfo> models(CallContext context) {
        asked++;
        notifyAll();
        if (failure.isPresent()) {
            throw failure.get();
        }
        return List.of();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Set.of(), false);
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events) {
        throw new AssertionError("not asked for answers");
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        throw new AssertionError("not asked for vectors");
    }

    @Override
    public void close() {}
}
