package dev.backplane.local.provider;

import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Several answers to one prompt, of which those are told whose tokens were likeliest, on average.
/// For one thread.
final class BestOf implements Events {
    private static final class Made {
        private final List<Event> events = new ArrayList<>();
        private double logprobs;
        private int tokens;

        double mean() {
            return tokens == 0 ? 0 : logprobs / tokens;
        }
    }

    private final List<Made> answers = new ArrayList<>();

    /// What follows is another answer.
    void begin() {
        answers.add(new Made());
    }

    /// The answer's next token, by the model.
    void token(TokenChoice choice) {
        Made answer = answers.getLast();
        answer.logprobs += choice.logprob();
        answer.tokens++;
    }

    @Override
    public void on(Event event) {
        answers.getLast().events.add(event);
    }

    /// Tells the best, as if they were all.
    ///
    /// @param first number of the first
    /// @param count how many
    void tell(int first, int count, Events to) throws IOException {
        List<Made> best =
                answers.stream()
                        .sorted(Comparator.comparingDouble(answer -> -answer.mean()))
                        .limit(count)
                        .toList();
        for (int i = 0; i < best.size(); i++) {
            for (Event event : best.get(i).events) {
                to.on(numbered(event, first + i));
            }
        }
        answers.clear();
    }

    private static Event numbered(Event event, int choice) {
        return switch (event) {
            case Event.Started started -> started;
            case Event.Used used -> used;
            case Event.TextDelta it -> new Event.TextDelta(choice, it.text());
            case Event.ReasoningDelta it -> new Event.ReasoningDelta(choice, it.text());
            case Event.ReasoningSealed it ->
                    new Event.ReasoningSealed(choice, it.signature(), it.redacted());
            case Event.RefusalDelta it -> new Event.RefusalDelta(choice, it.text());
            case Event.ToolCallStarted it ->
                    new Event.ToolCallStarted(choice, it.index(), it.id(), it.name());
            case Event.ToolArguments it -> new Event.ToolArguments(choice, it.index(), it.piece());
            case Event.ToolCallEnded it -> new Event.ToolCallEnded(choice, it.index());
            case Event.ToolMember it ->
                    new Event.ToolMember(choice, it.index(), it.name(), it.json());
            case Event.Logprobs it -> new Event.Logprobs(choice, it.json());
            case Event.Other it -> new Event.Other(choice, it.name(), it.json());
            case Event.Finished it -> new Event.Finished(choice, it.reason(), it.word());
        };
    }
}
