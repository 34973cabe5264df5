package dev.backplane.gateway.model;

import dev.backplane.core.Slice;

/// Something that happened while a model answered. `choice` counts answers from 0, `index` the tool
/// calls of one answer from 0.
public sealed interface Event {
    /// First of all.
    ///
    /// @param id the provider's, or empty
    /// @param model that answers, by the provider's name
    /// @param createdSeconds since 1970, or 0
    record Started(String id, String model, long createdSeconds, Extras extras) implements Event {}

    record TextDelta(int choice, String text) implements Event {}

    record ReasoningDelta(int choice, String text) implements Event {}

    /// Ends a thought: what must come back with it, see [Part.Reasoning].
    record ReasoningSealed(int choice, String signature, String redacted) implements Event {}

    record RefusalDelta(int choice, String text) implements Event {}

    record ToolCallStarted(int choice, int index, String id, String name) implements Event {}

    /// A piece of the arguments' text.
    record ToolArguments(int choice, int index, String piece) implements Event {}

    record ToolCallEnded(int choice, int index) implements Event {}

    /// A member of a call that the model has no place for, in the provider's dialect (Gemini's
    /// `extra_content` with the signature of a thought, for example). It may come before the call.
    record ToolMember(int choice, int index, String name, Slice json) implements Event {}

    /// Probabilities of the tokens since the last of these, in OpenAI's form.
    record Logprobs(int choice, Slice json) implements Event {}

    /// A member of a choice that the model has no place for, in the provider's dialect.
    ///
    /// @param name or path; `content[2]` stands where element 2 of the content is
    record Other(int choice, String name, Slice json) implements Event {
        /// Whether it stands between what came before it and what comes after.
        boolean isElement() {
            int end = name.indexOf(']');
            return end >= 0 && end == name.length() - 1;
        }
    }

    /// An answer is complete.
    ///
    /// @param word the provider's own, or the stop sequence
    record Finished(int choice, FinishReason reason, String word) implements Event {}

    record Used(Usage usage) implements Event {}
}
