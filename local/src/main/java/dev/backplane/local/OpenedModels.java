package dev.backplane.local;

import dev.backplane.core.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Models that were named while the process runs, and are forgotten with it. Thread-safe.
public final class OpenedModels implements ModelSource {
    private static final int MODELS_MAX = 1_000;

    private final Map<String, ModelFiles> models = new LinkedHashMap<>();

    /// @throws Problem `CONFLICT` when there is one of the name
    public synchronized void add(ModelFiles files) {
        if (models.size() >= MODELS_MAX) {
            throw Problem.tooLarge("%,d models are open".formatted(MODELS_MAX), "name")
                    .fix("close one that is not used");
        }
        if (models.putIfAbsent(files.name(), files) != null) {
            throw taken(files.name());
        }
    }

    /// Of a name that is another model's.
    public static Problem taken(String name) {
        return Problem.of(
                        Problem.Kind.CONFLICT,
                        "there is a model or adapter '%s' already".formatted(name),
                        "name")
                .fix("choose another name");
    }

    /// @throws Problem `NOT_FOUND` when there is none
    public synchronized void remove(String name) {
        if (models.remove(name) == null) {
            throw Problem.notFound("no model '%s' was opened".formatted(name), "name")
                    .fix("use one of " + List.copyOf(models.keySet()));
        }
    }

    @Override
    public synchronized Optional<ModelFiles> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    @Override
    public synchronized List<ModelFiles> models() {
        return List.copyOf(models.values());
    }
}
