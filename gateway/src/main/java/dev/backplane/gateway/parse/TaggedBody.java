package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.ArrayList;
import java.util.List;

/// Reads a name and its arguments in tags. The values are text; the tool's schema says which JSON
/// they become. Strings are passed on as they come, others when they are complete.
final class TaggedBody implements CallBody {
    private static final String IS_STRING = "string=\"true\"";
    private static final String IS_JSON = "string=\"false\"";

    private enum State {
        NAME,
        BETWEEN,
        KEY,
        VALUE_BEGIN,
        VALUE
    }

    private final Shape.Tagged shape;
    private final ToolTypes tools;
    private final CallOut out;
    private final List<String> between = new ArrayList<>();
    private State state = State.NAME;
    private MarkerFinder finder;
    private final StringBuilder word = new StringBuilder();
    private final StringBuilder plain = new StringBuilder();
    private String name = "";
    private String key = "";
    private String attributes = "";
    private boolean first = true;
    private boolean streaming;
    private boolean atStart;
    private boolean heldBreak;

    TaggedBody(Shape.Tagged shape, ToolTypes tools, CallOut out) {
        this.shape = shape;
        this.tools = tools;
        this.out = out;
        between.add(shape.keyBegin());
        between.add(shape.end());
        this.finder =
                new MarkerFinder(shape.nameEnd().isEmpty() ? between : List.of(shape.nameEnd()));
    }

    @Override
    public Step take(char next) {
        return switch (state) {
            case NAME -> name(next);
            case BETWEEN -> between(next);
            case KEY -> key(next);
            case VALUE_BEGIN -> {
                plain.setLength(0);
                if (finder.take(next, plain) != MarkerFinder.NONE) {
                    beginValue();
                }
                yield plain.toString().isBlank() ? Step.MORE : Step.BAD;
            }
            case VALUE -> value(next);
        };
    }

    private Step name(char next) {
        boolean open = shape.nameEnd().isEmpty();
        if (open && !word.isEmpty() && !finder.holds() && JsonScan.isSpace(next)) {
            return start();
        }
        int marker = finder.take(next, word);
        if (marker == MarkerFinder.NONE) {
            return word.length() > HEADING_CHARS_MAX ? Step.BAD : Step.MORE;
        }
        Step step = start();
        return step == Step.BAD || !open ? step : found(marker);
    }

    private Step start() {
        name = word.toString().strip();
        if (!CallBody.isName(name) || !out.start("", name)) {
            return Step.BAD;
        }
        out.argument('{');
        finder = new MarkerFinder(between);
        state = State.BETWEEN;
        return Step.MORE;
    }

    private Step between(char next) {
        plain.setLength(0);
        int marker = finder.take(next, plain);
        if (!plain.toString().isBlank()) {
            return Step.BAD;
        }
        return marker == MarkerFinder.NONE ? Step.MORE : found(marker);
    }

    private Step found(int marker) {
        if (marker == 1) {
            out.argument('}');
            return Step.DONE;
        }
        word.setLength(0);
        finder = new MarkerFinder(List.of(shape.keyEnd()));
        state = State.KEY;
        return Step.MORE;
    }

    private Step key(char next) {
        if (finder.take(next, word) == MarkerFinder.NONE) {
            return Step.MORE;
        }
        String whole = word.toString();
        int quote = whole.indexOf('"');
        key = (quote < 0 ? whole : whole.substring(0, quote)).strip();
        attributes = quote < 0 ? "" : whole.substring(quote + 1).strip();
        boolean known =
                attributes.isEmpty() || attributes.equals(IS_STRING) || attributes.equals(IS_JSON);
        if (key.isEmpty() || !known) {
            return Step.BAD;
        }
        out.arguments((first ? "" : ", ") + JsonWords.quote(key) + ": ");
        first = false;
        if (shape.valueBegin().isEmpty()) {
            beginValue();
        } else {
            finder = new MarkerFinder(List.of(shape.valueBegin()));
            state = State.VALUE_BEGIN;
        }
        return Step.MORE;
    }

    private void beginValue() {
        finder = new MarkerFinder(List.of(shape.valueEnd()));
        word.setLength(0);
        streaming =
                attributes.equals(IS_STRING)
                        || attributes.isEmpty() && tools.type(name, key).isText();
        atStart = true;
        heldBreak = false;
        if (streaming) {
            out.argument('"');
        }
        state = State.VALUE;
    }

    private Step value(char next) {
        plain.setLength(0);
        boolean ended = finder.take(next, plain) != MarkerFinder.NONE;
        for (int i = 0; i < plain.length(); i++) {
            content(plain.charAt(i));
        }
        if (!ended) {
            return Step.MORE;
        }
        if (streaming) {
            out.argument('"');
        } else {
            ToolTypes.Type type =
                    attributes.equals(IS_JSON) ? ToolTypes.Type.ANY : tools.type(name, key);
            out.arguments(type.json(word.toString()));
        }
        finder = new MarkerFinder(between);
        state = State.BETWEEN;
        return Step.MORE;
    }

    /// A break at the start is left out, and one is kept back until it is known not to be the last
    /// character.
    private void content(char next) {
        boolean start = atStart;
        atStart = false;
        if (shape.wrapped() && next == '\n') {
            if (start) {
                return;
            }
            if (heldBreak) {
                pass('\n');
            }
            heldBreak = true;
            return;
        }
        if (heldBreak) {
            heldBreak = false;
            pass('\n');
        }
        pass(next);
    }

    private void pass(char next) {
        if (streaming) {
            out.arguments(JsonWords.escape(next));
        } else {
            word.append(next);
        }
    }
}
