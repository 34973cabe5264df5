package dev.backplane.local;

import java.util.List;
import java.util.Optional;

/// Models that the configuration names, which may change while they are in use. Thread-safe.
public final class ConfiguredModels implements ModelSource {
    private volatile List<ModelFiles> models = List.of();
    private volatile List<NamedAdapter> adapters = List.of();

    /// Others from now on.
    public void change(List<ModelFiles> others, List<NamedAdapter> otherAdapters) {
        models = List.copyOf(others);
        adapters = List.copyOf(otherAdapters);
    }

    @Override
    public List<NamedAdapter> adapters() {
        return adapters;
    }

    @Override
    public Optional<ModelFiles> find(String name) {
        return models.stream().filter(files -> files.name().equals(name)).findFirst();
    }

    @Override
    public List<ModelFiles> models() {
        return models;
    }
}
