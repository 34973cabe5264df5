package dev.backplane.local;

import java.util.List;
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
}
