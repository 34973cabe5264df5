package dev.backplane.local;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which models there are on this machine, by name. What is asked is as true as the moment it is
/// answered: a model may have come or gone since. Thread-safe.
public interface ModelSource {
    /// The model of a name, as a client writes it: with or without a tag.
    ///
    /// @throws dev.backplane.core.Problem when there is one that cannot be used, such as one whose
    ///   file is gone
    Optional<ModelFiles> find(String name);

    /// All of them.
    List<ModelFiles> models();

    /// Adapters of models, which are asked for by names of their own.
    default List<NamedAdapter> adapters() {
        return List.of();
    }

    /// Several sources as one; of a name that more than one knows, the first counts.
    static ModelSource of(List<ModelSource> sources) {
        List<ModelSource> all = List.copyOf(sources);
        return new ModelSource() {
            @Override
            public Optional<ModelFiles> find(String name) {
                return all.stream()
                        .map(source -> source.find(name))
                        .flatMap(Optional::stream)
                        .findFirst();
            }

            @Override
            public List<ModelFiles> models() {
                Map<String, ModelFiles> models = new LinkedHashMap<>();
                all.forEach(source ->
                        source.models().forEach(files -> models.putIfAbsent(files.name(), files)));
                return List.copyOf(models.values());
            }

            @Override
            public List<NamedAdapter> adapters() {
                return all.stream().flatMap(source -> source.adapters().stream()).toList();
            }
        };
    }
}
