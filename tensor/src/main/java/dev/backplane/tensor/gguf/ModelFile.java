package dev.backplane.tensor.gguf;

import dev.backplane.tensor.TensorSet;
import dev.backplane.tensor.TensorSpec;
import java.util.List;

/// A model: its tensors, and what is said of it, both by the names that GGUF has for them; whether
/// it is such a file or another that is read as one.
public interface ModelFile extends TensorSet {
    Metadata metadata();

    /// What tensors there are, without making those that have to be made.
    default List<TensorSpec> specs() {
        return tensors().stream().map(TensorSpec::of).toList();
    }
}
