package dev.backplane.text.grammar;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads GBNF, llama.cpp's form of EBNF.
///
/// ```
/// root  ::= "yes" | "no" reason?            # a rule each line; alternatives, sequences
/// reason ::= ": " [^\n]{1,80} ("!" | ".")*  # classes, groups, repetitions
/// ```
///
/// A rule goes on over the end of a line within parentheses and after `::=` and `|`. Escapes are
/// those of C, with two, four or eight hexadecimal digits after `x`, `u` and `U`; `.` is any
/// character. Source: llama.cpp (grammars/README.md).
final class GbnfParser {
    static final int LENGTH_MAX = 1 << 20;
    private static final int REPEAT_MAX = 100_000;
    private static final int DEPTH_MAX = 200;

    private final String source;
    private final String where;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private int at;
    private int depth;

    GbnfParser(String source, String where) {
        this.source = source;
        this.where = where;
        if (source.length() > LENGTH_MAX) {
            throw Problem.tooLarge("a grammar of %,d characters".formatted(source.length()), where)
                    .fix("at most %,d are accepted".formatted(LENGTH_MAX));
        }
    }

    Map<String, Rule> run() {
        space(true);
        while (at < source.length()) {
            String name = name();
            space(false);
            if (!source.startsWith("::=", at)) {
                throw refused("expected '::='");
            }
            at += 3;
            space(true);
            if (rules.put(name, alternatives()) != null) {
                throw refused("a second rule '" + name + "'");
            }
            if (at < source.length() && source.charAt(at) != '\n' && source.charAt(at) != '\r') {
                throw refused("expected the end of the rule");
            }
            space(true);
        }
        return rules;
    }

    private Problem refused(String what) {
        int line = 1;
        int start = 0;
        for (int i = 0; i < Math.min(at, source.length()); i++) {
            if (source.charAt(i) == '\n') {
                line++;
                start = i + 1;
            }
        }
        return Problem.invalid(
                        what, "%s, line %d, column %d".formatted(where, line, at - start + 1))
                .fix("write GBNF: name ::= alternatives");
    }

    /// Steps over spaces and comments, and over lines if told so.
    private void space(boolean lines) {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '#') {
                while (at < source.length() && source.charAt(at) != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '_';
    }

    private String name() {
        int from = at;
        while (at < source.length() && isNameCharacter(source.charAt(at))) {
            at++;
        }
        if (from == at) {
            throw refused("expected a name");
        }
        return source.substring(from, at);
    }

    private Rule alternatives() {
        if (++depth > DEPTH_MAX) {
            throw refused("groups nested more than %d deep".formatted(DEPTH_MAX));
        }
        List<Rule> options = new ArrayList<>();
        options.add(sequence());
        while (at < source.length() && source.charAt(at) == '|') {
            at++;
            space(true);
            options.add(sequence());
        }
        depth--;
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    private Rule sequence() {
        List<Rule> parts = new ArrayList<>();
        while (at < source.length()) {
            char c = source.charAt(at);
            Rule part;
            if (c == '"') {
                part = literal();
            } else if (c == '[') {
                part = characters();
            } else if (c == '.') {
                at++;
                part = new Rule.Characters(CharSet.ALL);
            } else if (c == '(') {
                at++;
                space(true);
                part = alternatives();
                space(true);
                if (at >= source.length() || source.charAt(at) != ')') {
                    throw refused("expected ')'");
                }
                at++;
            } else if (isNameCharacter(c)) {
                part = new Rule.Reference(name());
            } else {
                break;
            }
            parts.add(repeated(part));
            space(depth > 1);
        }
        return parts.size() == 1 ? parts.getFirst() : new Rule.Sequence(parts);
    }

    private Rule repeated(Rule part) {
        Rule result = part;
        while (at < source.length()) {
            switch (source.charAt(at)) {
                case '*' -> result = new Rule.Repeat(result, 0, -1);
                case '+' -> result = new Rule.Repeat(result, 1, -1);
                case '?' -> result = Rule.optional(result);
                case '{' -> {
                    at++;
                    int min = number();
                    int max = min;
                    space(false);
                    if (at < source.length() && source.charAt(at) == ',') {
                        at++;
                        space(false);
                        boolean open = at < source.length() && source.charAt(at) == '}';
                        max = open ? -1 : number();
                    }
                    space(false);
                    if (at >= source.length()
                            || source.charAt(at) != '}'
                            || max >= 0 && max < min) {
                        throw refused("a repetition that cannot be read");
                    }
                    result = new Rule.Repeat(result, min, max);
                }
                default -> {
                    return result;
                }
            }
            at++;
        }
        return result;
    }

    private int number() {
        int from = at;
        while (at < source.length() && Character.isDigit(source.charAt(at)) && at < from + 6) {
            at++;
        }
        String digits = source.substring(from, at);
        if (!digits.matches("[0-9]{1,6}") || Integer.parseInt(digits) > REPEAT_MAX) {
            throw refused("expected a number of at most %,d".formatted(REPEAT_MAX));
        }
        return Integer.parseInt(digits);
    }

    private Rule literal() {
        at++;
        List<Rule> parts = new ArrayList<>();
        while (at < source.length() && source.charAt(at) != '"') {
            int point = character();
            parts.add(new Rule.Characters(CharSet.of(point, point)));
        }
        if (at >= source.length()) {
            throw refused("a text that does not end");
        }
        at++;
        return new Rule.Sequence(parts);
    }

    private Rule characters() {
        at++;
        boolean negated = at < source.length() && source.charAt(at) == '^';
        at += negated ? 1 : 0;
        CharSet set = new CharSet(List.of());
        while (at < source.length() && source.charAt(at) != ']') {
            int from = character();
            int to = from;
            boolean range =
                    at + 1 < source.length()
                            && source.charAt(at) == '-'
                            && source.charAt(at + 1) != ']';
            if (range) {
                at++;
                to = character();
            }
            if (to < from) {
                throw refused("a range that runs backwards");
            }
            set = set.or(CharSet.of(from, to));
        }
        if (at >= source.length()) {
            throw refused("a class that does not end");
        }
        at++;
        set = negated ? set.not() : set;
        if (set.isEmpty()) {
            throw refused("a class without characters");
        }
        return new Rule.Characters(set);
    }

    private int character() {
        int point = source.codePointAt(at);
        at += Character.charCount(point);
        if (point != '\\') {
            return checked(point);
        }
        if (at >= source.length()) {
            throw refused("an escape that does not end");
        }
        char c = source.charAt(at++);
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case '\\', '"', '[', ']', '-', '^', '/', '.' -> c;
            default -> throw refused("an unknown escape");
        };
    }

    private int hex(int digits) {
        String text = source.substring(at, Math.min(source.length(), at + digits));
        if (!text.matches("[0-9a-fA-F]{" + digits + "}")
                || Long.parseLong(text, 16) > Character.MAX_CODE_POINT) {
            throw refused("an escape without its digits");
        }
        at += digits;
        return checked(Integer.parseInt(text, 16));
    }

    private int checked(int point) {
        if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
            throw refused("a lone surrogate");
        }
        return point;
    }
}
