package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.local.ModelSource;
import dev.backplane.local.NamedAdapter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which adapters there are, by name: those of the configuration, and those that were loaded while
/// the process runs, which are gone with it. Thread-safe.
final class AdapterNames {
    private static final int ADDED_MAX = 1_000;

    private final ModelSource source;
    private final Map<String, NamedAdapter> added = new LinkedHashMap<>();

    AdapterNames(ModelSource source) {
        this.source = source;
    }

    Optional<NamedAdapter> find(String name) {
        synchronized (this) {
            NamedAdapter known = added.get(name);
            if (known != null) {
                return Optional.of(known);
            }
        }
        return source.adapters().stream()
                .filter(adapter -> adapter.name().equals(name))
                .findFirst();
    }

    List<NamedAdapter> all() {
        List<NamedAdapter> all = new ArrayList<>(source.adapters());
        synchronized (this) {
            all.addAll(added.values());
        }
        return all;
    }

    /// @throws Problem `CONFLICT` when there is a model or an adapter of the name
    void check(String name) {
        if (source.find(name).isPresent() || find(name).isPresent()) {
            throw Problem.of(
                            Problem.Kind.CONFLICT,
                            "there is a model or adapter '%s' already".formatted(name),
                            "lora_name")
                    .fix("unload it first, or choose another name");
        }
    }

    synchronized void add(NamedAdapter adapter) {
        check(adapter.name());
        if (added.size() >= ADDED_MAX) {
            throw Problem.tooLarge("%,d adapters are loaded".formatted(ADDED_MAX), "lora_name")
                    .fix("unload one that is not used");
        }
        added.put(adapter.name(), adapter);
    }

    /// @throws Problem `NOT_FOUND` when it was not loaded while the process runs
    synchronized NamedAdapter remove(String name) {
        NamedAdapter known = added.remove(name);
        if (known == null) {
            boolean configured = find(name).isPresent();
            throw Problem.notFound(
                            configured
                                    ? "adapter '%s' is one of the configuration".formatted(name)
                                    : "there is no adapter '%s'".formatted(name),
                            "lora_name")
                    .fix(
                            configured
                                    ? "take it out of the configuration"
                                    : "use one of " + List.copyOf(added.keySet()));
        }
        return known;
    }
}
