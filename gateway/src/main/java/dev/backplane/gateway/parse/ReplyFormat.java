package dev.backplane.gateway.parse;

import java.util.Optional;

/// How a model writes its replies.
///
/// @param channels whether they are Harmony's messages, which have calls and thoughts of their own
public record ReplyFormat(
        Optional<CallFormat> calls, Optional<ThoughtFormat> thoughts, boolean channels) {
    /// Nothing to parse.
    public static final ReplyFormat PLAIN =
            new ReplyFormat(Optional.empty(), Optional.empty(), false);

    /// OpenAI's gpt-oss, see [ChannelReply].
    public static final ReplyFormat HARMONY =
            new ReplyFormat(Optional.empty(), Optional.empty(), true);

    static ReplyFormat of(CallFormat calls, ThoughtFormat thoughts) {
        return new ReplyFormat(Optional.of(calls), Optional.of(thoughts), false);
    }

    /// The same with a template that was told to let the model think, or not to.
    ReplyFormat thinking(boolean on) {
        return new ReplyFormat(calls, thoughts.map(format -> format.opened(on)), channels);
    }

    /// Whether a server must be asked for its special tokens.
    public boolean special() {
        return channels || calls.map(CallFormat::special).orElse(false);
    }
}
