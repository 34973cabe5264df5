package dev.backplane.gateway.parse;

import java.util.List;

/// How a family marks what it thinks before it answers.
///
/// @param name in the configuration
/// @param open markers, one of which begins a thought
/// @param close markers, one of which ends it
/// @param opened whether the template has written the opening marker already, so that a reply
///   begins inside a thought
/// @param dropped markers around the answer itself, which nobody wants to read
public record ThoughtFormat(
        String name, List<String> open, List<String> close, boolean opened, List<String> dropped) {
    public ThoughtFormat {
        open = List.copyOf(open);
        close = List.copyOf(close);
        dropped = List.copyOf(dropped);
    }

    ThoughtFormat opened(boolean already) {
        return new ThoughtFormat(name, open, close, already, dropped);
    }
}
