package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import java.util.List;

/// What a provider can do besides whose models run in this process. Thread-safe.
public interface InProcess {
    /// A model that is in memory, or on its way there.
    ///
    /// @param model by the provider's name
    /// @param digest SHA-256 in hexadecimal, or empty
    /// @param fileBytes of its files
    /// @param memoryBytes that it takes
    /// @param context positions that a request may have
    /// @param family architecture, such as `qwen3`, or empty while that is not known
    /// @param type of most of its weights, such as `Q8_0`, or empty
    /// @param parameters how many weights it has, or 0
    /// @param requests that use it now
    /// @param until when it goes if nobody uses it, a time in ISO 8601; empty if it stays
    record Loaded(
            String model,
            String digest,
            long fileBytes,
            long memoryBytes,
            int context,
            String family,
            String type,
            long parameters,
            int requests,
            String until,
            boolean loading) {}

    /// @param texts what each token reads as
    /// @param contextMax positions that a request may have
    record Tokens(int[] ids, List<String> texts, int contextMax) {}

    /// What is in memory.
    List<Loaded> loaded();

    /// Loads a model unless it is there, and lets it stay as `keep_alive` in the extras says.
    ///
    /// @throws Problem why it cannot
    void load(String model, Extras extras, CallContext context);

    /// Frees a model's memory as soon as nobody uses it.
    ///
    /// @return whether it was there
    boolean unload(String model);

    /// Makes a file a model by a name of its own, until it is closed or the process ends.
    ///
    /// @param path of a GGUF file or of a folder of safetensors, where this process runs
    /// @throws Problem `CONFLICT` when the name is taken; or why it is no model
    void openModel(String name, String path);

    /// Forgets a model that was opened so. Answers that are being made with it end as they should.
    ///
    /// @throws Problem `NOT_FOUND` when it was not
    void closeModel(String name);

    /// Makes an adapter (LoRA) known by a name of its own, which is asked for as a model's, after
    /// trying that it fits.
    ///
    /// @param path of a GGUF file or of a folder as PEFT writes it, where this process runs
    /// @param base the model that it changes; or empty, if there is but one
    /// @throws Problem `CONFLICT` when the name is taken; or why it cannot be loaded
    void loadAdapter(String name, String path, String base, CallContext context);

    /// Forgets an adapter that was loaded so. Answers that are being made with it end as they
    /// should.
    ///
    /// @throws Problem `NOT_FOUND` when it was not
    void unloadAdapter(String name);

    /// The tokens of a request's input, as the model would be given them.
    Tokens tokenize(ModelRequest request, CallContext context);

    /// The text of tokens.
    ///
    /// @throws Problem `INVALID` when there are no such tokens
    String detokenize(String model, int[] tokens, CallContext context);
}
