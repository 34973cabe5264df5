package dev.backplane.bench.runs;

import java.util.List;
import java.util.Optional;

/// One span of a run before it is put into a dialect.
///
/// @param id never 0
/// @param parentId 0 for the root
/// @param startNanos since the start of the run
/// @param endNanos since the start of the run; [#OPEN] while the span is still open, in which case
///   the same span comes again later, closed
/// @param error what went wrong, if something did
public record AgentSpan(
        long id,
        long parentId,
        String name,
        long startNanos,
        long endNanos,
        Optional<String> error,
        Work work) {
    public static final long OPEN = -1;

    /// What the span did.
    public sealed interface Work {}

    /// A call of a language model with its whole history.
    ///
    /// @param input all messages that were sent
    /// @param output the answer; empty when the call failed
    /// @param tools definitions offered, a JSON array; may be empty
    /// @param compacted whether the history was replaced by a summary just before
    public record ModelCall(
            String provider,
            String model,
            List<Message> input,
            Optional<Message> output,
            String tools,
            Tokens tokens,
            boolean compacted)
            implements Work {
        public ModelCall {
            input = List.copyOf(input);
        }
    }

    /// @param input all input tokens, cached ones included
    /// @param output all output tokens, reasoning included
    public record Tokens(int input, int output, int cached, int cacheWrite, int reasoning) {}

    /// @param arguments a JSON object
    /// @param result text or JSON; empty when the call failed
    public record ToolUse(String tool, String callId, String arguments, String result)
            implements Work {}

    /// An agent's whole turn: what it was asked and what it answered.
    public record AgentTurn(String agent, String input, String output) implements Work {}

    /// @param documents a JSON array of `{id, score, content}`
    public record Retrieval(String source, String query, String documents) implements Work {}

    public record Embedding(String model, String text, int tokens) implements Work {}

    /// A step of a chain without a model.
    public record Step(String input, String output) implements Work {}

    public boolean isOpen() {
        return endNanos == OPEN;
    }
}
