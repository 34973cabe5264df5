package dev.backplane.gateway.route;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.http.client.Timeouts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// What models there are at providers that nobody configured names for, such as an Ollama on this
/// machine. They are asked when somebody wants to know, all at the same time, and what they say is
/// believed for [#BELIEVED]; one that does not answer has none. Thread-safe.
public final class Catalogue {
    public static final Catalogue EMPTY = new Catalogue(List.of(), System::nanoTime);

    static final Duration BELIEVED = Duration.ofSeconds(5);

    /// What Ollama puts behind names that have no tag; its clients may leave it out.
    private static final String LATEST = ":latest";

    private static final Timeouts TIMEOUTS =
            new Timeouts(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(3));

    private final List<Provider> providers;
    private final LongSupplier nanos;
    private Map<Provider, List<ModelInfo>> known = Map.of();
    private boolean asked;
    private long askedNanos;

    /// @param providers the first that has a model answers for it
    /// @param nanos a clock such as [System#nanoTime]
    public Catalogue(List<Provider> providers, LongSupplier nanos) {
        this.providers = List.copyOf(providers);
        this.nanos = nanos;
    }

    /// Those that are asked.
    public List<Provider> providers() {
        return providers;
    }

    /// `PROVIDER/MODEL` for a model's plain name. Providers in this process are asked again for one
    /// that nobody had: it may have been pulled a moment ago.
    Optional<String> find(String model) {
        return find(model, known()).or(() -> find(model, inProcess()));
    }

    private static Optional<String> find(String model, Map<Provider, List<ModelInfo>> told) {
        for (Map.Entry<Provider, List<ModelInfo>> entry : told.entrySet()) {
            for (ModelInfo info : entry.getValue()) {
                if (info.id().equals(model) || info.id().equals(model + LATEST)) {
                    return Optional.of(entry.getKey().name() + "/" + info.id());
                }
            }
        }
        return Optional.empty();
    }

    private Map<Provider, List<ModelInfo>> inProcess() {
        Map<Provider, List<ModelInfo>> told = new LinkedHashMap<>();
        for (Provider provider : providers) {
            if (provider.inProcess().isPresent()) {
                ask(provider).ifPresent(models -> told.put(provider, models));
            }
        }
        return told;
    }

    /// All of them by their plain names; those of this process as of now.
    public List<ModelInfo> models() {
        Map<String, ModelInfo> models = new LinkedHashMap<>();
        Map<Provider, List<ModelInfo>> all = new LinkedHashMap<>(known());
        all.putAll(inProcess());
        all.forEach((provider, told) ->
                told.forEach(info ->
                        models.putIfAbsent(
                                info.id(),
                                new ModelInfo(info.id(), info.createdSeconds(), provider.name()))));
        return List.copyOf(models.values());
    }

    /// Those that answer.
    List<String> present() {
        return known().keySet().stream().map(Provider::name).toList();
    }

    /// Whoever asks while others do waits for the same answer.
    private synchronized Map<Provider, List<ModelInfo>> known() {
        long now = nanos.getAsLong();
        if (!providers.isEmpty() && (!asked || now - askedNanos >= BELIEVED.toNanos())) {
            known = ask();
            asked = true;
            askedNanos = nanos.getAsLong();
        }
        return known;
    }

    private Map<Provider, List<ModelInfo>> ask() {
        Map<Provider, List<ModelInfo>> told = new LinkedHashMap<>();
        List<Optional<List<ModelInfo>>> answers = new ArrayList<>();
        List<Thread> asking = new ArrayList<>();
        for (int i = 0; i < providers.size(); i++) {
            int index = i;
            answers.add(Optional.empty());
            asking.add(
                    Thread.ofVirtual()
                            .name("catalogue")
                            .start(() -> answers.set(index, ask(providers.get(index)))));
        }
        try {
            for (Thread thread : asking) {
                thread.join();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            asking.forEach(Thread::interrupt);
            return known;
        }
        for (int i = 0; i < providers.size(); i++) {
            if (answers.get(i).isPresent()) {
                told.put(providers.get(i), answers.get(i).get());
            }
        }
        return told;
    }

    private static Optional<List<ModelInfo>> ask(Provider provider) {
        try {
            return Optional.of(provider.models(new CallContext("", TIMEOUTS)));
        } catch (Problem absent) {
            return Optional.empty();
        }
    }
}
