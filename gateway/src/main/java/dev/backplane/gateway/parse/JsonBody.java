package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.Optional;

/// Reads `{"name": f, "arguments": {…}}`. Arguments that come after the name are passed on as they
/// come; those before it wait for it. Arguments in a JSON string are taken out of it.
final class JsonBody implements CallBody {
    private enum State {
        OPEN,
        KEY_OR_CLOSE,
        KEY_START,
        KEY,
        COLON,
        VALUE_START,
        VALUE,
        AFTER
    }

    private final Shape.Json shape;
    private final CallOut out;
    private State state = State.OPEN;
    private JsonScan scan = new JsonScan();
    private final StringBuilder word = new StringBuilder();
    private String key = "";
    private String name = "";
    private String id = "";
    private String arguments = "";
    private boolean streaming;
    private boolean started;

    JsonBody(Shape.Json shape, CallOut out) {
        this.shape = shape;
        this.out = out;
    }

    @Override
    public Step take(char next) {
        return switch (state) {
            case KEY -> key(next);
            case VALUE -> value(next);
            case OPEN, KEY_OR_CLOSE, KEY_START, COLON, VALUE_START, AFTER ->
                    JsonScan.isSpace(next) ? Step.MORE : structure(next);
        };
    }

    private Step structure(char next) {
        return switch (state) {
            case OPEN -> move(next == '{', State.KEY_OR_CLOSE);
            case KEY_OR_CLOSE, KEY_START -> {
                if (next == '}' && state == State.KEY_OR_CLOSE) {
                    yield finish();
                }
                begin();
                state = State.KEY;
                yield next == '"' ? key(next) : Step.BAD;
            }
            case COLON -> move(next == ':', State.VALUE_START);
            case VALUE_START -> {
                begin();
                state = State.VALUE;
                boolean wanted = shape.arguments().contains(key) && arguments.isEmpty() && !started;
                streaming = wanted && next == '{' && !name.isEmpty();
                yield streaming && !start() ? Step.BAD : value(next);
            }
            case AFTER -> next == '}' ? finish() : move(next == ',', State.KEY_START);
            case KEY, VALUE -> throw new IllegalStateException("not structure");
        };
    }

    private Step move(boolean right, State to) {
        state = to;
        return right ? Step.MORE : Step.BAD;
    }

    private void begin() {
        scan = new JsonScan();
        word.setLength(0);
    }

    private Step key(char next) {
        word.append(next);
        Step step = scan.take(next);
        if (step == Step.DONE) {
            Optional<String> text = JsonWords.text(word.toString());
            key = text.orElse("");
            state = State.COLON;
            return text.isPresent() ? Step.MORE : Step.BAD;
        }
        return step;
    }

    private Step value(char next) {
        Step step = scan.take(next);
        if (step == Step.MORE || step == Step.DONE) {
            if (streaming) {
                out.raw(next, step == Step.MORE && scan.inText());
            } else {
                word.append(next);
            }
        }
        if (step == Step.BAD || step == Step.MORE) {
            return step;
        }
        boolean good = streaming || member(word.toString());
        streaming = false;
        state = State.AFTER;
        if (!good) {
            return Step.BAD;
        }
        return step == Step.PASSED ? take(next) : Step.MORE;
    }

    private boolean member(String json) {
        if (shape.name().contains(key) && name.isEmpty()) {
            name = JsonWords.text(json).orElse("");
            return CallBody.isName(name);
        }
        if (shape.id().contains(key)) {
            id = JsonWords.text(json).orElse(json);
            if (started) {
                // The call has another by then.
                out.note("a call's id came after its arguments: " + json);
            }
            return true;
        }
        if (shape.arguments().contains(key) && arguments.isEmpty() && !started) {
            arguments = json.startsWith("\"") ? JsonWords.text(json).orElse("") : json;
            boolean object = arguments.stripLeading().startsWith("{");
            return arguments.equals("null") || object && JsonScan.isValue(arguments);
        }
        out.note("a call has a member more: " + JsonWords.quote(key) + ": " + json);
        return true;
    }

    private boolean start() {
        started = true;
        return out.start(id, name);
    }

    private Step finish() {
        if (started) {
            return Step.DONE;
        }
        if (name.isEmpty() || !start()) {
            return Step.BAD;
        }
        boolean none = arguments.isEmpty() || arguments.equals("null");
        JsonScan inside = new JsonScan();
        String whole = none ? "{}" : arguments;
        for (int i = 0; i < whole.length(); i++) {
            Step step = inside.take(whole.charAt(i));
            out.raw(whole.charAt(i), step == Step.MORE && inside.inText());
        }
        return Step.DONE;
    }
}
