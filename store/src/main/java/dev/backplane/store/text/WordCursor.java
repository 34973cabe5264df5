package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.lang.Character.UnicodeScript;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Cuts a content into words; the only definition of what a word is.
///
/// | rule | |
/// |---|---|
/// | word | a longest run of letters and digits, with the marks that follow them (Unicode) |
/// | scripts without spaces | each letter is a word, so that any part of a text is a phrase |
/// | case | folded by code point: lower case of the upper case (`Σ`, `σ` and `ς` are one) |
/// | marks | a word with a combining mark is composed (NFC), so that both spellings of `é` meet |
/// | long words | the first 255 bytes stand for the word, cut at a code point |
/// | blobs | of [#BLOB_BYTES_MIN] or more characters of base64 only the first word counts |
///
/// The last rule keeps a picture that somebody sent as base64 from filling the index with its
/// random words. A word's *term* is its folded form in UTF-8; read as a text, it is the same term
/// again. For one thread.
final class WordCursor {
    static final int TERM_BYTES_MAX = 255;
    static final int BLOB_BYTES_MIN = 512;

    private static final int NONE = -2;
    private static final Set<UnicodeScript> UNSPACED =
            EnumSet.of(
                    UnicodeScript.HAN,
                    UnicodeScript.HIRAGANA,
                    UnicodeScript.KATAKANA,
                    UnicodeScript.BOPOMOFO,
                    UnicodeScript.HANGUL,
                    UnicodeScript.YI,
                    UnicodeScript.THAI,
                    UnicodeScript.LAO,
                    UnicodeScript.KHMER,
                    UnicodeScript.MYANMAR,
                    UnicodeScript.TIBETAN);
    private static final int UNSPACED_FIRST = 0x0E00;

    /// What a code point is to a word.
    private enum Role {
        SEPARATOR,
        LETTER,
        /// A word of its own.
        ALONE,
        MARK
    }

    /// Folded form of the ASCII letters and digits, 0 for all others.
    private static final byte[] ASCII = new byte[128];

    static {
        for (char c = 0; c < 128; c++) {
            ASCII[c] = Character.isLetterOrDigit(c) ? (byte) Character.toLowerCase(c) : 0;
        }
    }

    private final Slice bytes;
    private final TextCursor text;
    private final byte[] term = new byte[TERM_BYTES_MAX];
    private int length;
    private boolean full;
    private boolean marked;
    private int start;
    private int end;
    private int held = NONE;
    private int heldStart;
    private int heldEnd;
    private int noBlobBefore;

    WordCursor(Slice bytes, Shape shape) {
        this.bytes = bytes;
        this.text = new TextCursor(bytes, shape);
    }

    /// The terms of all words.
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (WordCursor cursor = new WordCursor(Slice.of(text), Shape.TEXT); cursor.next(); ) {
            words.add(cursor.word());
        }
        return words;
    }

    /// Goes to the next word.
    ///
    /// @return false when there is none
    boolean next() {
        int point = take();
        Role role = roleOf(point);
        while (role == Role.SEPARATOR || role == Role.MARK) {
            if (point == TextCursor.END) {
                return false;
            }
            point = take();
            role = roleOf(point);
        }
        length = 0;
        full = false;
        marked = false;
        int blobEnd = point < 128 ? blobEnd(start) : 0;
        int wordStart = start;
        int wordEnd;
        Role first = role;
        do {
            append(point, role);
            wordEnd = end;
            if (point < 128 && run() > 0) {
                wordEnd = text.end();
            }
            point = take();
            role = roleOf(point);
        } while (role == Role.MARK || role == Role.LETTER && first == Role.LETTER);
        held = point;
        heldStart = start;
        heldEnd = end;
        if (blobEnd > wordEnd) {
            text.skipTo(blobEnd);
            held = NONE;
        }
        start = wordStart;
        end = wordEnd;
        if (marked) {
            compose();
        }
        return true;
    }

    /// The buffer of the term; the next [#next] overwrites it.
    byte[] term() {
        return term;
    }

    int length() {
        return length;
    }

    /// Where the word begins, in bytes from the slice's start.
    int start() {
        return start;
    }

    /// Where the word ends, in bytes from the slice's start.
    int end() {
        return end;
    }

    String word() {
        return new String(term, 0, length, StandardCharsets.UTF_8);
    }

    private int take() {
        if (held != NONE) {
            int point = held;
            held = NONE;
            start = heldStart;
            end = heldEnd;
            return point;
        }
        int point = text.next();
        start = text.start();
        end = text.end();
        return point;
    }

    private static Role roleOf(int point) {
        if (point < 128) {
            return point >= 0 && ASCII[point] != 0 ? Role.LETTER : Role.SEPARATOR;
        }
        return switch (Character.getType(point)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER ->
                    point >= UNSPACED_FIRST && UNSPACED.contains(UnicodeScript.of(point))
                            ? Role.ALONE
                            : Role.LETTER;
            case Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK ->
                    Role.MARK;
            default -> Role.SEPARATOR;
        };
    }

    private void append(int point, Role role) {
        if (full) {
            return;
        }
        if (point < 128) {
            put(ASCII[point]);
            return;
        }
        marked |= role == Role.MARK;
        // One mark (U+0345) folds to a letter and would not be found as part of its word again.
        int folded =
                role == Role.MARK ? point : Character.toLowerCase(Character.toUpperCase(point));
        int size = folded < 0x80 ? 1 : folded < 0x800 ? 2 : folded < 0x10000 ? 3 : 4;
        if (length + size > TERM_BYTES_MAX) {
            full = true;
        } else if (size == 1) {
            put(folded);
        } else {
            put((0xF00 >> size) | folded >> 6 * (size - 1));
            for (int shift = 6 * (size - 2); shift >= 0; shift -= 6) {
                put(0x80 | folded >> shift & 0x3F);
            }
        }
    }

    private int run() {
        int room = full ? 0 : TERM_BYTES_MAX - length;
        int run = text.run(ASCII, term, length, room);
        length += Math.min(run, room);
        full |= run > room;
        return run;
    }

    private void put(int value) {
        if (length < TERM_BYTES_MAX) {
            term[length++] = (byte) value;
        } else {
            full = true;
        }
    }

    private void compose() {
        byte[] composed =
                Normalizer.normalize(word(), Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
        length = Math.min(composed.length, TERM_BYTES_MAX);
        while (length < composed.length && (composed[length] & 0xC0) == 0x80) {
            length--;
        }
        System.arraycopy(composed, 0, term, 0, length);
    }

    /// The end of the base64 that begins here, or 0 if it is too short to be a blob. Each byte is
    /// looked at once, whatever the number of words.
    private int blobEnd(int from) {
        if (from < noBlobBefore) {
            return 0;
        }
        int to = from;
        while (to < bytes.length() && isBase64(bytes.array()[bytes.offset() + to])) {
            to++;
        }
        noBlobBefore = to;
        return to - from >= BLOB_BYTES_MIN ? to : 0;
    }

    private static boolean isBase64(byte value) {
        return value >= 0 && (ASCII[value] != 0 || value == '+' || value == '/');
    }
}
