package dev.backplane.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Optional;

/// Text as a terminal shows it. Payloads come from strangers, so what could move the cursor, change
/// colours or hide text never reaches a terminal: control characters and bidirectional overrides
/// become visible or go.
final class DisplayText {
    private DisplayText() {}

    /// On one line: a line break or tab, with the white space after it, becomes a blank; other
    /// control characters become `·`.
    static String line(String text) {
        StringBuilder line = new StringBuilder(text.length());
        boolean isAfterBreak = false;
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            boolean isBreak = letter == '\t' || letter == '\n' || letter == '\r';
            if (isBreak || isAfterBreak && letter == ' ') {
                if (!isAfterBreak) {
                    line.append(' ');
                }
                isAfterBreak = true;
            } else {
                line.append(isUnsafe(letter) ? '·' : letter);
                isAfterBreak = false;
            }
        }
        return line.toString();
    }

    /// With its white space as it is, but for line breaks and tabs.
    static String visible(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            visible.append(isUnsafe(letter) ? '·' : letter);
        }
        return visible.toString();
    }

    /// With its line breaks and tabs as they are.
    static String paragraphs(String text) {
        StringBuilder paragraphs = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            boolean isSpace = letter == '\n' || letter == '\t';
            if (letter != '\r') {
                paragraphs.append(isUnsafe(letter) && !isSpace ? '·' : letter);
            }
        }
        return paragraphs.toString();
    }

    /// Whether a character acts on the terminal or on the order of text.
    static boolean isUnsafe(char letter) {
        return letter < ' '
                || letter >= 0x7f && letter < 0xa0
                || letter >= 0x202a && letter <= 0x202e
                || letter >= 0x2066 && letter <= 0x2069
                || letter == 0x200e
                || letter == 0x200f;
    }

    /// Columns taken on a terminal: 2 for East Asian wide characters and emoji, 0 for what combines
    /// with its neighbour (a short form of Unicode's EastAsianWidth.txt).
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            width += width(point);
            i += Character.charCount(point);
        }
        return width;
    }

    private static int width(int point) {
        if (point < 0x300) {
            return 1;
        }
        int type = Character.getType(point);
        boolean isCombining =
                type == Character.NON_SPACING_MARK
                        || type == Character.ENCLOSING_MARK
                        || type == Character.FORMAT;
        if (isCombining) {
            return 0;
        }
        boolean isWide =
                point >= 0x1100 && point <= 0x115f
                        || point >= 0x2e80 && point <= 0xa4cf
                        || point >= 0xac00 && point <= 0xd7a3
                        || point >= 0xf900 && point <= 0xfaff
                        || point >= 0xfe30 && point <= 0xfe6f
                        || point >= 0xff00 && point <= 0xff60
                        || point >= 0xffe0 && point <= 0xffe6
                        || point >= 0x1f300 && point <= 0x1faff
                        || point >= 0x20000 && point <= 0x3fffd;
        return isWide ? 2 : 1;
    }

    /// The text, cut to so many columns with an ellipsis when it is longer.
    static String cut(String text, int columns, String ellipsis) {
        int room = columns - width(ellipsis);
        int width = 0;
        int cut = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            width += width(point);
            if (width > columns) {
                return text.substring(0, cut) + (room < 0 ? "" : ellipsis);
            }
            i += Character.charCount(point);
            if (width <= room) {
                cut = i;
            }
        }
        return text;
    }

    /// A number with at most six digits after which nobody looks; whole numbers stay whole.
    private static String number(String digits) {
        if (digits.length() <= 9
                || digits.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
            return digits;
        }
        BigDecimal exact = new BigDecimal(digits);
        int whole = Math.max(0, exact.precision() - exact.scale());
        BigDecimal rounded = exact.round(new MathContext(Math.max(6, whole)));
        return rounded.scale() < -15 || rounded.scale() > 20 ? digits : rounded.toPlainString();
    }

    /// A cell for people.
    static String cell(Node value, Unit unit, java.time.ZoneId zone) {
        if (value instanceof Node.Nothing) {
            return "";
        }
        Optional<Double> number =
                value instanceof Node.Number found ? Optional.of(found.value()) : Optional.empty();
        if (number.isEmpty()) {
            return line(unit == Unit.TIME ? Units.time(value.plain(), zone) : value.plain());
        }
        double amount = number.get();
        return switch (unit) {
            case DURATION_MS -> Units.duration(amount);
            case COUNT -> Units.count(amount);
            case TOKENS -> Units.tokens(amount);
            case COST -> Units.cost(amount);
            case BYTES -> Units.bytes(amount);
            case NUMBER -> number(value.plain());
            case TEXT, ID, TIME, JSON -> value.plain();
        };
    }
}
