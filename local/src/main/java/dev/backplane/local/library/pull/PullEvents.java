package dev.backplane.local.library.pull;

import dev.backplane.local.library.Layer;
import java.io.IOException;

/// Told how a pull goes, by the thread that pulls. An `IOException` says that nobody listens any
/// more: the pull ends, and what came stays.
public interface PullEvents {
    /// What happens now, in Ollama's words.
    void status(String text) throws IOException;

    /// How far a layer is.
    void progress(Layer layer, long completed) throws IOException;
}
