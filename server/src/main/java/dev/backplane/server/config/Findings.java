package dev.backplane.server.config;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What is wrong with a configuration, all of it, and what is doubtful: it can be used, but hardly
/// as it was meant.
final class Findings {
    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();

    /// What the part says, or empty for one that is wrong, which is noted.
    <T> Optional<T> read(Supplier<T> part) {
        try {
            return Optional.of(part.get());
        } catch (Problem problem) {
            errors.add(problem);
            return Optional.empty();
        }
    }

    /// The same with what is to stand for one that is wrong.
    <T> T read(Supplier<T> part, T otherwise) {
        return read(part).orElse(otherwise);
    }

    void error(Problem problem) {
        errors.add(problem);
    }

    void doubt(Problem problem) {
        warnings.add(problem);
    }

    List<Problem> errors() {
        return List.copyOf(errors);
    }

    List<Problem> warnings() {
        return List.copyOf(warnings);
    }
}
