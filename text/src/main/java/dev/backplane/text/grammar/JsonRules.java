package dev.backplane.text.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The rules of JSON (RFC 8259), with bounds on what could go on without end.
final class JsonRules {
    static final String VALUE = "value";

    /// Whole numbers have 18 digits at most, which every reader can hold.
    static final long INTEGER_MAX = 999_999_999_999_999_999L;

    private static final int DIGITS_MAX = 18;
    private static final int INDENT_MAX = 20;

    /// Characters that stand in a string as they are.
    static final CharSet PLAIN =
            CharSet.of(0x20, Character.MAX_CODE_POINT).without(CharSet.of("\"\\"));

    private static final Rule DIGIT = Rule.range('0', '9');
    private static final Rule HEX =
            new Rule.Characters(
                    CharSet.of('0', '9').or(CharSet.of('a', 'f')).or(CharSet.of('A', 'F')));

    /// Nothing, a space, or the end of a line and an indentation.
    static final Rule SPACE =
            Rule.optional(
                    Rule.choice(
                            Rule.literal(" "),
                            Rule.sequence(
                                    Rule.literal("\n"),
                                    new Rule.Repeat(Rule.set(" \t"), 0, INDENT_MAX))));

    static final Rule COMMA = Rule.sequence(Rule.literal(","), SPACE);
    static final Rule COLON = Rule.sequence(Rule.literal(":"), SPACE);

    /// One character of a string: as it is, or an escape of one that is no surrogate by itself. It
    /// stands where it is used and is no rule to call: what tokens may follow within a string then
    /// does not depend on what is around it.
    static final Rule CHARACTER = character();

    private JsonRules() {}

    static void define(Map<String, Rule> rules) {
        rules.put("null", Rule.literal("null"));
        rules.put("boolean", Rule.choice(Rule.literal("true"), Rule.literal("false")));
        rules.put("string", quoted(new Rule.Repeat(CHARACTER, 0, -1)));
        Rule whole =
                Rule.choice(
                        Rule.literal("0"),
                        Rule.sequence(
                                Rule.range('1', '9'), new Rule.Repeat(DIGIT, 0, DIGITS_MAX - 1)));
        Rule integer = Rule.sequence(Rule.optional(Rule.literal("-")), whole);
        rules.put("integer", integer);
        rules.put(
                "number",
                Rule.sequence(
                        integer,
                        Rule.optional(
                                Rule.sequence(
                                        Rule.literal("."), new Rule.Repeat(DIGIT, 1, DIGITS_MAX))),
                        Rule.optional(
                                Rule.sequence(
                                        Rule.set("eE"),
                                        Rule.optional(Rule.set("+-")),
                                        new Rule.Repeat(DIGIT, 1, 2)))));
        Rule value = new Rule.Reference(VALUE);
        Rule pair = Rule.sequence(new Rule.Reference("string"), COLON, value, SPACE);
        rules.put("any object", list("{", pair, "}"));
        rules.put("any array", list("[", Rule.sequence(value, SPACE), "]"));
        List<Rule> kinds = new ArrayList<>();
        for (String kind :
                List.of("any object", "any array", "string", "number", "boolean", "null")) {
            kinds.add(new Rule.Reference(kind));
        }
        rules.put(VALUE, new Rule.Choice(kinds));
    }

    private static Rule list(String begin, Rule item, String end) {
        return Rule.sequence(
                Rule.literal(begin),
                SPACE,
                Rule.optional(
                        Rule.sequence(item, new Rule.Repeat(Rule.sequence(COMMA, item), 0, -1))),
                Rule.literal(end));
    }

    static Rule quoted(Rule inner) {
        return Rule.sequence(Rule.literal("\""), inner, Rule.literal("\""));
    }

    private static Rule character() {
        Rule low =
                Rule.sequence(Rule.literal("\\u"), Rule.set("dD"), Rule.set("cdefCDEF"), HEX, HEX);
        Rule pair = Rule.sequence(Rule.set("dD"), Rule.set("89abAB"), HEX, HEX, low);
        Rule other =
                Rule.choice(
                        Rule.sequence(Rule.set("0123456789abcefABCEF"), HEX, HEX, HEX),
                        Rule.sequence(Rule.set("dD"), Rule.range('0', '7'), HEX, HEX),
                        pair);
        return Rule.choice(
                new Rule.Characters(PLAIN),
                Rule.sequence(
                        Rule.literal("\\"),
                        Rule.choice(
                                Rule.set("\"\\/bfnrt"), Rule.sequence(Rule.literal("u"), other))));
    }

    /// What a rule for a string's value allows, as it is written between quotes: what must be
    /// escaped is, everything else stands as it is.
    static Rule written(Rule rule) {
        return switch (rule) {
            case Rule.Characters(CharSet set) -> {
                List<Rule> options = new ArrayList<>();
                CharSet plain = set.and(PLAIN);
                if (!plain.isEmpty()) {
                    options.add(new Rule.Characters(plain));
                }
                for (int point = 0; point < 0x20; point++) {
                    if (set.contains(point)) {
                        options.add(Rule.literal(escape(point)));
                    }
                }
                for (int point : new int[] {'"', '\\'}) {
                    if (set.contains(point)) {
                        options.add(Rule.literal("\\" + (char) point));
                    }
                }
                yield options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
            }
            case Rule.Sequence(List<Rule> parts) ->
                    new Rule.Sequence(parts.stream().map(JsonRules::written).toList());
            case Rule.Choice(List<Rule> options) ->
                    new Rule.Choice(options.stream().map(JsonRules::written).toList());
            case Rule.Repeat(Rule repeated, int min, int max) ->
                    new Rule.Repeat(written(repeated), min, max);
            case Rule.Reference reference -> reference;
        };
    }

    private static String escape(int point) {
        return switch (point) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            default -> "\\u%04x".formatted(point);
        };
    }

    /// The whole numbers from `low` to `high`, both at most [#INTEGER_MAX] from zero.
    static Rule integer(long low, long high) {
        List<Rule> options = new ArrayList<>();
        if (low < 0) {
            long least = Math.max(1, -Math.min(high, -1));
            options.add(Rule.sequence(Rule.literal("-"), digits(least, -low)));
        }
        if (high >= 0) {
            options.add(digits(Math.max(0, low), high));
        }
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    private static Rule digits(long low, long high) {
        List<Rule> options = new ArrayList<>();
        long smallest = 0;
        long largest = 9;
        for (int length = 1; length <= DIGITS_MAX; length++) {
            long from = Math.max(low, smallest);
            long to = Math.min(high, largest);
            if (from <= to) {
                options.add(between(String.valueOf(from), String.valueOf(to)));
            }
            smallest = largest + 1;
            largest = 10 * largest + 9;
        }
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    /// Digits from one text to another of the same length.
    private static Rule between(String low, String high) {
        if (low.isEmpty()) {
            return Rule.EMPTY;
        }
        char first = low.charAt(0);
        char last = high.charAt(0);
        String lowRest = low.substring(1);
        String highRest = high.substring(1);
        if (first == last) {
            return Rule.sequence(Rule.range(first, first), between(lowRest, highRest));
        }
        int rest = lowRest.length();
        Rule any = new Rule.Repeat(DIGIT, rest, rest);
        // First digits behind which all others may stand.
        char from = lowRest.equals("0".repeat(rest)) ? first : (char) (first + 1);
        char to = highRest.equals("9".repeat(rest)) ? last : (char) (last - 1);
        List<Rule> options = new ArrayList<>();
        if (from > first) {
            Rule above = between(lowRest, "9".repeat(rest));
            options.add(Rule.sequence(Rule.range(first, first), above));
        }
        if (from <= to) {
            options.add(Rule.sequence(Rule.range(from, to), any));
        }
        if (to < last) {
            Rule below = between("0".repeat(rest), highRest);
            options.add(Rule.sequence(Rule.range(last, last), below));
        }
        return new Rule.Choice(options);
    }
}
