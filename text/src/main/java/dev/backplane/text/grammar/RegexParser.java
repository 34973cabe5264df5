package dev.backplane.text.grammar;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.List;

/// Reads regular expressions as JSON Schema and most languages write them: literals, classes with
/// `\d \w \s` and their opposites, groups, alternatives, repetitions, `^` and `$` at the ends.
///
/// A class stands for what all of these languages take it for, so that what is written by it
/// matches everywhere: `\d` are the digits of ASCII, while `\D` leaves out the digits of every
/// script. What a machine cannot do in one pass is refused: look-around, references to groups.
final class RegexParser {
    private static final int LENGTH_MAX = 50_000;
    private static final int DEPTH_MAX = 200;
    private static final int REPEAT_MAX = 100_000;

    private static final CharSet DIGITS = CharSet.of('0', '9');
    private static final CharSet WORD =
            DIGITS.or(CharSet.of('a', 'z')).or(CharSet.of('A', 'Z')).or(CharSet.of("_"));
    private static final CharSet SPACE = CharSet.of(" \t\n\r\f\u000B");

    /// The complements are made once: they ask about every character.
    private static final class Opposites {
        static final CharSet DIGITS = CharSet.of(point -> !Character.isDigit(point));
        static final CharSet WORD =
                CharSet.of(point ->
                        !Character.isLetterOrDigit(point)
                                && !Character.isAlphabetic(point)
                                && point != '_'
                                && Character.getType(point) != Character.LETTER_NUMBER
                                && Character.getType(point) != Character.OTHER_NUMBER
                                && Character.getType(point) != Character.NON_SPACING_MARK
                                && Character.getType(point) != Character.CONNECTOR_PUNCTUATION);
        static final CharSet SPACE =
                CharSet.of(point ->
                        !Character.isWhitespace(point)
                                && !Character.isSpaceChar(point)
                                && point != 0x85
                                && point != 0xFEFF);
    }

    private final String source;
    private final String where;
    private int at;
    private int depth;
    private boolean toEnd;

    RegexParser(String source, String where) {
        this.source = source;
        this.where = where;
        if (source.length() > LENGTH_MAX) {
            throw Problem.tooLarge("a regular expression that is too long", where)
                    .fix("at most %,d characters are accepted".formatted(LENGTH_MAX));
        }
    }

    /// What the expression matches from beginning to end.
    Rule whole() {
        List<Rule> options = new ArrayList<>();
        do {
            options.add(anchored(Rule.EMPTY));
        } while (skip('|'));
        return finish(options);
    }

    /// What holds a match of the expression somewhere.
    ///
    /// @param any any number of any characters
    Rule somewhere(Rule any) {
        List<Rule> options = new ArrayList<>();
        do {
            options.add(anchored(any));
        } while (skip('|'));
        return finish(options);
    }

    private Rule finish(List<Rule> options) {
        if (at < source.length()) {
            throw refused("unexpected '" + source.charAt(at) + "'");
        }
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    /// @param any what may stand before and behind, where no anchor is
    private Rule anchored(Rule any) {
        boolean fromStart = skip('^');
        toEnd = false;
        Rule rule = sequence(true);
        return Rule.sequence(fromStart ? Rule.EMPTY : any, rule, toEnd ? Rule.EMPTY : any);
    }

    private Problem refused(String what) {
        return Problem.invalid(what, "%s, character %d".formatted(where, at + 1))
                .fix("use literals, classes, groups, alternatives and repetitions");
    }

    private boolean skip(char c) {
        if (at < source.length() && source.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private Rule alternatives() {
        if (++depth > DEPTH_MAX) {
            throw refused("groups nested more than %d deep".formatted(DEPTH_MAX));
        }
        List<Rule> options = new ArrayList<>();
        do {
            options.add(sequence(false));
        } while (skip('|'));
        depth--;
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    private Rule sequence(boolean top) {
        List<Rule> parts = new ArrayList<>();
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '|' || c == ')') {
                break;
            }
            if (c == '$' && top) {
                at++;
                toEnd = true;
                if (at < source.length() && source.charAt(at) != '|') {
                    throw refused("'$' before the end");
                }
                break;
            }
            parts.add(repeated(atom()));
        }
        return parts.size() == 1 ? parts.getFirst() : new Rule.Sequence(parts);
    }

    private Rule atom() {
        char c = source.charAt(at);
        switch (c) {
            case '(' -> {
                at++;
                if (skip('?') && !skip(':')) {
                    boolean named = skip('P') | skip('<');
                    int end = source.indexOf('>', at);
                    boolean name =
                            named
                                    && end > at
                                    && source.substring(at, end).matches("<?[A-Za-z]\\w{0,60}");
                    if (!name) {
                        throw refused("a group of another kind");
                    }
                    at = end + 1;
                }
                Rule inner = alternatives();
                if (!skip(')')) {
                    throw refused("expected ')'");
                }
                return inner;
            }
            case '[' -> {
                return new Rule.Characters(characters());
            }
            case '.' -> {
                at++;
                return new Rule.Characters(CharSet.of("\n\r\u2028\u2029").not());
            }
            case '\\' -> {
                return new Rule.Characters(escape());
            }
            case '^', '$' -> throw refused("'" + c + "' in the middle");
            case '*', '+', '?' -> throw refused("nothing to repeat");
            default -> {
                int point = source.codePointAt(at);
                at += Character.charCount(point);
                CharSet set = CharSet.of(point, point);
                if (set.isEmpty()) {
                    throw refused("a lone surrogate");
                }
                return new Rule.Characters(set);
            }
        }
    }

    private Rule repeated(Rule part) {
        Rule result = part;
        boolean again = true;
        for (int count = 0; again; count++) {
            int from = at;
            if (skip('*')) {
                result = new Rule.Repeat(result, 0, -1);
            } else if (skip('+')) {
                result = new Rule.Repeat(result, 1, -1);
            } else if (skip('?')) {
                // Behind a repetition it says in which order to look, which does not matter.
                result = count == 0 ? Rule.optional(result) : result;
            } else if (at < source.length() && source.charAt(at) == '{') {
                result = interval(result);
            }
            again = at > from && count < 1;
        }
        return result;
    }

    private Rule interval(Rule part) {
        int end = source.indexOf('}', at);
        String text = end < 0 ? "" : source.substring(at + 1, end);
        if (!text.matches("[0-9]{1,6}(,[0-9]{0,6})?")) {
            throw refused("a repetition that cannot be read");
        }
        String[] bounds = text.split(",", -1);
        int min = Integer.parseInt(bounds[0]);
        int max = bounds.length == 1 ? min : bounds[1].isEmpty() ? -1 : Integer.parseInt(bounds[1]);
        if (min > REPEAT_MAX || max > REPEAT_MAX || max >= 0 && max < min) {
            throw refused("a repetition out of range");
        }
        at = end + 1;
        return new Rule.Repeat(part, min, max);
    }

    private CharSet characters() {
        at++;
        boolean negated = skip('^');
        CharSet set = new CharSet(List.of());
        while (at < source.length() && source.charAt(at) != ']') {
            if (source.startsWith("[:", at) || source.startsWith("&&", at)) {
                throw refused("a class of another kind");
            }
            CharSet low = classCharacter();
            boolean range =
                    at + 1 < source.length()
                            && source.charAt(at) == '-'
                            && source.charAt(at + 1) != ']'
                            && isSingle(low);
            if (range) {
                at++;
                CharSet high = classCharacter();
                int from = low.ranges().getFirst().from();
                if (!isSingle(high) || high.ranges().getFirst().from() < from) {
                    throw refused("a range that runs backwards");
                }
                low = CharSet.of(from, high.ranges().getFirst().from());
            }
            set = set.or(low);
        }
        if (!skip(']')) {
            throw refused("a class that does not end");
        }
        set = negated ? set.not() : set;
        if (set.isEmpty()) {
            throw refused("a class without characters");
        }
        return set;
    }

    private static boolean isSingle(CharSet set) {
        return set.ranges().size() == 1
                && set.ranges().getFirst().from() == set.ranges().getFirst().to();
    }

    private CharSet classCharacter() {
        if (source.charAt(at) == '\\') {
            return escape();
        }
        int point = source.codePointAt(at);
        at += Character.charCount(point);
        CharSet set = CharSet.of(point, point);
        if (set.isEmpty()) {
            throw refused("a lone surrogate");
        }
        return set;
    }

    private CharSet escape() {
        at++;
        if (at >= source.length()) {
            throw refused("an escape that does not end");
        }
        char c = source.charAt(at++);
        return switch (c) {
            case 'd' -> DIGITS;
            case 'w' -> WORD;
            case 's' -> SPACE;
            case 'D' -> Opposites.DIGITS;
            case 'W' -> Opposites.WORD;
            case 'S' -> Opposites.SPACE;
            case 'n' -> CharSet.of("\n");
            case 'r' -> CharSet.of("\r");
            case 't' -> CharSet.of("\t");
            case 'f' -> CharSet.of("\f");
            case 'v' -> CharSet.of("\u000B");
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw refused("the escape '\\" + c + "'");
                }
                yield CharSet.of(c, c);
            }
        };
    }

    private CharSet hex(int digits) {
        String text = source.substring(at, Math.min(source.length(), at + digits));
        if (!text.matches("[0-9a-fA-F]{" + digits + "}")) {
            throw refused("an escape without its digits");
        }
        at += digits;
        int point = Integer.parseInt(text, 16);
        CharSet set = CharSet.of(point, point);
        if (set.isEmpty()) {
            throw refused("a lone surrogate");
        }
        return set;
    }
}
