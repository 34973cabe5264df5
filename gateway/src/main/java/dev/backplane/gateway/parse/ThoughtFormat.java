package dev.backplane.gateway.parse;

import java.util.List;

/// How a family marks what it thinks before it answers.
///
/// @param name in the configuration
/// @param opened whether the template has written `open` already, so that a reply begins inside a
///   thought
/// @param dropped markers around the answer itself, which nobody wants to read
public record ThoughtFormat(
        String name, String open, String close, boolean opened, List<String> dropped) {
    public ThoughtFormat {
        dropped = List.copyOf(dropped);
    }
}
