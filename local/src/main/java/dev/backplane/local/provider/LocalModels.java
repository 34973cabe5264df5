package dev.backplane.local.provider;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Capabilities;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.local.ModelSource;
import dev.backplane.tensor.kernel.KernelGate;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The provider whose models run in this process.
public final class LocalModels implements Provider, InProcess {
    /// The name that clients put before a model's, where it is not plain.
    public static final String NAME = "backplane";

    private final ModelSource source;
    private final EngineMetrics metrics;
    private final Residents residents;

    /// @param gate which kernels to rely on; asked once, when the first model is loaded
    public LocalModels(
            ModelSource source, LocalSettings settings, Supplier<KernelGate> gate, Meter meter) {
        this.source = source;
        this.metrics = new EngineMetrics(meter);
        this.residents = new Residents(source, settings, gate, InstantSource.system(), metrics);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Set.of(), false);
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events)
            throws IOException {
        Optional<Duration> keepAlive = KeepAlive.of(request.extras());
        long start = System.nanoTime();
        try (Residents.Lease lease =
                residents.lease(request.model(), keepAlive, context::closing)) {
            long loadNanos = System.nanoTime() - start;
            if (request.stream()) {
                new Answering(lease.model(), request, context, metrics, events).run(loadNanos);
                return;
            }
            List<Event> all = new ArrayList<>();
            new Answering(lease.model(), request, context, metrics, all::add).run(loadNanos);
            for (Event event : all) {
                events.on(event);
            }
        }
    }

    @Override
    public long countTokens(ModelRequest request, CallContext context) {
        try (Residents.Lease lease =
                residents.lease(request.model(), Optional.empty(), context::closing)) {
            return new Prompts(lease.model(), request, context).tokens().length;
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "local models make no embeddings yet",
                        "provider " + NAME)
                .fix("use a model of another provider");
    }

    @Override
    public List<ModelInfo> models(CallContext context) {
        return source.models().stream()
                .map(files -> new ModelInfo(files.name(), files.modifiedSeconds(), NAME))
                .toList();
    }

    @Override
    public Optional<InProcess> inProcess() {
        return Optional.of(this);
    }

    @Override
    public List<Loaded> loaded() {
        return residents.list();
    }

    @Override
    public void load(String model, Extras extras, CallContext context) {
        residents.lease(model, KeepAlive.of(extras), context::closing).close();
    }

    @Override
    public boolean unload(String model) {
        return residents.unload(model);
    }

    @Override
    public Tokens tokenize(ModelRequest request, CallContext context) {
        try (Residents.Lease lease =
                residents.lease(request.model(), Optional.empty(), context::closing)) {
            LoadedModel model = lease.model();
            int[] ids = new Prompts(model, request, context).tokens();
            return new Tokens(
                    ids,
                    Arrays.stream(ids).mapToObj(model.tokenizer()::piece).toList(),
                    model.engine().contextMax());
        }
    }

    @Override
    public String detokenize(String model, int[] tokens, CallContext context) {
        try (Residents.Lease lease = residents.lease(model, Optional.empty(), context::closing)) {
            return lease.model().tokenizer().decode(tokens, false);
        }
    }

    @Override
    public void close() {
        residents.close();
    }
}
