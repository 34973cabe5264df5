package dev.backplane.gateway.model;

import java.util.List;

/// How well texts answer questions.
public final class Ranking {
    private Ranking() {}

    /// @param questions one, or as many as there are texts: then each text is held against its own
    /// @param extras members of the body that are about neither
    public record Request(String model, List<String> questions, List<String> texts, Extras extras) {
        public Request {
            questions = List.copyOf(questions);
            texts = List.copyOf(texts);
        }

        public Request withModel(String name) {
            return new Request(name, questions, texts, extras);
        }

        /// The question that text number `index` is held against.
        public String question(int index) {
            return questions.get(questions.size() == 1 ? 0 : index);
        }
    }

    /// @param scores of the texts, in their order; the better a text, the higher
    public record Answer(String model, List<Double> scores, Usage usage) {
        public Answer {
            scores = List.copyOf(scores);
        }
    }
}
