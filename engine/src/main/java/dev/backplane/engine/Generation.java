package dev.backplane.engine;

import dev.backplane.core.Problem;
import dev.backplane.engine.sample.TokenChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// An answer that is being made. One thread reads it, [#next] after [#next], up to an [End] or a
/// [Failure]; any may cancel it. What was not read waits, at most as many tokens as were asked for.
public final class Generation {
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;

    /// What happens to an answer.
    public sealed interface Event {}

    /// The next token.
    public record Token(TokenChoice choice) implements Event {}

    /// The last event of an answer that ended as it should, or was cancelled.
    ///
    /// @param cachedTokens of the prompt whose keys and values were there already
    /// @param preemptions how often it was set back to make room for others
    public record End(
            Reason reason, int promptTokens, int cachedTokens, int answerTokens, int preemptions)
            implements Event {}

    /// The last event of an answer that could not be ended.
    public record Failure(Problem problem) implements Event {}

    /// Why an answer ended.
    public enum Reason {
        /// With a token that stops.
        STOP,
        /// With as many tokens as were asked for.
        LENGTH,
        CANCELLED
    }

    /// Waits for the next event.
    public Event next() throws InterruptedException {
        return events.take();
    }

    /// Waits for the end and returns the tokens.
    ///
    /// @throws Problem when it failed
    public List<Integer> tokens() throws InterruptedException {
        List<Integer> tokens = new ArrayList<>();
        while (true) {
            switch (next()) {
                case Token token -> tokens.add(token.choice().token());
                case End _ -> {
                    return tokens;
                }
                case Failure failure -> throw failure.problem();
            }
        }
    }

    /// Ends it before the next step, wherever it is: in the queue or at work. Its blocks are free
    /// then, and an [End] follows what was made before.
    public void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }

    void add(Event event) {
        events.add(event);
    }
}
