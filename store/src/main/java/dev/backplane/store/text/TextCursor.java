package dev.backplane.store.text;

import dev.backplane.core.Slice;

/// Reads a content as code points, with the byte range that each came from.
///
/// Bytes are UTF-8; lone surrogates in their three-byte form are kept, any other malformed byte is
/// U+FFFD. In [Shape#JSON] escapes are decoded. No parser is needed for that: in valid JSON a
/// backslash stands only in strings, so every backslash begins an escape, and what is malformed or
/// begins in the middle is still read as well as can be.
///
/// JSON in JSON strings is decoded level by level. A string is taken for JSON when its text begins
/// like `{"`, `["`, `[{` or `[[`; it ends with the quote that ends the string. Level `n` reads the
/// code points of level `n - 1`, level 0 being the bytes. Constant memory; for one thread.
final class TextCursor {
    static final int END = -1;

    private static final int NONE = -2;
    private static final int REPLACEMENT = 0xFFFD;
    private static final int LEVELS_MAX = 4;

    /// What a level has just seen of a string that may turn out to be JSON.
    private static final byte NOTHING = 0;

    private static final byte QUOTE = 1;
    private static final byte BRACE = 2;
    private static final byte BRACKET = 3;

    private final byte[] array;
    private final int base;
    private final int limit;
    private final byte[] seen = new byte[LEVELS_MAX + 1];
    private int at;
    private int levels;
    private int start;
    private int end;
    private int held = NONE;
    private int heldStart;
    private int heldEnd;

    TextCursor(Slice bytes, Shape shape) {
        this.array = bytes.array();
        this.base = bytes.offset();
        this.limit = bytes.offset() + bytes.length();
        this.at = base;
        this.levels = shape == Shape.JSON ? 1 : 0;
    }

    /// The next code point, a lone surrogate possibly, or [#END].
    int next() {
        if (held == NONE && levels <= 1 && at < limit && seen[1] == NOTHING) {
            byte plain = array[at];
            if (plain >= 0 && plain != '\\' && plain != '"') {
                start = at - base;
                at++;
                end = start + 1;
                return plain;
            }
        }
        return nextSlowly();
    }

    /// Where the last code point begins, in bytes from the slice's start.
    int start() {
        return start;
    }

    /// Where the last code point ends, in bytes from the slice's start.
    int end() {
        return end;
    }

    /// Reads on over the ASCII letters and digits that follow a letter or digit, which mean
    /// themselves on every level. Most of a text is read here.
    ///
    /// @param folding what each of them becomes, 0 for all other bytes
    /// @param target gets the first `room` of them, from `size` on
    /// @return how many were read; [#end] is behind them
    int run(byte[] folding, byte[] target, int size, int room) {
        if (held != NONE) {
            return 0;
        }
        int from = at;
        while (at < limit && array[at] >= 0 && folding[array[at]] != 0) {
            if (at - from < room) {
                target[size + at - from] = folding[array[at]];
            }
            at++;
        }
        if (at > from) {
            end = at - base;
        }
        return at - from;
    }

    /// Goes on at the byte, which must not lie in an escape or a multi-byte code point.
    void skipTo(int offset) {
        held = NONE;
        at = Math.max(at, base + offset);
    }

    private int nextSlowly() {
        int point;
        if (held != NONE) {
            point = held;
            start = heldStart;
            end = heldEnd;
            held = NONE;
        } else {
            start = at - base;
            point = read(levels);
            end = at - base;
        }
        if (point < Character.MIN_HIGH_SURROGATE || point > Character.MAX_HIGH_SURROGATE) {
            return point;
        }
        heldStart = at - base;
        int low = read(levels);
        heldEnd = at - base;
        if (low >= Character.MIN_LOW_SURROGATE && low <= Character.MAX_LOW_SURROGATE) {
            end = heldEnd;
            return Character.toCodePoint((char) point, (char) low);
        }
        held = low;
        return point;
    }

    private int read(int level) {
        return level == 0 ? readBytes() : unescape(level);
    }

    private int unescape(int level) {
        int point = read(level - 1);
        if (point == '"') {
            levels = level;
            seen[level] = QUOTE;
            return point;
        }
        if (point == '\\') {
            point = escape(level);
        }
        if (seen[level] != NOTHING) {
            watch(level, point);
        }
        return point;
    }

    private int escape(int level) {
        int point = read(level - 1);
        return switch (point) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> hexadecimal(level);
            case END -> '\\';
            default -> point;
        };
    }

    private int hexadecimal(int level) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(read(level - 1), 16);
            if (digit < 0) {
                return REPLACEMENT;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /// Finds out whether the string that has just begun holds JSON.
    private void watch(int level, int point) {
        if (point == ' ' || point == '\n' || point == '\r' || point == '\t') {
            return;
        }
        byte before = seen[level];
        seen[level] = NOTHING;
        if (before == QUOTE && point == '{') {
            seen[level] = BRACE;
        } else if (before == QUOTE && point == '[') {
            seen[level] = BRACKET;
        } else if (before != QUOTE && level < LEVELS_MAX) {
            boolean quoted = point == '"';
            if (quoted || before == BRACKET && (point == '{' || point == '[')) {
                levels = level + 1;
                seen[levels] = quoted ? QUOTE : NOTHING;
            }
        }
    }

    private int readBytes() {
        if (at == limit) {
            return END;
        }
        int first = array[at++];
        if (first >= 0) {
            return first;
        }
        int lead = first & 0xFF;
        if (lead >= 0xC2 && lead < 0xE0 && continues(0)) {
            return (lead & 0x1F) << 6 | array[at++] & 0x3F;
        }
        if (lead >= 0xE0 && lead < 0xF0 && continues(0) && continues(1)) {
            int point = (lead & 0x0F) << 12 | (array[at] & 0x3F) << 6 | array[at + 1] & 0x3F;
            if (point >= 0x800) {
                at += 2;
                return point;
            }
        }
        if (lead >= 0xF0 && lead < 0xF5 && continues(0) && continues(1) && continues(2)) {
            int point =
                    (lead & 0x07) << 18
                            | (array[at] & 0x3F) << 12
                            | (array[at + 1] & 0x3F) << 6
                            | array[at + 2] & 0x3F;
            if (point >= 0x10000 && point <= Character.MAX_CODE_POINT) {
                at += 3;
                return point;
            }
        }
        return REPLACEMENT;
    }

    private boolean continues(int ahead) {
        return at + ahead < limit && (array[at + ahead] & 0xC0) == 0x80;
    }
}
