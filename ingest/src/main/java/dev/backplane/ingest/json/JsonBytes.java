package dev.backplane.ingest.json;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Wtf8;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// The parts of a JSON text as slices of it.
///
/// [#checked] and [#valid] take any bytes; the other functions expect a text that one of them has
/// let pass (or a part of such a text).
public final class JsonBytes {
    private JsonBytes() {}

    /// The text without the space around it.
    ///
    /// @param line of what it is a part of on which the text starts, for the error
    /// @throws Problem `INVALID` with line and column unless it is exactly one JSON value
    public static Slice checked(Slice text, long line, String where) {
        JsonScanner scanner = scanner(text);
        int from = scanner.space(text.offset());
        int end = scanner.value(from);
        if (end < 0) {
            throw malformed(scanner.error(), text, scanner.errorAt(), line, where);
        }
        int rest = scanner.space(end);
        if (rest != text.offset() + text.length()) {
            throw malformed("something follows the value", text, rest, line, where);
        }
        return text.slice(from - text.offset(), end - text.offset());
    }

    /// Whether the text is exactly one JSON object or array.
    public static boolean valid(Slice text) {
        JsonScanner scanner = scanner(text);
        int limit = text.offset() + text.length();
        int from = scanner.space(text.offset());
        if (from == limit || (text.array()[from] != '{' && text.array()[from] != '[')) {
            return false;
        }
        int end = scanner.value(from);
        return end >= 0 && scanner.space(end) == limit;
    }

    /// Where the value that starts at `from` ends (offsets in the slice), or empty if it does not
    /// end within the slice or is malformed.
    public static Optional<Integer> end(Slice text, int from) {
        int end = scanner(text).value(text.offset() + from);
        return end < 0 ? Optional.empty() : Optional.of(end - text.offset());
    }

    public static boolean isObject(Slice value) {
        return first(value) == '{';
    }

    public static boolean isArray(Slice value) {
        return first(value) == '[';
    }

    public static boolean isString(Slice value) {
        return first(value) == '"';
    }

    public static boolean isNull(Slice value) {
        return first(value) == 'n';
    }

    public static boolean isNumber(Slice value) {
        char first = first(value);
        return first == '-' || (first >= '0' && first <= '9');
    }

    /// The first byte that is not space, or a space if there is none.
    public static char first(Slice value) {
        int at = scanner(value).space(value.offset());
        return at < value.offset() + value.length() ? (char) value.array()[at] : ' ';
    }

    /// Visits name and value of each member of an object, in order; nothing if it is none.
    public static void members(Slice object, BiConsumer<String, Slice> visitor) {
        walk(object, '{', visitor);
    }

    /// Visits each element of an array; nothing if it is none.
    public static void elements(Slice array, Consumer<Slice> visitor) {
        walk(array, '[', (_, value) -> visitor.accept(value));
    }

    /// The value of the last member of that name.
    public static Optional<Slice> member(Slice object, String name) {
        Slice[] found = {Slice.EMPTY};
        members(object, (key, value) -> found[0] = key.equals(name) ? value : found[0]);
        return found[0].isEmpty() ? Optional.empty() : Optional.of(found[0]);
    }

    private static void walk(Slice container, char open, BiConsumer<String, Slice> visitor) {
        if (first(container) != open) {
            return;
        }
        JsonScanner scanner = scanner(container);
        byte[] bytes = container.array();
        int at = scanner.space(scanner.space(container.offset()) + 1);
        while (bytes[at] != '}' && bytes[at] != ']') {
            String name = "";
            if (open == '{') {
                int end = scanner.string(at + 1);
                name = string(new Slice(bytes, at, end - at));
                at = scanner.space(scanner.space(end) + 1);
            }
            int end = scanner.value(at);
            visitor.accept(name, new Slice(bytes, at, end - at));
            at = scanner.space(end);
            if (bytes[at] == ',') {
                at = scanner.space(at + 1);
            }
        }
    }

    /// The text of a JSON string as the bytes it stands for: a part of the slice where nothing is
    /// escaped.
    public static Slice text(Slice string) {
        Slice inner = string.slice(1, string.length() - 1);
        for (int i = 0; i < inner.length(); i++) {
            if (inner.array()[inner.offset() + i] == '\\') {
                return unescaped(inner, i);
            }
        }
        return inner;
    }

    public static String string(Slice string) {
        return text(string).text();
    }

    /// @param plain how many bytes at the start have no escape
    private static Slice unescaped(Slice inner, int plain) {
        byte[] in = inner.array();
        byte[] out = new byte[inner.length()];
        System.arraycopy(in, inner.offset(), out, 0, plain);
        int size = plain;
        int to = inner.offset() + inner.length();
        int at = inner.offset() + plain;
        while (at < to) {
            byte c = in[at++];
            if (c != '\\') {
                out[size++] = c;
                continue;
            }
            byte escape = in[at++];
            if (escape != 'u') {
                out[size++] = simple(escape);
                continue;
            }
            int unit = unit(in, at);
            at += 4;
            boolean pair =
                    Character.isHighSurrogate((char) unit)
                            && at + 6 <= to
                            && in[at] == '\\'
                            && in[at + 1] == 'u'
                            && Character.isLowSurrogate((char) unit(in, at + 2));
            if (pair) {
                unit = Character.toCodePoint((char) unit, (char) unit(in, at + 2));
                at += 6;
            }
            size = Wtf8.put(unit, out, size);
        }
        return new Slice(out, 0, size);
    }

    private static byte simple(byte escape) {
        return switch (escape) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> escape;
        };
    }

    private static int unit(byte[] in, int at) {
        int unit = 0;
        for (int i = at; i < at + 4; i++) {
            unit = unit << 4 | Character.digit(in[i], 16);
        }
        return unit;
    }

    /// The same value without space between its tokens; the slice itself where there is none. What
    /// is inside strings, and how numbers are written, stays as it is.
    public static Slice compact(Slice value) {
        byte[] in = value.array();
        int to = value.offset() + value.length();
        byte[] out = new byte[value.length()];
        JsonScanner scanner = scanner(value);
        int size = 0;
        int at = value.offset();
        while (at < to) {
            byte c = in[at];
            if (c == '"') {
                int end = scanner.string(at + 1);
                System.arraycopy(in, at, out, size, end - at);
                size += end - at;
                at = end;
            } else {
                if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                    out[size++] = c;
                }
                at++;
            }
        }
        return size == value.length() ? value : new Slice(out, 0, size).copy();
    }

    private static JsonScanner scanner(Slice text) {
        return new JsonScanner(text.array(), text.offset() + text.length());
    }

    private static Problem malformed(String what, Slice text, int at, long line, String where) {
        long lines = line;
        int lineStart = text.offset();
        for (int i = text.offset(); i < at; i++) {
            if (text.array()[i] == '\n') {
                lines++;
                lineStart = i + 1;
            }
        }
        return Problem.invalid(
                        "malformed JSON at line %d, column %d: %s"
                                .formatted(lines, at - lineStart + 1, what),
                        where)
                .fix("send valid JSON (RFC 8259), at most " + Json.DEPTH_MAX + " levels deep");
    }
}
