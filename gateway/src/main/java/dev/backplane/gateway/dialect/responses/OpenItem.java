package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import java.io.IOException;

/// An item of the output while it is made. One is open at a time.
abstract sealed class OpenItem permits MessageItem, ReasoningItem, CallItem {
    static final String IN_PROGRESS = "in_progress";

    final Frames frames;
    final String id;
    private final int index;

    OpenItem(Frames frames, String id, int index) {
        this.frames = frames;
        this.id = id;
        this.index = index;
    }

    /// As it is now.
    abstract Slice json(String status);

    /// Ends the parts that are open.
    abstract void endParts() throws IOException;

    final void begin() throws IOException {
        sendWhole("response.output_item.added", json(IN_PROGRESS));
    }

    /// @param status `completed` or `incomplete`
    /// @return the finished item
    final Slice end(String status) throws IOException {
        endParts();
        Slice whole = json(status);
        sendWhole("response.output_item.done", whole);
        return whole;
    }

    private void sendWhole(String type, Slice item) throws IOException {
        frames.send(
                type, out -> out.name("output_index").literal("" + index).name("item").json(item));
    }

    /// Where in the output an event is about.
    final JsonOut place(JsonOut out) {
        return out.name("item_id").text(id).name("output_index").literal("" + index);
    }
}
