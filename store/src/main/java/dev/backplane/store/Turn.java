package dev.backplane.store;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import java.util.List;

/// What one model call added to a trace's conversation.
///
/// @param position of the call in the trace's tree ([TreeRow#position])
/// @param repeated messages of its input that calls before it had, too
/// @param added messages that no call before it had, those of its output last
public record Turn(SpanRow call, int position, int repeated, List<Message> added) {
    public Turn {
        added = List.copyOf(added);
    }

    /// A message as it was sent, or a whole payload that is no list of messages.
    ///
    /// @param field [Field#INPUT] or [Field#OUTPUT]
    /// @param index among the messages of the field, from 0
    /// @param json whether it is JSON, and not plain text
    public record Message(Field field, int index, boolean json, Content content) {}
}
