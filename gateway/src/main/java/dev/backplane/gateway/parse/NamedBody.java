package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.List;
import java.util.regex.Pattern;

/// Reads a name, a separator and a JSON object, which is passed on as it comes.
final class NamedBody implements CallBody {
    private static final String FUNCTIONS = "functions.";
    private static final String CALL_ID = "[CALL_ID]";

    /// Kimi writes the number alone now and then.
    private static final Pattern COUNTER = Pattern.compile("[0-9]+");

    private final Shape.Named shape;
    private final ToolTypes tools;
    private final CallOut out;
    private final MarkerFinder separator;
    private final StringBuilder heading = new StringBuilder();
    private final JsonScan scan = new JsonScan();
    private boolean inHeading = true;
    private boolean begun;

    NamedBody(Shape.Named shape, ToolTypes tools, CallOut out) {
        this.shape = shape;
        this.tools = tools;
        this.out = out;
        this.separator = new MarkerFinder(List.of(shape.separator()));
    }

    @Override
    public Step take(char next) {
        if (inHeading) {
            boolean bare = shape.optional() && next == '{' && !separator.holds();
            inHeading = !bare && separator.take(next, heading) == MarkerFinder.NONE;
            if (inHeading) {
                return heading.length() > HEADING_CHARS_MAX ? Step.BAD : Step.MORE;
            }
            Step step = start(heading.toString().strip()) ? Step.MORE : Step.BAD;
            return bare && step == Step.MORE ? take(next) : step;
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
                if (COUNTER.matcher(name).matches()) {
                    name = tools.only().orElse("");
                    id = text;
                }
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
