package dev.backplane.gateway.call;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.ModelRequest;

/// Puts files that are kept here in the place of references to them, because no provider has them.
/// The call's span keeps the references. Thread-safe.
@FunctionalInterface
public interface FileReferences {
    /// No file is kept here.
    FileReferences NONE = (_, request) -> request;

    /// @throws Problem `INVALID` for a file that should be kept here and is not, `TOO_LARGE` for
    ///   more than a request may hold; other references stay, they may be the provider's own
    ModelRequest resolve(Origin origin, ModelRequest request);
}
