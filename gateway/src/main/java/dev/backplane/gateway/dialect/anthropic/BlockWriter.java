package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.PlainIds;
import dev.backplane.gateway.dialect.Signature;
import dev.backplane.gateway.dialect.TextFiles;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Part;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Writes blocks of content.
final class BlockWriter {
    private final JsonOut out;
    private final boolean own;
    private final UnaryOperator<String> ids;
    private final Consumer<String> ignored;

    private BlockWriter(
            JsonOut out, boolean own, UnaryOperator<String> ids, Consumer<String> ignored) {
        this.out = out;
        this.own = own;
        this.ids = ids;
        this.ignored = ignored;
    }

    /// Of a request. A conversation may have begun at another provider, whose ids of calls are
    /// refused here, in whatever dialect it is.
    ///
    /// @param own whether extras and blocks of other types are of this dialect
    /// @param ignored told fields that were left out
    static BlockWriter ofRequest(JsonOut out, boolean own, Consumer<String> ignored) {
        return new BlockWriter(out, own, PlainIds::of, ignored);
    }

    /// Of an answer.
    static BlockWriter ofAnswer(JsonOut out) {
        return new BlockWriter(out, true, id -> id, _ -> {});
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

    /// Whether a part of another dialect is written. Blank text is refused there and says nothing.
    /// Thoughts that Anthropic did not sign would be refused, too; they are the model's own and the
    /// answer is as good without them.
    boolean says(Part part) {
        return switch (part) {
            case Part.Text(String text, Extras extras) -> !text.isBlank() || reported(extras);
            case Part.Refusal(String text, Extras extras) -> !text.isBlank() || reported(extras);
            case Part.Reasoning thought -> {
                boolean known = !thought.redacted().isEmpty() || isSigned(thought);
                if (!known) {
                    ignored.accept("messages.reasoning");
                }
                yield known;
            }
            case Part.ToolCall _,
                    Part.ToolResult _,
                    Part.Image _,
                    Part.Audio _,
                    Part.File _,
                    Part.Other _ ->
                    true;
        };
    }

    private boolean reported(Extras extras) {
        extras(extras);
        return false;
    }

    private static boolean isSigned(Part.Reasoning thought) {
        return Signature.ANTHROPIC.unmark(thought.signature()).isPresent();
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
                begin("tool_use").name("id").text(ids.apply(id)).name("name").text(name);
                out.name("input").json(Arguments.object(arguments));
                end(extras);
            }
            case Part.ToolResult(String id, List<Part> content, boolean error, Extras extras) -> {
                begin("tool_result").name("tool_use_id").text(ids.apply(id));
                List<Part> said = own ? content : content.stream().filter(this::says).toList();
                if (!said.isEmpty()) {
                    out.name("content");
                    content(said);
                }
                if (error) {
                    out.name("is_error").literal("true");
                }
                end(extras);
            }
            case Part.Other(String _, Slice json) when own -> out.json(json);
            case Part.Other(String type, Slice _) -> throw Cannot.send("a part of type " + type);
            case Part.Audio _ -> throw Cannot.send("audio");
        }
    }

    private void text(String text, Extras extras) {
        begin("text").name("text").text(text);
        end(extras);
    }

    private void thought(Part.Reasoning thought) {
        if (!thought.redacted().isEmpty()) {
            begin("redacted_thinking").name("data").text(thought.redacted());
        } else if (isSigned(thought) || own) {
            begin("thinking").name("thinking").text(thought.text());
            out.name("signature").text(thought.signature());
        } else {
            ignored.accept("messages.reasoning");
            return;
        }
        if (own) {
            extras(thought.extras());
        } else {
            Thoughts.report(thought, ignored);
        }
        out.endObject();
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
            case Media.Reference _ -> throw Cannot.send(a(what) + " by reference");
        }
        out.endObject();
    }

    private static Slice decoded(String base64) {
        return TextFiles.decode(base64)
                .orElseThrow(() -> Cannot.send("a document that is not base64"));
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

    private static String a(String what) {
        return (what.equals("image") ? "an " : "a ") + what;
    }
}
