package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// A regular expression of a tokenizer, run by the JDK with the meaning that it has in Oniguruma,
/// the engine of Hugging Face's `tokenizers`.
///
/// Both are backtracking engines with the same order of alternatives. What differs is translated:
///
/// | Oniguruma (Ruby syntax) | here |
/// |---|---|
/// | `\s` `\d` by Unicode | flag UNICODE_CHARACTER_CLASS |
/// | `\w` `\b` by Unicode, with `²³¹¼½¾` and without joiners | a class, two lookarounds |
/// | `^` `$` at every line; `.` all but `\n`; only `\n` ends a line | flags MULTILINE, UNIX_LINES |
/// | `\h` a hexadecimal digit | `[0-9a-fA-F]` |
/// | `\p{Han}`, `\p{^L}`, `[:alpha:]` | `\p{IsHan}`, `\P{L}`, `\p{IsAlphabetic}` |
/// | `{n,m}+` a repeated repeat, not a possessive one | `(?:…{n,m})+` |
///
/// The work is bounded: an expression that looks at a text's characters more than [#LOOKS_MAX]
/// times each is refused, and so is one that nests too deep for the stack. Immutable.
final class SplitPattern {
    /// No expression in the field comes near: those of the large families need below ten.
    static final int LOOKS_MAX = 2_000;

    private static final int EXPRESSION_LENGTH_MAX = 20_000;

    private static final String WORD =
            "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private final Pattern pattern;

    /// The text that the pattern matches, if that is all it matches; else empty.
    private final String literal;

    private final String where;

    private SplitPattern(Pattern pattern, String literal, String where) {
        this.pattern = pattern;
        this.literal = literal;
        this.where = where;
    }

    /// An expression in Oniguruma's syntax.
    static SplitPattern expression(String expression, String where) {
        return compile(expression, true, where);
    }

    /// Words and runs of other characters that are no space, where `tokenizers` uses another
    /// engine, in which joiners belong to words.
    static SplitPattern words() {
        return compile("\\w+|[^\\w\\s]+", false, "Whitespace");
    }

    private static SplitPattern compile(String expression, boolean translated, String where) {
        if (expression.length() > EXPRESSION_LENGTH_MAX) {
            throw Problem.tooLarge("a regular expression that is too long", where)
                    .fix("at most %,d characters are accepted".formatted(EXPRESSION_LENGTH_MAX));
        }
        try {
            int flags = Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE | Pattern.UNIX_LINES;
            String java = translated ? new Translation(expression).run() : expression;
            return new SplitPattern(Pattern.compile(java, flags), "", where);
        } catch (PatternSyntaxException e) {
            throw Problem.invalid(
                            "a regular expression that cannot be read: " + e.getDescription(),
                            where)
                    .fix("use Oniguruma's syntax without back references to names");
        } catch (StackOverflowError e) {
            throw tooDeep(where);
        }
    }

    /// These characters and nothing else.
    static SplitPattern literal(String text, String where) {
        return new SplitPattern(Pattern.compile(Pattern.quote(text)), text, where);
    }

    private static Problem tooDeep(String where) {
        return Problem.invalid("a regular expression that nests too deep", where)
                .fix("write repeated groups as character classes");
    }

    /// Each match in order; `found` may ask for nothing but its bounds.
    void forEach(String text, Consumer<Matcher> found) {
        try {
            Matcher matcher = pattern.matcher(new Counted(text, new long[] {budget(text)}, where));
            while (matcher.find()) {
                found.accept(matcher);
            }
        } catch (StackOverflowError e) {
            throw tooDeep(where);
        }
    }

    /// @param replacement taken as it is
    String replaceAll(String text, String replacement) {
        if (!literal.isEmpty()) {
            return text.replace(literal, replacement);
        }
        try {
            return pattern.matcher(new Counted(text, new long[] {budget(text)}, where))
                    .replaceAll(Matcher.quoteReplacement(replacement));
        } catch (StackOverflowError e) {
            throw tooDeep(where);
        }
    }

    private static long budget(String text) {
        return (text.length() + 100L) * LOOKS_MAX;
    }

    /// Text that can be looked at so many times.
    private record Counted(String text, long[] left, String where) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (--left[0] < 0) {
                throw Problem.invalid("a regular expression that takes too long", where)
                        .fix("avoid repeats within repeats");
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int from, int to) {
            return text.substring(from, to);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// Rewrites an expression, keeping in mind where the last atom began.
    private static final class Translation {
        private final String source;
        private final StringBuilder out = new StringBuilder();
        private int at;
        private int atom;

        Translation(String source) {
            this.source = source;
        }

        String run() {
            java.util.ArrayDeque<Integer> groups = new java.util.ArrayDeque<>();
            while (at < source.length()) {
                char c = source.charAt(at);
                switch (c) {
                    case '\\' -> {
                        atom = out.length();
                        escape(false);
                    }
                    case '[' -> {
                        atom = out.length();
                        characterClass();
                    }
                    case '(' -> {
                        groups.push(out.length());
                        copy(1);
                    }
                    case ')' -> {
                        atom = groups.isEmpty() ? out.length() : groups.pop();
                        copy(1);
                    }
                    case '{' -> interval();
                    case '*', '+', '?', '|' -> copy(1);
                    default -> {
                        atom = out.length();
                        copy(Character.charCount(source.codePointAt(at)));
                    }
                }
            }
            return out.toString();
        }

        private void copy(int length) {
            out.append(source, at, at + length);
            at += length;
        }

        private void interval() {
            int end = source.indexOf('}', at);
            copy(end < 0 ? 1 : end + 1 - at);
            if (end >= 0 && at < source.length() && source.charAt(at) == '+') {
                out.insert(atom, "(?:").append(')');
                copy(1);
            }
        }

        private void escape(boolean inClass) {
            String rest = source.substring(at, Math.min(source.length(), at + 40));
            if (rest.startsWith("\\h")) {
                out.append(inClass ? "0-9a-fA-F" : "[0-9a-fA-F]");
                at += 2;
            } else if (rest.startsWith("\\w")) {
                out.append(inClass ? WORD : "[" + WORD + "]");
                at += 2;
            } else if (rest.startsWith("\\W")) {
                out.append("[^").append(WORD).append(']');
                at += 2;
            } else if (rest.startsWith("\\b") && !inClass) {
                out.append("(?:(?<=[W])(?![W])|(?<![W])(?=[W]))".replace("W", WORD));
                at += 2;
            } else if (rest.matches("(?s)\\\\[pP]\\{\\^?[A-Za-z_]{3,30}\\}.*")
                    || rest.matches("(?s)\\\\[pP]\\{\\^.*")) {
                int end = source.indexOf('}', at);
                String name = source.substring(at + 3, end < 0 ? source.length() : end);
                boolean negated = name.startsWith("^") != (source.charAt(at + 1) == 'P');
                out.append(negated ? "\\P{" : "\\p{").append(property(name.replace("^", "")));
                out.append('}');
                at = end < 0 ? source.length() : end + 1;
            } else {
                copy(Math.min(2, source.length() - at));
            }
        }

        private static String property(String name) {
            if (name.length() < 3) {
                return name;
            }
            return switch (name.toLowerCase(java.util.Locale.ROOT)) {
                case "letter" -> "L";
                case "number" -> "N";
                case "punctuation", "punct" -> "P";
                case "symbol" -> "S";
                case "mark" -> "M";
                case "alpha", "alphabetic" -> "IsAlphabetic";
                case "space", "white_space" -> "IsWhite_Space";
                case "digit" -> "Nd";
                case "upper", "uppercase" -> "IsUppercase";
                case "lower", "lowercase" -> "IsLowercase";
                default -> name.startsWith("Is") || name.startsWith("In") ? name : "Is" + name;
            };
        }

        private void characterClass() {
            copy(1);
            int depth = 1;
            boolean first = true;
            while (at < source.length() && depth > 0) {
                char c = source.charAt(at);
                if (source.startsWith("[:", at) && source.indexOf(":]", at) > 0) {
                    int end = source.indexOf(":]", at);
                    String name = source.substring(at + 2, end);
                    out.append(name.startsWith("^") ? "\\P{" : "\\p{");
                    out.append(property(name.replace("^", ""))).append('}');
                    at = end + 2;
                } else if (c == '\\') {
                    escape(true);
                } else if (c == '[') {
                    depth++;
                    copy(1);
                } else if (c == ']' && !first) {
                    depth--;
                    copy(1);
                } else if (c == '^' && first) {
                    copy(1);
                    continue;
                } else {
                    copy(Character.charCount(source.codePointAt(at)));
                }
                first = c == '[' && depth > 1;
            }
        }
    }
}
