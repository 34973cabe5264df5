package dev.backplane.gateway.json;

import dev.backplane.core.Json;
import java.util.regex.Pattern;

/// Finds the end of one JSON value, a character at a time, and whether it is one. The only thing
/// that it lets pass against RFC 8259 is a control character in a string, because models write
/// them.
public final class JsonScan {
    public static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
    private static final int WORD_CHARS_MAX = 400;

    private enum State {
        VALUE,
        VALUE_OR_CLOSE,
        KEY,
        KEY_OR_CLOSE,
        COLON,
        AFTER,
        TEXT,
        ESCAPE,
        HEX,
        WORD
    }

    private final StringBuilder open = new StringBuilder();
    private final StringBuilder word = new StringBuilder();
    private State state = State.VALUE;
    private boolean key;
    private int hex;

    public Step take(char next) {
        return switch (state) {
            case TEXT -> text(next);
            case ESCAPE -> escape(next);
            case HEX -> {
                boolean digit = Character.digit(next, 16) >= 0 && next < 0x80;
                hex--;
                state = hex == 0 ? State.TEXT : State.HEX;
                yield digit ? Step.MORE : Step.BAD;
            }
            case WORD -> word(next);
            case VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, AFTER ->
                    isSpace(next) ? Step.MORE : structure(next);
        };
    }

    /// Whether the last character was inside a string.
    public boolean inText() {
        return state == State.TEXT || state == State.ESCAPE || state == State.HEX;
    }

    public static boolean isSpace(char next) {
        return next == ' ' || next == '\n' || next == '\t' || next == '\r';
    }

    /// Whether a whole text is one value.
    public static boolean isValue(String text) {
        JsonScan scan = new JsonScan();
        int at = 0;
        Step step = Step.MORE;
        while (at < text.length() && step == Step.MORE) {
            step = scan.take(text.charAt(at++));
        }
        if (step == Step.MORE) {
            return scan.state == State.WORD && scan.isWord() && scan.open.isEmpty();
        }
        return step == Step.DONE && text.substring(at).isBlank();
    }

    private Step structure(char next) {
        boolean closes = next == '}' || next == ']';
        return switch (state) {
            case VALUE -> value(next);
            case VALUE_OR_CLOSE -> closes ? close(next) : value(next);
            case KEY, KEY_OR_CLOSE -> {
                if (closes && state == State.KEY_OR_CLOSE) {
                    yield close(next);
                }
                key = true;
                state = State.TEXT;
                yield next == '"' ? Step.MORE : Step.BAD;
            }
            case COLON -> {
                state = State.VALUE;
                yield next == ':' ? Step.MORE : Step.BAD;
            }
            case AFTER -> {
                if (open.isEmpty()) {
                    yield Step.BAD;
                }
                if (closes) {
                    yield close(next);
                }
                state = open.charAt(open.length() - 1) == '{' ? State.KEY : State.VALUE;
                yield next == ',' ? Step.MORE : Step.BAD;
            }
            case TEXT, ESCAPE, HEX, WORD -> throw new IllegalStateException("not structure");
        };
    }

    private Step value(char next) {
        switch (next) {
            case '{', '[' -> {
                if (open.length() == Json.DEPTH_MAX) {
                    return Step.BAD;
                }
                open.append(next);
                state = next == '{' ? State.KEY_OR_CLOSE : State.VALUE_OR_CLOSE;
            }
            case '"' -> {
                key = false;
                state = State.TEXT;
            }
            default -> {
                word.setLength(0);
                word.append(next);
                state = State.WORD;
                return isWordPart(next) ? Step.MORE : Step.BAD;
            }
        }
        return Step.MORE;
    }

    private Step text(char next) {
        if (next == '\\') {
            state = State.ESCAPE;
        } else if (next == '"') {
            if (key) {
                state = State.COLON;
                return Step.MORE;
            }
            return ended();
        }
        return Step.MORE;
    }

    private Step escape(char next) {
        state = next == 'u' ? State.HEX : State.TEXT;
        hex = 4;
        return "\"\\/bfnrtu".indexOf(next) >= 0 ? Step.MORE : Step.BAD;
    }

    private Step word(char next) {
        if (isWordPart(next)) {
            word.append(next);
            return word.length() > WORD_CHARS_MAX ? Step.BAD : Step.MORE;
        }
        if (!isWord()) {
            return Step.BAD;
        }
        if (ended() == Step.DONE) {
            return Step.PASSED;
        }
        return take(next);
    }

    private boolean isWord() {
        String whole = word.toString();
        return switch (whole) {
            case "true", "false", "null" -> true;
            default -> NUMBER.matcher(whole).matches();
        };
    }

    private static boolean isWordPart(char next) {
        return next >= 'a' && next <= 'z'
                || next >= '0' && next <= '9'
                || next == '-'
                || next == '+'
                || next == '.'
                || next == 'E';
    }

    private Step close(char next) {
        int last = open.length() - 1;
        if (last < 0 || open.charAt(last) != (next == '}' ? '{' : '[')) {
            return Step.BAD;
        }
        open.setLength(last);
        return ended();
    }

    private Step ended() {
        state = State.AFTER;
        return open.isEmpty() ? Step.DONE : Step.MORE;
    }
}
