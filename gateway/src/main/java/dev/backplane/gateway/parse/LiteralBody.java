package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.List;

/// Reads a call whose arguments are literals of some language, and writes them as JSON while they
/// come. Strings, lists, maps, numbers, constants; of Python's literals those that JSON can hold.
final class LiteralBody implements CallBody {
    private static final int WORD_CHARS_MAX = 4_000;
    private static final int DEPTH_MAX = 100;

    private enum State {
        NAME,
        KEY,
        WORD_KEY,
        ASSIGN,
        VALUE,
        WORD,
        TEXT,
        ESCAPE,
        HEX,
        AFTER
    }

    private final Shape.Literal shape;
    private final CallOut out;
    private final MarkerFinder quotes;
    private final StringBuilder word = new StringBuilder();
    private final StringBuilder plain = new StringBuilder();

    /// Brackets that are open: `c` for the call's own, then `{`, `[` and `(`.
    private final StringBuilder open = new StringBuilder();

    private State state = State.NAME;
    private MarkerFinder unquote;
    private boolean key;
    private boolean first;
    private int hex;
    private int digits;

    LiteralBody(Shape.Literal shape, CallOut out) {
        this.shape = shape;
        this.out = out;
        this.quotes = new MarkerFinder(shape.quotes());
        this.unquote = quotes;
    }

    @Override
    public Step take(char next) {
        return switch (state) {
            case NAME -> name(next);
            case KEY, VALUE -> begin(next);
            case WORD_KEY -> wordKey(next);
            case ASSIGN -> assign(next);
            case WORD -> word(next);
            case TEXT -> text(next);
            case ESCAPE -> escape(next);
            case HEX -> hex(next);
            case AFTER -> after(next);
        };
    }

    private Step name(char next) {
        if (next != shape.open()) {
            word.append(next);
            return word.length() > HEADING_CHARS_MAX ? Step.BAD : Step.MORE;
        }
        String name = word.toString().strip();
        if (!CallBody.isName(name) || !out.start("", name)) {
            return Step.BAD;
        }
        return open('c', '{');
    }

    private Step open(char bracket, char json) {
        open.append(bracket);
        out.argument(json);
        first = true;
        state = isMap() ? State.KEY : State.VALUE;
        return Step.MORE;
    }

    private boolean isMap() {
        char last = open.charAt(open.length() - 1);
        return last == 'c' || last == '{';
    }

    private boolean closes(char next) {
        return switch (open.charAt(open.length() - 1)) {
            case 'c' -> next == shape.close();
            case '{' -> next == '}';
            case '(' -> next == ')';
            default -> next == ']';
        };
    }

    /// A key or a value, or, where there may be none, the end.
    private Step begin(char next) {
        if (!quotes.holds() && JsonScan.isSpace(next)) {
            return Step.MORE;
        }
        plain.setLength(0);
        boolean quoted = quotes.take(next, plain) != MarkerFinder.NONE;
        if (quoted) {
            key = state == State.KEY;
            separate();
            out.argument('"');
            unquote = new MarkerFinder(List.of(shape.python() ? String.valueOf(next) : quote()));
            state = State.TEXT;
            return Step.MORE;
        }
        if (plain.isEmpty()) {
            return Step.MORE;
        }
        word.setLength(0);
        String begun = plain.toString();
        Step step = Step.MORE;
        for (int i = 0; i < begun.length() && step == Step.MORE; i++) {
            step = i == 0 ? unquoted(begun.charAt(i)) : take(begun.charAt(i));
        }
        return step;
    }

    private String quote() {
        return shape.quotes().getFirst();
    }

    private void separate() {
        if (state == State.VALUE && isMap()) {
            return;
        }
        if (!first) {
            out.arguments(", ");
        }
        first = false;
    }

    private Step unquoted(char next) {
        if (closes(next) && (state == State.KEY || !isMap())) {
            return close();
        }
        if (state == State.KEY) {
            state = State.WORD_KEY;
            word.append(next);
            return Character.isLetterOrDigit(next) || next == '_' ? Step.MORE : Step.BAD;
        }
        if (next == '{' || next == '[' || next == '(' && shape.python()) {
            if (open.length() == DEPTH_MAX) {
                return Step.BAD;
            }
            separate();
            return open(next, next == '{' ? '{' : '[');
        }
        state = State.WORD;
        return word(next);
    }

    private Step close() {
        char last = open.charAt(open.length() - 1);
        open.setLength(open.length() - 1);
        out.argument(last == 'c' || last == '{' ? '}' : ']');
        first = false;
        state = State.AFTER;
        return open.isEmpty() ? Step.DONE : Step.MORE;
    }

    private char assignment() {
        return open.length() == 1 ? shape.assign() : ':';
    }

    private Step wordKey(char next) {
        if (next != assignment()) {
            word.append(next);
            boolean bad = word.length() > WORD_CHARS_MAX || "{}[](),\"'<".indexOf(next) >= 0;
            return bad ? Step.BAD : Step.MORE;
        }
        separate();
        out.arguments(JsonWords.quote(word.toString().strip()) + ": ");
        state = State.VALUE;
        return Step.MORE;
    }

    private Step assign(char next) {
        if (JsonScan.isSpace(next)) {
            return Step.MORE;
        }
        if (next != assignment()) {
            return Step.BAD;
        }
        out.arguments(": ");
        state = State.VALUE;
        return Step.MORE;
    }

    private Step word(char next) {
        if (next != ',' && !closes(next)) {
            word.append(next);
            return word.length() > WORD_CHARS_MAX ? Step.BAD : Step.MORE;
        }
        String text = word.toString().strip();
        String json =
                switch (text) {
                    case "true", "True" -> "true";
                    case "false", "False" -> "false";
                    case "null", "None" -> "null";
                    default -> JsonScan.NUMBER.matcher(text).matches() ? text : "";
                };
        if (json.isEmpty() && (shape.python() || text.isEmpty())) {
            return Step.BAD;
        }
        state = State.VALUE;
        separate();
        out.arguments(json.isEmpty() ? JsonWords.quote(text) : json);
        state = State.AFTER;
        return after(next);
    }

    private Step text(char next) {
        plain.setLength(0);
        boolean ended = unquote.take(next, plain) != MarkerFinder.NONE;
        for (int i = 0; i < plain.length(); i++) {
            char part = plain.charAt(i);
            if (shape.python() && part == '\\') {
                state = State.ESCAPE;
                return Step.MORE;
            }
            out.arguments(JsonWords.escape(part));
        }
        if (ended) {
            out.argument('"');
            state = key ? State.ASSIGN : State.AFTER;
            key = false;
        }
        return Step.MORE;
    }

    /// As Python reads them; one that it does not know stands for itself, with its backslash.
    private Step escape(char next) {
        state = State.TEXT;
        switch (next) {
            case 'n' -> out.arguments("\\n");
            case 't' -> out.arguments("\\t");
            case 'r' -> out.arguments("\\r");
            case '\n' -> {}
            case '\\', '\'', '"' -> out.arguments(JsonWords.escape(next));
            case 'x', 'u' -> {
                digits = next == 'x' ? 2 : 4;
                hex = 0;
                state = State.HEX;
            }
            default -> out.arguments("\\\\" + JsonWords.escape(next));
        }
        return Step.MORE;
    }

    private Step hex(char next) {
        int digit = next < 0x80 ? Character.digit(next, 16) : -1;
        if (digit < 0) {
            return Step.BAD;
        }
        hex = hex << 4 | digit;
        digits--;
        if (digits == 0) {
            out.arguments(JsonWords.escape((char) hex));
            state = State.TEXT;
        }
        return Step.MORE;
    }

    private Step after(char next) {
        if (JsonScan.isSpace(next)) {
            return Step.MORE;
        }
        if (next == ',') {
            state = isMap() ? State.KEY : State.VALUE;
            return Step.MORE;
        }
        return closes(next) ? close() : Step.BAD;
    }
}
