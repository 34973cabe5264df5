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
/// the process runs, which are gone with it. Thread-safe; sources, which may read the disk, are
/// asked without the lock.
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

    /// Whether this very adapter is one that can be asked for.
    boolean has(NamedAdapter adapter) {
        return find(adapter.name()).equals(Optional.of(adapter));
    }

    /// @throws Problem `CONFLICT` when there is a model or an adapter of the name
    void check(String name) {
        if (source.find(name).isPresent() || find(name).isPresent()) {
            throw taken(name);
        }
    }

    private static Problem taken(String name) {
        return Problem.of(
                        Problem.Kind.CONFLICT,
                        "there is a model or adapter '%s' already".formatted(name),
                        "lora_name")
                .fix("unload it first, or choose another name");
    }

    void add(NamedAdapter adapter) {
        check(adapter.name());
        synchronized (this) {
            if (added.containsKey(adapter.name())) {
                throw taken(adapter.name());
            }
            if (added.size() >= ADDED_MAX) {
                throw Problem.tooLarge("%,d adapters are loaded".formatted(ADDED_MAX), "lora_name")
                        .fix("unload one that is not used");
            }
            added.put(adapter.name(), adapter);
        }
    }

    /// @throws Problem `NOT_FOUND` when it was not loaded while the process runs
    void remove(String name) {
        List<String> others;
        synchronized (this) {
            if (added.remove(name) != null) {
                return;
            }
            others = List.copyOf(added.keySet());
        }
        boolean configured = find(name).isPresent();
        throw Problem.notFound(
                        configured
                                ? "adapter '%s' is one of the configuration".formatted(name)
                                : "there is no adapter '%s'".formatted(name),
                        "lora_name")
                .fix(configured ? "take it out of the configuration" : "use one of " + others);
    }
}
