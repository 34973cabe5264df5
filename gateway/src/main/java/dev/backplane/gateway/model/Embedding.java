package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.List;

/// Vectors of texts.
public final class Embedding {
    private Embedding() {}

    /// @param format `float`, `base64` or empty
    /// @param dimensions JSON number, or empty
    public record Request(
            DialectId dialect,
            String model,
            List<Input.Prompt> inputs,
            String format,
            Slice dimensions,
            String user,
            Extras extras) {
        public Request {
            inputs = List.copyOf(inputs);
        }

        public Request withModel(String name) {
            return new Request(dialect, name, inputs, format, dimensions, user, extras);
        }
    }

    /// @param vectors in the order of the inputs, each a JSON array of numbers or a JSON string of
    ///   base64, exactly as the provider wrote it
    public record Answer(String model, List<Slice> vectors, Usage usage, Extras extras) {
        public Answer {
            vectors = List.copyOf(vectors);
        }
    }
}
