package dev.backplane.gateway.parse;

import java.util.List;

/// How a family writes tool calls: `open` calls `close`, once or several times in a reply.
///
/// @param name in the configuration
/// @param open markers, one of which comes before a group of calls
/// @param bare whether a reply may also begin with a call, without any marker
/// @param close after the group; empty where nothing does
/// @param separator between bare calls
/// @param shapes that a call may have; the first character decides
/// @param special whether markers are special tokens, which servers leave out unless asked
public record CallFormat(
        String name,
        List<String> open,
        boolean bare,
        String close,
        String separator,
        List<Shape> shapes,
        boolean special) {
    public CallFormat {
        open = List.copyOf(open);
        shapes = List.copyOf(shapes);
    }

    /// Calls between markers.
    static CallFormat marked(
            String name, String open, String close, boolean special, Shape... shapes) {
        return new CallFormat(name, List.of(open), false, close, "", List.of(shapes), special);
    }
}
