package dev.backplane.engine;

import dev.backplane.engine.Generation.Guesses;
import dev.backplane.engine.Generation.Phases;
import dev.backplane.engine.Generation.PromptScores;
import dev.backplane.engine.Generation.Token;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.engine.schedule.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// A request with its answer; but for what is final, the engine's thread's.
final class Work {
    private final GenerationRequest request;
    private final Generation generation = new Generation();
    private final Sequence sequence;
    private final long arrivedNanos = System.nanoTime();
    private final List<Integer> acceptedAt = new ArrayList<>();
    private final List<TokenScore> scores = new ArrayList<>();
    private OptionalLong begunNanos = OptionalLong.empty();
    private OptionalLong firstTokenNanos = OptionalLong.empty();
    private int drafts;
    private int guessed;

    Work(GenerationRequest request, Sequence sequence) {
        this.request = request;
        this.sequence = sequence;
    }

    GenerationRequest request() {
        return request;
    }

    Generation generation() {
        return generation;
    }

    Sequence sequence() {
        return sequence;
    }

    /// A step is computed that may be its first.
    void begun(long now) {
        if (begunNanos.isEmpty() && sequence.scheduled() > 0) {
            begunNanos = OptionalLong.of(now);
        }
    }

    /// What the model thought of the prompt's next token.
    void score(TokenScore score) {
        scores.add(score);
    }

    void token(TokenChoice choice) {
        if (firstTokenNanos.isEmpty()) {
            firstTokenNanos = OptionalLong.of(System.nanoTime());
            if (request.promptLogprobs() >= 0) {
                generation.add(new PromptScores(scores));
            }
        }
        generation.add(new Token(choice));
    }

    /// So many tokens were guessed and computed.
    void guessed(int tokens) {
        drafts++;
        guessed += tokens;
    }

    /// The guess with this number in its draft came true.
    void accepted(int number) {
        if (number == acceptedAt.size()) {
            acceptedAt.add(0);
        }
        acceptedAt.set(number, acceptedAt.get(number) + 1);
    }

    Guesses guesses() {
        return drafts == 0 ? Guesses.NONE : new Guesses(drafts, guessed, acceptedAt);
    }

    /// The last event.
    void end(Generation.Event event) {
        long end = System.nanoTime();
        generation.phases(
                new Phases(arrivedNanos, begunNanos.orElse(end), firstTokenNanos.orElse(end), end));
        generation.add(event);
    }
}
