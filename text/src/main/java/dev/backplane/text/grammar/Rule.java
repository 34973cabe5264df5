package dev.backplane.text.grammar;

import java.util.ArrayList;
import java.util.List;

/// What a part of an answer may be: the one form that expressions, GBNF and schemas are read into.
sealed interface Rule {
    Rule EMPTY = new Sequence(List.of());

    /// One character of a set.
    record Characters(CharSet set) implements Rule {}

    record Sequence(List<Rule> parts) implements Rule {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /// One of these; none of none.
    record Choice(List<Rule> options) implements Rule {
        public Choice {
            options = List.copyOf(options);
        }
    }

    /// @param max -1 for any number
    record Repeat(Rule rule, int min, int max) implements Rule {}

    /// What the name stands for.
    record Reference(String name) implements Rule {}

    static Rule literal(String text) {
        List<Rule> parts = new ArrayList<>();
        text.codePoints().forEach(point -> parts.add(new Characters(CharSet.of(point, point))));
        return new Sequence(parts);
    }

    static Rule sequence(Rule... parts) {
        return new Sequence(List.of(parts));
    }

    static Rule choice(Rule... options) {
        return new Choice(List.of(options));
    }

    static Rule optional(Rule rule) {
        return new Repeat(rule, 0, 1);
    }

    static Rule set(String characters) {
        return new Characters(CharSet.of(characters));
    }

    static Rule range(char from, char to) {
        return new Characters(CharSet.of(from, to));
    }
}
