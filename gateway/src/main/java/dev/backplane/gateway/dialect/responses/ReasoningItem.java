package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import java.io.IOException;

/// A thought: one part, in `summary` or in `content`.
final class ReasoningItem extends OpenItem {
    private final boolean summary;
    private final StringBuilder text = new StringBuilder();
    private String sealed = "";
    private boolean open;
    private boolean closed;

    /// @param summary whether the thought is shown as a summary
    ReasoningItem(Frames frames, String id, int index, boolean summary) {
        super(frames, id, index);
        this.summary = summary;
    }

    @Override
    Slice json(String status) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id);
        out.name("type").text("reasoning").name("status").text(status);
        out.name("summary").beginArray();
        if (summary && !text.isEmpty()) {
            out.json(part(text.toString()));
        }
        out.endArray();
        if (!summary) {
            out.name("content").beginArray();
            if (!text.isEmpty()) {
                out.json(part(text.toString()));
            }
            out.endArray();
        }
        if (!sealed.isEmpty()) {
            out.name("encrypted_content").text(sealed);
        }
        return out.endObject().slice();
    }

    private Slice part(String whole) {
        JsonOut out = new JsonOut().beginObject().name("type");
        out.text(summary ? "summary_text" : "reasoning_text").name("text").text(whole);
        return out.endObject().slice();
    }

    private JsonOut part(JsonOut out) {
        return place(out).name(summary ? "summary_index" : "content_index").literal("0");
    }

    private String event(String ofSummary, String ofContent) {
        return "response." + (summary ? ofSummary : ofContent);
    }

    void think(String piece) throws IOException {
        if (!open) {
            open = true;
            frames.send(
                    event("reasoning_summary_part.added", "content_part.added"),
                    out -> part(out).name("part").json(part("")));
        }
        text.append(piece);
        frames.send(
                event("reasoning_summary_text.delta", "reasoning_text.delta"),
                out -> part(out).name("delta").text(piece));
    }

    void seal(String signature, String redacted) {
        sealed = new SealedThought(signature, redacted).text();
    }

    @Override
    void endParts() throws IOException {
        if (!open || closed) {
            return;
        }
        closed = true;
        String whole = text.toString();
        frames.send(
                event("reasoning_summary_text.done", "reasoning_text.done"),
                out -> part(out).name("text").text(whole));
        frames.send(
                event("reasoning_summary_part.done", "content_part.done"),
                out -> part(out).name("part").json(part(whole)));
    }
}
