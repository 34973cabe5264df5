package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Slice;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A member of a tool call in an answer that the model has no place for (Gemini's `extra_content`
/// with the signature of a thought, for example), named by its path: `tool_calls[1].extra_content`.
///
/// @param call the model's count of the call
record CallMember(int call, String name) {
    static final String TYPE = "type";

    /// The type of a call whose input is text; functions have none.
    static final Slice CUSTOM = Slice.of("\"custom\"");

    private static final Pattern PATH = Pattern.compile("tool_calls\\[(\\d{1,6})]\\.(.+)");

    static Optional<CallMember> parse(String path) {
        Matcher matcher = PATH.matcher(path);
        return matcher.matches()
                ? Optional.of(new CallMember(Integer.parseInt(matcher.group(1)), matcher.group(2)))
                : Optional.empty();
    }

    String path() {
        return "tool_calls[" + call + "]." + name;
    }
}
