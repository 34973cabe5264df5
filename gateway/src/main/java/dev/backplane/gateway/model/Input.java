package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.List;

/// What the model is to go on from.
public sealed interface Input {
    /// A conversation, to be put into the model's template.
    record Chat(List<Message> messages) implements Input {
        public Chat {
            messages = List.copyOf(messages);
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
