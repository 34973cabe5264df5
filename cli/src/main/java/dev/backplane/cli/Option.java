package dev.backplane.cli;

import java.util.List;

/// One option of a command, as the command table states it.
///
/// @param letter the short form without its dash, or empty
/// @param value the name of the value in help, in capitals; empty for a flag
/// @param environment the variable that gives the value when the option is absent, or empty
/// @param initial the value when neither is there, or empty for none
/// @param choices the permitted values of a [Type#CHOICE]
record Option(
        String name,
        String letter,
        String value,
        Type type,
        String environment,
        String initial,
        List<String> choices,
        boolean isRepeatable,
        String summary) {
    enum Type {
        FLAG,
        TEXT,
        /// A whole number from 0.
        COUNT,
        /// Any number.
        NUMBER,
        /// `500ms`, `30s`, `5m`, `2h`, `7d`.
        DURATION,
        /// RFC 3339, a date, or a duration before now.
        TIME,
        CHOICE,
        FILE,
        /// `NAME=VALUE`.
        PAIR
    }

    Option {
        choices = List.copyOf(choices);
    }

    static Option flag(String name, String summary) {
        return new Option(name, "", "", Type.FLAG, "", "", List.of(), false, summary);
    }

    static Option of(String name, Type type, String value, String summary) {
        return new Option(name, "", value, type, "", "", List.of(), false, summary);
    }

    static Option choice(String name, List<String> choices, String summary) {
        return new Option(
                name,
                "",
                name.toUpperCase(java.util.Locale.ROOT),
                Type.CHOICE,
                "",
                "",
                choices,
                false,
                summary);
    }

    Option withLetter(String given) {
        return new Option(
                name, given, value, type, environment, initial, choices, isRepeatable, summary);
    }

    Option withEnvironment(String variable) {
        return new Option(
                name, letter, value, type, variable, initial, choices, isRepeatable, summary);
    }

    Option withInitial(String given) {
        return new Option(
                name, letter, value, type, environment, given, choices, isRepeatable, summary);
    }

    Option repeatable() {
        return new Option(name, letter, value, type, environment, initial, choices, true, summary);
    }

    boolean isFlag() {
        return type == Type.FLAG;
    }

    /// `-q, --quiet` or `--limit N`.
    String usage() {
        String dashes = (letter.isEmpty() ? "" : "-" + letter + ", ") + "--" + name;
        return isFlag() ? dashes : dashes + " " + value;
    }
}
