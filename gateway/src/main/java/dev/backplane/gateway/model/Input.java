package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.List;

/// What the model is to go on from.
public sealed interface Input {
    /// A conversation, to be put into the model's template.
    ///
    /// @param json the same messages as they came, a JSON array in the request's dialect, so that
    ///   who wants them in that form need not write them again; or empty
    record Chat(List<Message> messages, Slice json) implements Input {
        public Chat {
            messages = List.copyOf(messages);
        }

        public Chat(List<Message> messages) {
            this(messages, Slice.EMPTY);
        }
    }

    /// Texts that are prompts already, each with answers of its own.
    record Raw(List<Prompt> prompts) implements Input {
        public Raw {
            prompts = List.copyOf(prompts);
        }
    }

    /// A prompt, or a text to embed.
    sealed interface Prompt {
        record Text(String text) implements Prompt {}

        /// @param json the array of token ids as it came
        record Tokens(Slice json) implements Prompt {}
    }
}
