package dev.backplane.tensor;

import dev.backplane.core.Problem;
import java.util.List;
import java.util.Optional;

/// The tensors of a model's file or files. Safe for use by many threads until it is closed; closing
/// unmaps the memory that all its tensors are in, so the caller makes sure that nobody is at work.
public interface TensorSet extends AutoCloseable {
    /// Where they come from, for people: a file or a folder.
    String source();

    /// All of them, in the order of the file.
    List<Tensor> tensors();

    Optional<Tensor> find(String name);

    /// The tensor of this name.
    ///
    /// @throws Problem when there is none
    default Tensor tensor(String name) {
        return find(name)
                .orElseThrow(() ->
                        Problem.invalid("no tensor '" + name + "'", source())
                                .fix("use a file of this architecture that holds all its tensors"));
    }

    /// Unmaps the memory.
    @Override
    void close();
}
