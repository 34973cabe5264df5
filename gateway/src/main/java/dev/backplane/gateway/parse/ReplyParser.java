package dev.backplane.gateway.parse;

import dev.backplane.gateway.model.Events;
import java.io.IOException;

/// Reads one reply as it comes and tells what is in it. For one reply and one thread.
///
/// ```java
/// ReplyParser parser = new ReplyParser(format, new ToolTypes(request.tools()), 0, ids, events);
/// while (…) {
///     parser.text(detokenizer.next());    // pieces of any size
/// }
/// parser.end();
/// FinishReason reason = parser.called() ? FinishReason.TOOL_CALLS : FinishReason.STOP;
/// ```
public final class ReplyParser {
    /// The longest text that is held back for the sake of a call that has not begun, or a value
    /// that has not ended. Longer ones are not understood.
    public static final int HELD_CHARS_MAX = 64 << 10;

    /// What reads a format.
    interface Engine {
        void take(char next);

        void end();
    }

    private final ReplyOut out;
    private final Engine engine;
    private final Events to;

    /// @param tools that the model was offered; without any, calls stay text
    /// @param choice number of the reply, for its events
    /// @param ids for calls to which the model gave none
    /// @param to is told of text, thoughts and calls, and at the end of what was not understood
    public ReplyParser(ReplyFormat format, ToolTypes tools, int choice, CallIds ids, Events to) {
        this.out = new ReplyOut(choice, ids);
        this.engine =
                format.channels() ? new ChannelReply(out) : new MarkedReply(format, tools, out);
        this.to = to;
    }

    /// Takes the next piece and tells what is certain.
    public void text(String piece) throws IOException {
        for (int i = 0; i < piece.length(); i++) {
            engine.take(piece.charAt(i));
        }
        out.send(to);
    }

    /// The reply is over: tells the rest.
    public void end() throws IOException {
        engine.end();
        out.end();
        out.send(to);
    }

    /// Whether the reply has calls, all of them whole.
    public boolean called() {
        return out.called();
    }
}
