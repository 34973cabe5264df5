package dev.backplane.gateway.dialect.bedrock;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.dialect.PlainIds;
import dev.backplane.gateway.dialect.Signature;
import dev.backplane.gateway.dialect.Thoughts;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Part;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// Writes parts of messages as Converse's content blocks.
final class BlockWriter {
    private static final String CACHE = "cache_control";

    /// What Converse calls files that media types name differently.
    private static final Map<String, String> FORMATS =
            Map.of(
                    "plain", "txt",
                    "markdown", "md",
                    "msword", "doc",
                    "vnd.ms-excel", "xls",
                    "vnd.openxmlformats-officedocument.wordprocessingml.document", "docx",
                    "vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
                    "jpg", "jpeg");

    private final JsonOut out;
    private final Consumer<String> ignored;
    private int documents;

    BlockWriter(JsonOut out, Consumer<String> ignored) {
        this.out = out;
        this.ignored = ignored;
    }

    /// Whether a part is written. Blank text is refused there and says nothing; thoughts are of use
    /// only with the signature that proves them.
    boolean says(Part part) {
        return switch (part) {
            case Part.Text(String text, Extras extras) -> !text.isBlank() || reported(extras);
            case Part.Refusal(String text, Extras extras) -> !text.isBlank() || reported(extras);
            case Part.Reasoning thought -> {
                boolean proven = isSigned(thought) || isRedacted(thought);
                if (!proven) {
                    ignored.accept("messages.reasoning");
                }
                yield proven;
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

    /// Beside what is not written nothing can stand, not even where a cache ends.
    private boolean reported(Extras extras) {
        extras.members().keySet().forEach(name -> ignored.accept("messages." + name));
        return false;
    }

    private static boolean isSigned(Part.Reasoning thought) {
        return Signature.ANTHROPIC.unmark(thought.signature()).isPresent();
    }

    private static boolean isRedacted(Part.Reasoning thought) {
        return Signature.ANTHROPIC.unmark(thought.redacted()).isPresent();
    }

    void part(Part part) {
        switch (part) {
            case Part.Text(String text, Extras extras) -> {
                text(text);
                extras(extras, "messages.");
            }
            case Part.Refusal(String text, Extras extras) -> {
                text(text);
                extras(extras, "messages.");
            }
            case Part.Reasoning thought -> reasoning(thought);
            case Part.ToolCall(String id, String name, String arguments, Extras extras) -> {
                out.beginObject().name("toolUse").beginObject();
                out.name("toolUseId").text(PlainIds.of(id)).name("name").text(name);
                out.name("input").json(Arguments.object(arguments)).endObject().endObject();
                extras(extras, "messages.");
            }
            case Part.ToolResult(String id, List<Part> content, boolean error, Extras extras) -> {
                out.beginObject().name("toolResult").beginObject();
                out.name("toolUseId").text(PlainIds.of(id)).name("content").beginArray();
                content.stream().filter(this::says).forEach(this::part);
                out.endArray().name("status").text(error ? "error" : "success");
                out.endObject().endObject();
                extras(extras, "messages.");
            }
            case Part.Image(Media media, String detail, Extras extras) -> {
                media("image", format(media, "image"), media);
                if (!detail.isEmpty()) {
                    ignored.accept("messages.detail");
                }
                extras(extras, "messages.");
            }
            case Part.Audio(Media media, String format, Extras extras) -> {
                media("audio", format, media);
                extras(extras, "messages.");
            }
            case Part.File(Media media, String name, Extras extras) -> {
                document(media, name);
                extras(extras, "messages.");
            }
            case Part.Other(String type, Slice _) -> throw Cannot.send("a part of type " + type);
        }
    }

    private void text(String text) {
        if (!text.isBlank()) {
            out.beginObject().name("text").text(text).endObject();
        }
    }

    private void reasoning(Part.Reasoning thought) {
        out.beginObject().name("reasoningContent").beginObject();
        if (isSigned(thought)) {
            out.name("reasoningText").beginObject().name("text").text(thought.text());
            out.name("signature").text(thought.signature()).endObject();
        } else {
            out.name("redactedContent").text(thought.redacted());
        }
        out.endObject().endObject();
        Thoughts.report(thought, ignored);
    }

    private void media(String kind, String format, Media media) {
        out.beginObject().name(kind).beginObject().name("format").text(format);
        source(media, kind);
        out.endObject().endObject();
    }

    private void source(Media media, String kind) {
        out.name("source").beginObject();
        switch (media) {
            case Media.Base64(String _, String data) -> out.name("bytes").text(data);
            case Media.Url(String url) when url.startsWith("s3://") ->
                    out.name("s3Location").beginObject().name("uri").text(url).endObject();
            case Media.Url _ -> throw Cannot.send(a(kind) + " by its address");
            case Media.Reference _ -> throw Cannot.send(a(kind) + " by reference");
        }
        out.endObject();
    }

    private static String a(String kind) {
        return (kind.equals("file") ? "a " : "an ") + kind;
    }

    private static String format(Media media, String kind) {
        String name =
                switch (media) {
                    case Media.Base64(String type, String _) ->
                            type.substring(type.indexOf('/') + 1);
                    case Media.Url(String url) -> url.substring(url.lastIndexOf('.') + 1);
                    case Media.Reference _ -> throw Cannot.send(a(kind) + " by reference");
                };
        if (name.isEmpty()) {
            throw Problem.invalid("media type of " + a(kind) + " is missing", "messages")
                    .fix("say data:TYPE;base64,…");
        }
        String lower = name.toLowerCase(Locale.ROOT);
        return FORMATS.getOrDefault(lower, lower);
    }

    /// Names may hold letters, digits, single spaces and a few signs, and must differ.
    private void document(Media media, String name) {
        documents++;
        String plain = name.replaceAll("[^A-Za-z0-9()\\[\\]-]+", " ").strip();
        out.beginObject().name("document").beginObject();
        out.name("format").text(format(media, "file"));
        out.name("name").text((plain.isEmpty() ? "document" : plain) + " " + documents);
        source(media, "file");
        out.endObject().endObject();
    }

    /// Of the members beside a part only the mark of a cache can be said: as a block after it.
    void extras(Extras extras, String path) {
        extras.members()
                .forEach((name, json) -> {
                    if (name.equals(CACHE)) {
                        out.beginObject()
                                .name("cachePoint")
                                .beginObject()
                                .name("type")
                                .text("default");
                        String ttl = ttl(json);
                        if (!ttl.isEmpty()) {
                            out.name("ttl").text(ttl);
                        }
                        out.endObject().endObject();
                    } else {
                        ignored.accept(path + name);
                    }
                });
    }

    private String ttl(Slice control) {
        String[] ttl = {""};
        JsonCursor.read(
                control,
                CACHE,
                cursor -> {
                    cursor.object(name -> {
                        switch (name) {
                            case "ttl" -> ttl[0] = cursor.textOrEmpty();
                            case "type" -> {
                                if (!cursor.text().equals("ephemeral")) {
                                    ignored.accept(CACHE + ".type");
                                }
                            }
                            default -> {
                                ignored.accept(CACHE + "." + name);
                                cursor.skip();
                            }
                        }
                    });
                    return ttl;
                });
        return ttl[0];
    }
}
