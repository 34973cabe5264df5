package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A message of the assistant: parts of text and of refusal.
final class MessageItem extends OpenItem {
    private final List<Slice> parts = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final List<Slice> logprobs = new ArrayList<>();
    private final List<Slice> annotations = new ArrayList<>();
    private boolean open;
    private boolean refusing;

    MessageItem(Frames frames, String id, int index) {
        super(frames, id, index);
    }

    @Override
    Slice json(String status) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id).name("type").text("message");
        out.name("status").text(status).name("role").text("assistant");
        out.name("content").beginArray();
        parts.forEach(out::json);
        if (open) {
            out.json(part());
        }
        return out.endArray().endObject().slice();
    }

    private Slice part() {
        JsonOut out = new JsonOut().beginObject();
        if (refusing) {
            out.name("type").text("refusal").name("refusal").text(text.toString());
        } else {
            out.name("type").text("output_text").name("text").text(text.toString());
            out.name("annotations").beginArray();
            annotations.forEach(out::json);
            out.endArray();
            logprobs(out, logprobs);
        }
        return out.endObject().slice();
    }

    private static void logprobs(JsonOut out, List<Slice> tokens) {
        out.name("logprobs").beginArray();
        tokens.forEach(out::json);
        out.endArray();
    }

    private void part(boolean refusal) throws IOException {
        if (open && refusing == refusal) {
            return;
        }
        endParts();
        open = true;
        refusing = refusal;
        frames.send("response.content_part.added", out -> content(out).name("part").json(part()));
    }

    private JsonOut content(JsonOut out) {
        return place(out).name("content_index").literal("" + parts.size());
    }

    /// @param tokens probabilities of the piece's tokens
    void say(String piece, List<Slice> tokens) throws IOException {
        part(false);
        text.append(piece);
        logprobs.addAll(tokens);
        frames.send(
                "response.output_text.delta",
                out -> logprobs(content(out).name("delta").text(piece), tokens));
    }

    void refuse(String piece) throws IOException {
        part(true);
        text.append(piece);
        frames.send("response.refusal.delta", out -> content(out).name("delta").text(piece));
    }

    /// Probabilities that came after their text had left.
    void addLogprobs(List<Slice> tokens) {
        logprobs.addAll(tokens);
    }

    /// Sources of what was said, in the form that chats have: `{"type":"url_citation",
    /// "url_citation":{…}}` becomes one object.
    void annotate(Slice json) throws IOException {
        part(false);
        for (Slice annotation : flattened(json)) {
            frames.send(
                    "response.output_text.annotation.added",
                    out ->
                            content(out)
                                    .name("annotation_index")
                                    .literal("" + annotations.size())
                                    .name("annotation")
                                    .json(annotation));
            annotations.add(annotation);
        }
    }

    private static List<Slice> flattened(Slice json) {
        List<Slice> flat = new ArrayList<>();
        JsonCursor.read(
                json,
                "annotations",
                cursor -> {
                    cursor.array(() -> {
                        JsonOut out = new JsonOut().beginObject();
                        cursor.object(name -> {
                            if (cursor.isObject()) {
                                cursor.object(inner -> out.name(inner).json(cursor.raw()));
                            } else {
                                out.name(name).json(cursor.raw());
                            }
                        });
                        flat.add(out.endObject().slice());
                    });
                    return flat;
                });
        return flat;
    }

    @Override
    void endParts() throws IOException {
        if (!open) {
            return;
        }
        String whole = text.toString();
        if (refusing) {
            frames.send("response.refusal.done", out -> content(out).name("refusal").text(whole));
        } else {
            frames.send(
                    "response.output_text.done",
                    out -> logprobs(content(out).name("text").text(whole), logprobs));
        }
        Slice part = part();
        frames.send("response.content_part.done", out -> content(out).name("part").json(part));
        parts.add(part);
        open = false;
        text.setLength(0);
        logprobs.clear();
        annotations.clear();
    }
}
