package dev.backplane.engine;

import dev.backplane.core.Problem;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenScore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// An answer that is being made. One thread reads it, [#next] after [#next], up to an [End] or a
/// [Failure]; any may cancel it. What was not read waits, at most as many tokens as were asked for.
public final class Generation {
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelled;
    private volatile Phases phases = new Phases(0, 0, 0, 0);

    /// What happens to an answer.
    public sealed interface Event {}

    /// What the model thought of the prompt's tokens, all but the first. Where it was asked for, it
    /// comes before the first token of the answer.
    public record PromptScores(List<TokenScore> scores) implements Event {
        public PromptScores {
            scores = List.copyOf(scores);
        }
    }

    /// The next token.
    public record Token(TokenChoice choice) implements Event {}

    /// The last event of an answer that ended as it should, or was cancelled.
    ///
    /// @param cachedTokens of the prompt whose keys and values were there already
    /// @param preemptions how often it was set back to make room for others
    /// @param guesses what was guessed of it
    public record End(
            Reason reason,
            int promptTokens,
            int cachedTokens,
            int answerTokens,
            int preemptions,
            Guesses guesses)
            implements Event {}

    /// How much of an answer was guessed ([dev.backplane.engine.speculate]).
    ///
    /// @param drafts how often something was
    /// @param tokens that were guessed
    /// @param acceptedAt how many came true as the first of a draft, as the second and so on
    public record Guesses(int drafts, int tokens, List<Integer> acceptedAt) {
        public static final Guesses NONE = new Guesses(0, 0, List.of());

        public Guesses {
            acceptedAt = List.copyOf(acceptedAt);
        }

        /// Tokens that came true.
        public int accepted() {
            return acceptedAt.stream().mapToInt(Integer::intValue).sum();
        }
    }

    /// When a request went on to its next phase, by [System#nanoTime]: it waited until it began,
    /// then its prompt was computed until the first token was there, then its answer until the end.
    /// A phase that it did not come to begins with the end.
    public record Phases(long arrivedNanos, long begunNanos, long firstTokenNanos, long endNanos) {}

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

    /// Waits so long for the next event; empty when none came.
    public Optional<Event> next(Duration patience) throws InterruptedException {
        return Optional.ofNullable(events.poll(patience.toNanos(), TimeUnit.NANOSECONDS));
    }

    /// Waits for the end and returns the tokens.
    ///
    /// @throws Problem when it failed
    public List<Integer> tokens() throws InterruptedException {
        List<Integer> tokens = new ArrayList<>();
        while (true) {
            switch (next()) {
                case PromptScores _ -> {}
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

    /// Returns when the engine computes nothing for it any more. Leaves what was not read.
    public void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                ended.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    boolean cancelled() {
        return cancelled;
    }

    /// When what happened; known once the last event is there.
    public Phases phases() {
        return phases;
    }

    void phases(Phases all) {
        phases = all;
    }

    void add(Event event) {
        events.add(event);
        if (event instanceof End || event instanceof Failure) {
            ended.countDown();
        }
    }
}
