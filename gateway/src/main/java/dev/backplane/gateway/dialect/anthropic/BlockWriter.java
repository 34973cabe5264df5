package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Part;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;

/// Writes blocks of content.
final class BlockWriter {
    private final JsonOut out;
    private final boolean own;
    private final Consumer<String> ignored;

    /// @param own whether extras and blocks of other types are of this dialect
    /// @param ignored told fields that were left out
    BlockWriter(JsonOut out, boolean own, Consumer<String> ignored) {
        this.out = out;
        this.own = own;
        this.ignored = ignored;
    }

    /// The value of `content`; one plain text is a string.
    void content(List<Part> parts) {
        if (parts.size() == 1
                && parts.getFirst() instanceof Part.Text(String text, Extras extras)
                && (extras.isEmpty() || !own)) {
            extras(extras);
            out.text(text);
            return;
        }
        out.beginArray();
        parts.forEach(this::block);
        out.endArray();
    }

    void block(Part part) {
        switch (part) {
            case Part.Text(String text, Extras extras) -> text(text, extras);
            case Part.Refusal(String text, Extras extras) -> text(text, extras);
            case Part.Image(Media media, String detail, Extras extras) -> {
                begin("image");
                if (!detail.isEmpty()) {
                    ignored.accept("messages.detail");
                }
                source(media, "image");
                end(extras);
            }
            case Part.File(Media media, String name, Extras extras) -> {
                begin("document");
                source(media, "document");
                if (!name.isEmpty()) {
                    out.name("title").text(name);
                }
                end(extras);
            }
            case Part.Reasoning thought -> thought(thought);
            case Part.ToolCall(String id, String name, String arguments, Extras extras) -> {
                begin("tool_use").name("id").text(id).name("name").text(name);
                out.name("input").json(Arguments.object(arguments));
                end(extras);
            }
            case Part.ToolResult(String id, List<Part> content, boolean error, Extras extras) -> {
                begin("tool_result").name("tool_use_id").text(id);
                if (!content.isEmpty()) {
                    out.name("content");
                    content(content);
                }
                if (error) {
                    out.name("is_error").literal("true");
                }
                end(extras);
            }
            case Part.Other(String _, Slice json) when own -> out.json(json);
            case Part.Other(String type, Slice _) -> throw cannot("a part of type " + type);
            case Part.Audio _ -> throw cannot("audio");
        }
    }

    private void text(String text, Extras extras) {
        begin("text").name("text").text(text);
        end(extras);
    }

    /// Thoughts that Anthropic did not sign would be refused by it; they are the model's own and
    /// the answer is as good without them.
    private void thought(Part.Reasoning thought) {
        if (!thought.redacted().isEmpty()) {
            begin("redacted_thinking").name("data").text(thought.redacted());
            end(thought.extras());
        } else if (own || !thought.signature().isEmpty()) {
            begin("thinking").name("thinking").text(thought.text());
            out.name("signature").text(thought.signature());
            end(thought.extras());
        } else {
            ignored.accept("messages.reasoning");
        }
    }

    private void source(Media media, String what) {
        out.name("source").beginObject().name("type");
        switch (media) {
            case Media.Url(String url) -> out.text("url").name("url").text(url);
            case Media.Base64(String type, String data)
                    when type.startsWith("text/plain") && what.equals("document") -> {
                out.text("text").name("media_type").text("text/plain");
                out.name("data").text(decoded(data));
            }
            case Media.Base64(String type, String data) ->
                    out.text("base64").name("media_type").text(type).name("data").text(data);
            case Media.Reference(String id) when own -> out.text("file").name("file_id").text(id);
            case Media.Reference _ -> throw cannot(what + " by reference");
        }
        out.endObject();
    }

    private Slice decoded(String base64) {
        try {
            return Slice.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException malformed) {
            throw cannot("a document that is not base64");
        }
    }

    private JsonOut begin(String type) {
        return out.beginObject().name("type").text(type);
    }

    private void end(Extras extras) {
        extras(extras);
        out.endObject();
    }

    private void extras(Extras extras) {
        extras.members()
                .forEach((name, json) -> {
                    if (own) {
                        out.name(name).json(json);
                    } else {
                        ignored.accept("messages." + name);
                    }
                });
    }

    private static Problem cannot(String what) {
        return Problem.invalid(what + " cannot be sent to this provider", "messages")
                .fix("leave it out, or name a model whose provider takes it");
    }
}
