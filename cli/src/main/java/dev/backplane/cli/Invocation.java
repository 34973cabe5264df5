package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A checked command line: the command, its arguments and its options with the environment's and
/// the table's values filled in. Asking for an option that the table does not give the command is a
/// defect and throws.
record Invocation(
        Command command, Format format, List<String> arguments, Map<String, List<String>> options) {

    Invocation {
        arguments = List.copyOf(arguments);
        options = Map.copyOf(options);
    }

    String argument(int index) {
        return arguments.get(index);
    }

    Optional<String> optionalArgument(int index) {
        return index < arguments.size() ? Optional.of(arguments.get(index)) : Optional.empty();
    }

    boolean has(String option) {
        return !values(option).isEmpty();
    }

    /// The value, or the empty string when there is none.
    String text(String option) {
        List<String> values = values(option);
        return values.isEmpty() ? "" : values.getLast();
    }

    List<String> values(String option) {
        if (!CommandTable.optionsOf(command).containsKey(option)) {
            throw new IllegalStateException(command.path() + " has no option --" + option);
        }
        return options.getOrDefault(option, List.of());
    }

    /// The number, which the parser has checked; the option must have an initial value.
    long count(String option) {
        return Long.parseLong(text(option));
    }

    /// As [#count], but refuses what does not fit an `int`.
    int smallCount(String option) {
        long count = count(option);
        if (count > Integer.MAX_VALUE) {
            throw Failure.usage("--%s does not take %d".formatted(option, count))
                    .hint("give at most " + Integer.MAX_VALUE);
        }
        return (int) count;
    }

    double number(String option) {
        return Double.parseDouble(text(option));
    }

    Duration duration(String option) {
        return Units.parseDuration(text(option))
                .orElseThrow(() -> new IllegalStateException("unchecked --" + option));
    }

    /// A point in time as RFC 3339, or the empty string.
    String time(String option, Clock clock) {
        String given = text(option);
        if (given.isEmpty()) {
            return "";
        }
        Optional<Duration> ago = Units.parseDuration(given);
        if (ago.isPresent()) {
            return clock.instant().minus(ago.get()).toString();
        }
        return Units.parseTime(given)
                .map(Instant::toString)
                .orElseThrow(() -> new IllegalStateException("unchecked --" + option));
    }

    /// The parts of each `NAME=VALUE`.
    List<Map.Entry<String, String>> pairs(String option) {
        return values(option).stream()
                .map(pair -> {
                    int equals = pair.indexOf('=');
                    return Map.entry(pair.substring(0, equals), pair.substring(equals + 1));
                })
                .toList();
    }

    /// The repair of a value that does not fit its type, or empty when it fits.
    static Optional<String> misfit(Option option, String value) {
        return switch (option.type()) {
            case FLAG, TEXT, FILE -> Optional.empty();
            case COUNT ->
                    isCount(value)
                            ? Optional.empty()
                            : Optional.of("a whole number from 0, such as 10");
            case NUMBER ->
                    isNumber(value) ? Optional.empty() : Optional.of("a number, such as 0.5");
            case DURATION ->
                    Units.parseDuration(value).isPresent()
                            ? Optional.empty()
                            : Optional.of("a duration such as 500ms, 30s, 5m, 2h or 7d");
            case TIME ->
                    Units.parseDuration(value).isPresent() || Units.parseTime(value).isPresent()
                            ? Optional.empty()
                            : Optional.of(
                                    "a time such as 2026-11-24T08:00:00Z, a date, or how long ago,"
                                            + " such as 2h");
            case CHOICE ->
                    option.choices().contains(value)
                            ? Optional.empty()
                            : Optional.of("one of " + String.join(", ", option.choices()));
            case PAIR -> value.indexOf('=') > 0 ? Optional.empty() : Optional.of("NAME=VALUE");
        };
    }

    private static boolean isNumber(String value) {
        try {
            return Double.isFinite(Double.parseDouble(value));
        } catch (NumberFormatException _) {
            return false;
        }
    }

    private static boolean isCount(String value) {
        return !value.isEmpty()
                && value.length() <= 18
                && value.chars().allMatch(letter -> letter >= '0' && letter <= '9');
    }

    /// The misfit of a value given on the command line or by a variable.
    static Failure failure(Option option, String value, String repair, boolean isVariable) {
        String name = isVariable ? option.environment() : "--" + option.name();
        String shown = value.length() <= 80 ? value : value.substring(0, 80) + "…";
        String error = "%s does not take '%s'".formatted(name, shown);
        Problem.Kind kind = isVariable ? Problem.Kind.CONFIG : Problem.Kind.INVALID;
        Failure failure = Failure.of(kind, error, error).hint("give " + repair);
        return Suggestion.closest(value, option.choices())
                .map(word -> failure.hint("give " + repair + "; did you mean '" + word + "'?"))
                .orElse(failure);
    }
}
