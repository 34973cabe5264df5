package dev.backplane.engine.embed;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// How the states of a text's tokens become one vector.
public enum Pooling {
    /// All of them, averaged.
    MEAN(1),
    /// The first.
    CLS(2),
    /// The last.
    LAST(3),
    /// The last, which says how well a text answers a question ([Ranker]).
    RANK(4);

    private final int number;

    Pooling(int number) {
        this.number = number;
    }

    /// By the number in a file's `ARCHITECTURE.pooling_type`.
    public static Optional<Pooling> byNumber(long number) {
        return Arrays.stream(values()).filter(value -> value.number == number).findFirst();
    }

    /// By its name in the configuration.
    public static Optional<Pooling> byId(String id) {
        return Arrays.stream(values()).filter(value -> value.id().equals(id)).findFirst();
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
