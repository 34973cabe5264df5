package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Str;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/// What Python does with strings, on text that remembers its marks. Places and lengths are in code
/// points, as in Python.
final class Texts {
    private Texts() {}

    /// `str.isspace` of a character.
    static boolean isSpace(int point) {
        return switch (point) {
            case ' ', '\t', '\n', 0x0B, '\f', '\r', 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0 -> true;
            default ->
                    point > 0xFF
                            && switch (Character.getType(point)) {
                                case Character.SPACE_SEPARATOR,
                                        Character.LINE_SEPARATOR,
                                        Character.PARAGRAPH_SEPARATOR ->
                                        true;
                                default -> false;
                            };
        };
    }

    /// By code points, not by UTF-16 units.
    static int compare(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char left = a.charAt(i);
            char right = b.charAt(i);
            if (left != right) {
                boolean bothOrNone = Character.isSurrogate(left) == Character.isSurrogate(right);
                return bothOrNone
                        ? Character.compare(left, right)
                        : Character.isSurrogate(left) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static List<Value> characters(MarkedText text) {
        List<Value> characters = new ArrayList<>(text.length());
        int at = 0;
        while (at < text.length()) {
            int end = at + Character.charCount(text.text().codePointAt(at));
            characters.add(new Str(text.substring(at, end)));
            at = end;
        }
        return characters;
    }

    static MarkedText slice(MarkedText text, int from, int to) {
        int start = text.text().offsetByCodePoints(0, from);
        return text.substring(start, text.text().offsetByCodePoints(start, to - from));
    }

    /// Strings one after the other.
    static MarkedText join(List<Value> strings) {
        MarkedText.Builder builder = new MarkedText.Builder();
        strings.forEach(value -> builder.append(((Str) value).text()));
        return builder.build();
    }

    /// Each character written as the function says; null-free: it may say the same.
    static MarkedText mapCharacters(MarkedText text, IntFunction<String> written) {
        MarkedText.Builder builder = new MarkedText.Builder();
        appendMapped(builder, text, written);
        return builder.build();
    }

    static void appendMapped(
            MarkedText.Builder builder, MarkedText text, IntFunction<String> written) {
        mapRuns(
                builder,
                text,
                run -> {
                    StringBuilder result = new StringBuilder(run.length());
                    run.codePoints().forEach(point -> result.append(written.apply(point)));
                    return result.toString();
                });
    }

    private static void mapRuns(
            MarkedText.Builder builder, MarkedText text, UnaryOperator<String> written) {
        for (int from = 0; from < text.length(); from = text.runEnd(from)) {
            int to = text.runEnd(from);
            builder.append(
                    written.apply(text.text().substring(from, to)), text.isTrusted(from, to));
        }
    }

    /// Every run of equal trust rewritten by itself.
    static MarkedText mapRuns(MarkedText text, UnaryOperator<String> written) {
        MarkedText.Builder builder = new MarkedText.Builder();
        mapRuns(builder, text, written);
        return builder.build();
    }

    static MarkedText strip(MarkedText text, IntPredicate stripped, boolean left, boolean right) {
        String plain = text.text();
        int from = 0;
        int to = plain.length();
        while (left && from < to && stripped.test(plain.codePointAt(from))) {
            from += Character.charCount(plain.codePointAt(from));
        }
        while (right && to > from && stripped.test(plain.codePointBefore(to))) {
            to -= Character.charCount(plain.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    static MarkedText replace(MarkedText text, String old, MarkedText with, int most) {
        MarkedText.Builder builder = new MarkedText.Builder();
        String plain = text.text();
        int done = 0;
        int count = 0;
        int at = plain.indexOf(old);
        while (at >= 0 && (most < 0 || count < most)) {
            builder.append(text, done, at).append(with);
            count++;
            done = at + old.length();
            if (old.isEmpty()) {
                // An empty text is found before every character and at the end.
                if (at == plain.length()) {
                    break;
                }
                int next = plain.offsetByCodePoints(at, 1);
                builder.append(text, at, next);
                done = next;
                at = next;
            } else {
                at = plain.indexOf(old, done);
            }
        }
        return builder.append(text, Math.min(done, plain.length()), plain.length()).build();
    }

    /// `str.split` by white space: no empty parts.
    static List<Value> splitAtSpace(MarkedText text, int most, boolean fromRight) {
        List<Value> parts = new ArrayList<>();
        String plain = text.text();
        if (fromRight) {
            int end = plain.length();
            while (true) {
                while (end > 0 && isSpace(plain.charAt(end - 1))) {
                    end--;
                }
                if (end == 0) {
                    return parts;
                }
                int from = end;
                while (from > 0 && !isSpace(plain.charAt(from - 1))) {
                    from--;
                }
                if (most >= 0 && parts.size() == most) {
                    from = 0;
                }
                parts.addFirst(
                        new Str(strip(text.substring(from, end), Texts::isSpace, false, true)));
                end = from;
            }
        }
        int at = 0;
        while (true) {
            while (at < plain.length() && isSpace(plain.charAt(at))) {
                at++;
            }
            if (at == plain.length()) {
                return parts;
            }
            int end = at;
            while (end < plain.length() && !isSpace(plain.charAt(end))) {
                end++;
            }
            if (most >= 0 && parts.size() == most) {
                end = plain.length();
            }
            parts.add(new Str(text.substring(at, end)));
            at = end;
        }
    }

    static List<Value> split(MarkedText text, String separator, int most, boolean fromRight) {
        if (separator.isEmpty()) {
            throw new Value.TypeError("empty separator");
        }
        List<Value> parts = new ArrayList<>();
        String plain = text.text();
        int length = separator.length();
        if (fromRight) {
            int end = plain.length();
            int found = plain.lastIndexOf(separator, end - length);
            while (found >= 0 && (most < 0 || parts.size() < most)) {
                parts.addFirst(new Str(text.substring(found + length, end)));
                end = found;
                found = end < length ? -1 : plain.lastIndexOf(separator, end - length);
            }
            parts.addFirst(new Str(text.substring(0, end)));
            return parts;
        }
        int at = 0;
        int found = plain.indexOf(separator);
        while (found >= 0 && (most < 0 || parts.size() < most)) {
            parts.add(new Str(text.substring(at, found)));
            at = found + length;
            found = plain.indexOf(separator, at);
        }
        parts.add(new Str(text.substring(at)));
        return parts;
    }

    static List<Value> lines(MarkedText text, boolean keepEnds) {
        List<Value> lines = new ArrayList<>();
        String plain = text.text();
        int from = 0;
        int at = 0;
        while (at < plain.length()) {
            char c = plain.charAt(at);
            boolean ends =
                    c >= '\n' && c <= '\r'
                            || c >= 0x1C && c <= 0x1E
                            || c == 0x85
                            || c == 0x2028
                            || c == 0x2029;
            if (!ends) {
                at++;
                continue;
            }
            int next = at + (plain.startsWith("\r\n", at) ? 2 : 1);
            lines.add(new Str(text.substring(from, keepEnds ? next : at)));
            from = next;
            at = next;
        }
        if (from < plain.length()) {
            lines.add(new Str(text.substring(from)));
        }
        return lines;
    }

    static String upper(String text) {
        return text.toUpperCase(java.util.Locale.ROOT);
    }

    static String lower(String text) {
        return text.toLowerCase(java.util.Locale.ROOT);
    }

    /// The first letter of each word in title case, the others in lower case, as `str.title`.
    static MarkedText title(MarkedText text) {
        boolean[] inWord = {false};
        return mapCharacters(
                text,
                point -> {
                    boolean letter = Character.isLetter(point);
                    String written =
                            !letter
                                    ? Character.toString(point)
                                    : inWord[0]
                                            ? lower(Character.toString(point))
                                            : Character.toString(Character.toTitleCase(point));
                    inWord[0] = letter;
                    return written;
                });
    }

    static MarkedText capitalize(MarkedText text) {
        boolean[] first = {true};
        return mapCharacters(
                text,
                point -> {
                    String written =
                            first[0]
                                    ? Character.toString(Character.toTitleCase(point))
                                    : lower(Character.toString(point));
                    first[0] = false;
                    return written;
                });
    }

    /// @param side below zero: the text stands left; above: right; zero: in the middle
    static MarkedText pad(MarkedText text, int width, String fill, int side) {
        if (width > Operators.REPEAT_MAX) {
            throw new Value.TypeError("a width of more than %,d".formatted(Operators.REPEAT_MAX));
        }
        int missing = width - text.text().codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        // Python puts the odd one to the left when the width is odd.
        int left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
        return new MarkedText.Builder()
                .append(fill.repeat(left), true)
                .append(text)
                .append(fill.repeat(missing - left), true)
                .build();
    }
}
