package dev.backplane.gateway.surface;

import dev.backplane.core.Slice;
import dev.backplane.http.Router;
import java.util.List;
import java.util.Optional;

/// The models of this machine for Ollama's paths: what is known of their files, and what changes
/// them. [OllamaSurface] shows them beside those that the gateway asks others for.
public interface OllamaLibrary {
    /// No library: what would change it says so.
    OllamaLibrary NONE =
            new OllamaLibrary() {
                @Override
                public List<Entry> entries() {
                    return List.of();
                }

                @Override
                public Optional<Slice> show(String name) {
                    return Optional.empty();
                }

                @Override
                public void routes(Router.Builder routes) {}
            };

    /// An element of `/api/tags`.
    ///
    /// @param json the whole object
    record Entry(String name, Slice json) {}

    List<Entry> entries();

    /// The answer of `/api/show`, if there is such a model.
    Optional<Slice> show(String name);

    /// Adds the paths that change it: pull, push, create, copy, delete and blobs.
    void routes(Router.Builder routes);
}
