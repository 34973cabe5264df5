package dev.backplane.ingest.json;

import dev.backplane.core.Json;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Checks one JSON value (RFC 8259, at most [Json#DEPTH_MAX] levels) and finds its end, in one pass
/// and without recursion.
///
/// Text is mostly strings and strings are mostly plain, so these are skipped eight bytes at a time.
/// UTF-8 is not checked: what a string's bytes mean is the reader's concern. For use by one thread.
final class JsonScanner {
    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final int BAD = -1;

    private final byte[] bytes;
    private final int to;

    /// Whether the container at each depth is an object.
    private boolean[] isObject = new boolean[16];

    private int depth;
    private String error = "";
    private int errorAt;

    JsonScanner(byte[] bytes, int to) {
        this.bytes = bytes;
        this.to = to;
    }

    /// What is wrong, after an answer of -1.
    String error() {
        return error;
    }

    int errorAt() {
        return errorAt;
    }

    /// The offset behind the value that starts at or, with spaces between, after `from`; -1 if
    /// there is none.
    int value(int from) {
        depth = 0;
        int at = from;
        boolean open = true; // a value is wanted; otherwise one has just ended
        while (true) {
            at = space(at);
            if (at == to) {
                return bad(at, "the text ends too early");
            }
            if (open) {
                int after = begin(at);
                open = after >= 0 && (bytes[at] == '{' || bytes[at] == '[') && !closed(after);
                at = after;
            } else {
                open = bytes[at] == ',';
                at = open ? afterComma(at + 1) : end(at);
            }
            if (at < 0) {
                return BAD;
            }
            if (!open && depth == 0) {
                return at;
            }
        }
    }

    /// The first offset from `at` that is not white space.
    int space(int at) {
        while (at < to) {
            byte c = bytes[at];
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return at;
            }
            at++;
        }
        return at;
    }

    /// Whether the container just entered turned out to be empty, so that [#begin] closed it.
    private boolean closed(int after) {
        return bytes[after - 1] == '}' || bytes[after - 1] == ']';
    }

    /// Behind the start of a value: of a container that is its first key with the colon, or its
    /// bracket; of an empty container or anything else its end.
    private int begin(int at) {
        return switch (bytes[at]) {
            case '{' -> enter(at, true);
            case '[' -> enter(at, false);
            case '"' -> string(at + 1);
            case 't' -> word(at, "true");
            case 'f' -> word(at, "false");
            case 'n' -> word(at, "null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(at);
            default -> bad(at, "unexpected character");
        };
    }

    private int enter(int at, boolean object) {
        int next = space(at + 1);
        if (next < to && bytes[next] == (object ? '}' : ']')) {
            return next + 1;
        }
        if (depth == Json.DEPTH_MAX) {
            return bad(at, "nested deeper than " + Json.DEPTH_MAX + " levels");
        }
        if (depth == isObject.length) {
            isObject = java.util.Arrays.copyOf(isObject, depth * 2);
        }
        isObject[depth++] = object;
        return object ? key(next) : at + 1;
    }

    private int afterComma(int at) {
        return isObject[depth - 1] ? key(space(at)) : at;
    }

    private int end(int at) {
        if (bytes[at] != (isObject[depth - 1] ? '}' : ']')) {
            return bad(at, "a comma or the end of the container is missing");
        }
        depth--;
        return at + 1;
    }

    private int key(int at) {
        if (at >= to || bytes[at] != '"') {
            return bad(at, "a key in quotes is missing");
        }
        int after = string(at + 1);
        if (after < 0) {
            return BAD;
        }
        after = space(after);
        return after < to && bytes[after] == ':' ? after + 1 : bad(after, "a colon is missing");
    }

    /// Behind the closing quote of a string whose first character stands at `at`.
    int string(int at) {
        while (true) {
            at = plain(at);
            if (at >= to) {
                return bad(to, "the text ends inside a string");
            }
            byte c = bytes[at];
            if (c == '"') {
                return at + 1;
            }
            if (c != '\\') {
                return bad(at, "control character in a string");
            }
            at = escape(at + 1);
            if (at < 0) {
                return BAD;
            }
        }
    }

    /// The first quote, backslash or control character from `at`.
    private int plain(int at) {
        while (at + 8 <= to) {
            long word = (long) WORD.get(bytes, at);
            long quote = word ^ 0x2222222222222222L;
            long slash = word ^ 0x5C5C5C5C5C5C5C5CL;
            long found =
                    ((quote - ONES & ~quote)
                                    | (slash - ONES & ~slash)
                                    | (word - 0x2020202020202020L & ~word))
                            & HIGHS;
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            at += 8;
        }
        while (at < to && bytes[at] != '"' && bytes[at] != '\\' && (bytes[at] & 0xE0) != 0) {
            at++;
        }
        return at;
    }

    private int escape(int at) {
        if (at >= to) {
            return bad(to, "the text ends inside a string");
        }
        switch (bytes[at]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return at + 1;
            }
            case 'u' -> {
                if (at + 5 > to) {
                    return bad(to, "the text ends inside a string");
                }
                for (int i = at + 1; i < at + 5; i++) {
                    if (Character.digit(bytes[i], 16) < 0) {
                        return bad(i, "an escape needs four hex digits");
                    }
                }
                return at + 5;
            }
            default -> {
                return bad(at, "unknown escape");
            }
        }
    }

    private int word(int at, String word) {
        for (int i = 0; i < word.length(); i++) {
            if (at + i >= to || bytes[at + i] != word.charAt(i)) {
                return bad(at, "unexpected character");
            }
        }
        return at + word.length();
    }

    private int number(int at) {
        int next = bytes[at] == '-' ? at + 1 : at;
        if (next < to && bytes[next] == '0') {
            next++;
        } else {
            next = digits(next);
        }
        if (next >= 0 && next < to && bytes[next] == '.') {
            next = digits(next + 1);
        }
        if (next >= 0 && next < to && (bytes[next] | 0x20) == 'e') {
            next++;
            if (next < to && (bytes[next] == '+' || bytes[next] == '-')) {
                next++;
            }
            next = digits(next);
        }
        return next;
    }

    private int digits(int at) {
        int next = at;
        while (next < to && bytes[next] >= '0' && bytes[next] <= '9') {
            next++;
        }
        return next == at ? bad(at, "a digit is missing") : next;
    }

    private int bad(int at, String what) {
        error = what;
        errorAt = Math.min(at, to);
        return BAD;
    }
}
