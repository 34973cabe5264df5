package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.List;

/// Reads a name, a separator and a JSON object, which is passed on as it comes.
final class NamedBody implements CallBody {
    private static final String FUNCTIONS = "functions.";
    private static final String CALL_ID = "[CALL_ID]";

    private final Shape.Named shape;
    private final CallOut out;
    private final MarkerFinder separator;
    private final StringBuilder heading = new StringBuilder();
    private final JsonScan scan = new JsonScan();
    private boolean inHeading = true;
    private boolean begun;

    NamedBody(Shape.Named shape, CallOut out) {
        this.shape = shape;
        this.out = out;
        this.separator = new MarkerFinder(List.of(shape.separator()));
    }

    @Override
    public Step take(char next) {
        if (inHeading) {
            inHeading = separator.take(next, heading) == MarkerFinder.NONE;
            if (inHeading) {
                return heading.length() > HEADING_CHARS_MAX ? Step.BAD : Step.MORE;
            }
            return start(heading.toString().strip()) ? Step.MORE : Step.BAD;
        }
        if (!begun) {
            if (JsonScan.isSpace(next)) {
                return Step.MORE;
            }
            begun = true;
            if (next != '{') {
                return Step.BAD;
            }
        }
        Step step = scan.take(next);
        if (step != Step.BAD) {
            out.raw(next, step == Step.MORE && scan.inText());
        }
        return step;
    }

    private boolean start(String text) {
        String name = text;
        String id = "";
        switch (shape.heading()) {
            case NAME -> {}
            case NUMBERED -> {
                int colon = text.lastIndexOf(':');
                int end = colon < 0 ? text.length() : colon;
                id = colon < 0 ? "" : text;
                name = text.substring(text.startsWith(FUNCTIONS) ? FUNCTIONS.length() : 0, end);
            }
            case IDENTIFIED -> {
                int at = text.indexOf(CALL_ID);
                if (at >= 0) {
                    name = text.substring(0, at);
                    id = text.substring(at + CALL_ID.length());
                }
            }
        }
        boolean named = CallBody.isName(name) && (id.isEmpty() || CallBody.isName(id));
        return named && out.start(id, name);
    }
}
