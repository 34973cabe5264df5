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
/// @param ids what a call is called to which the model gave no id
public record CallFormat(
        String name,
        List<String> open,
        boolean bare,
        String close,
        String separator,
        List<Shape> shapes,
        boolean special,
        Ids ids) {
    /// Templates write ids into the next prompt, and some insist on their form.
    public enum Ids {
        /// Whatever is unique.
        ANY,
        /// Nine letters and digits (mistralai/mistral-common, protocol/instruct/validator.py).
        NINE,
        /// `functions.f:0`, counted over the conversation (MoonshotAI/Kimi-K2,
        /// docs/tool_call_guidance.md).
        NUMBERED
    }

    public CallFormat {
        open = List.copyOf(open);
        shapes = List.copyOf(shapes);
    }

    /// Calls between markers.
    static CallFormat marked(
            String name, String open, String close, boolean special, Shape... shapes) {
        return new CallFormat(
                name, List.of(open), false, close, "", List.of(shapes), special, Ids.ANY);
    }

    CallFormat with(Ids other) {
        return new CallFormat(name, open, bare, close, separator, shapes, special, other);
    }
}
