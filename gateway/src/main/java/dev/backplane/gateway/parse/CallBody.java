package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.Step;

/// Reads one call, after its beginning, a character at a time.
interface CallBody {
    /// Longest text before the name of a call is known.
    int HEADING_CHARS_MAX = 600;

    Step take(char next);

    static CallBody of(Shape shape, ToolTypes tools, CallOut out) {
        return switch (shape) {
            case Shape.Json json -> new JsonBody(json, out);
            case Shape.Named named -> new NamedBody(named, tools, out);
            case Shape.Tagged tagged -> new TaggedBody(tagged, tools, out);
            case Shape.Literal literal -> new LiteralBody(literal, out);
        };
    }

    /// Whether a call can be named so.
    static boolean isName(String name) {
        return !name.isEmpty()
                && name.length() <= 256
                && name.chars()
                        .allMatch(part ->
                                Character.isLetterOrDigit(part) || "_-./:".indexOf(part) >= 0);
    }
}
