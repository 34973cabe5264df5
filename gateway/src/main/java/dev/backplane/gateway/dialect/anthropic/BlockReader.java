package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads a block of content, by its type. One that holds what the model has no place for, below its
/// own level, stays whole.
final class BlockReader {
    private static final Set<String> KNOWN =
            Set.of(
                    "text",
                    "thinking",
                    "redacted_thinking",
                    "tool_use",
                    "tool_result",
                    "image",
                    "document");

    private final JsonCursor cursor;
    private final Slice whole;
    private final Map<String, Slice> members = new HashMap<>();
    private final Extras.Builder extras = new Extras.Builder();
    private final List<Part> content = new ArrayList<>();
    private String type = "";
    private final Map<String, String> texts = new HashMap<>();
    private boolean error;
    private Optional<Media> media = Optional.empty();

    private BlockReader(JsonCursor cursor, Slice whole) {
        this.cursor = cursor;
        this.whole = whole;
    }

    /// Content as it stands in messages, results and `system`: text or blocks.
    static List<Part> content(JsonCursor cursor) {
        List<Part> parts = new ArrayList<>();
        if (cursor.isText()) {
            parts.add(new Part.Text(cursor.text()));
        } else if (cursor.isArray()) {
            cursor.array(() -> parts.add(block(cursor)));
        } else {
            throw cursor.wrong("a string or an array of blocks");
        }
        return parts;
    }

    static Part block(JsonCursor cursor) {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        String path = cursor.path();
        Slice whole = cursor.raw();
        String type = JsonCursor.read(whole, path, BlockReader::type);
        if (type.isEmpty()) {
            throw cursor.problem("has a block without a type")
                    .fix("send type: text, image, tool_result, …");
        }
        return KNOWN.contains(type)
                ? JsonCursor.read(whole, path, block -> new BlockReader(block, whole).part(type))
                : new Part.Other(type, whole);
    }

    /// It may come after the members whose meaning it decides.
    static String type(JsonCursor cursor) {
        String[] type = {""};
        cursor.object(name -> {
            if (name.equals("type")) {
                type[0] = cursor.text();
            } else {
                cursor.skip();
            }
        });
        return type[0];
    }

    private Part part(String of) {
        type = of;
        switch (type) {
            case "text" -> read("text");
            case "thinking" -> read("thinking", "signature");
            case "redacted_thinking" -> read("data");
            case "tool_use" -> read("id", "name");
            case "tool_result" -> read("tool_use_id");
            case "image" -> read();
            default -> read("title");
        }
        Extras more = extras.build();
        return switch (type) {
            case "text" -> new Part.Text(text("text"), more);
            case "thinking" -> new Part.Reasoning(text("thinking"), text("signature"), "", more);
            case "redacted_thinking" -> new Part.Reasoning("", "", text("data"), more);
            case "tool_use" ->
                    new Part.ToolCall(
                            text("id"),
                            text("name"),
                            members.getOrDefault("input", Slice.EMPTY).text(),
                            more);
            case "tool_result" -> new Part.ToolResult(text("tool_use_id"), content, error, more);
            case "image" ->
                    media.<Part>map(where -> new Part.Image(where, "", more))
                            .orElseGet(() -> new Part.Other(type, whole));
            default ->
                    media.<Part>map(where -> new Part.File(where, text("title"), more))
                            .orElseGet(() -> new Part.Other(type, whole));
        };
    }

    private String text(String name) {
        return texts.getOrDefault(name, "");
    }

    private void read(String... known) {
        List<String> names = List.of(known);
        cursor.object(name -> {
            if (name.equals("type")) {
                cursor.skip();
            } else if (names.contains(name)) {
                texts.put(name, cursor.textOrEmpty());
            } else if (type.equals("tool_use") && name.equals("input")) {
                if (!cursor.isObject()) {
                    throw cursor.wrong("an object");
                }
                members.put(name, cursor.raw());
            } else if (type.equals("tool_result") && name.equals("content")) {
                if (!cursor.isNull()) {
                    content.addAll(content(cursor));
                }
            } else if (type.equals("tool_result") && name.equals("is_error")) {
                error = !cursor.isNull() && cursor.flag();
            } else if (name.equals("source") && !type.equals("text")) {
                source();
            } else if (!cursor.isNull()) {
                extras.put(name, cursor.raw());
            }
        });
    }

    private void source() {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        Slice source = cursor.raw();
        Map<String, String> found = new HashMap<>();
        boolean[] plain = {true};
        JsonCursor.read(
                source,
                "source",
                inner -> {
                    inner.object(name -> {
                        if (inner.isText()) {
                            found.put(name, inner.text());
                        } else {
                            plain[0] = false;
                            inner.skip();
                        }
                    });
                    return found;
                });
        media = plain[0] ? media(found) : Optional.empty();
    }

    private Optional<Media> media(Map<String, String> source) {
        String kind = source.getOrDefault("type", "");
        String mediaType = source.getOrDefault("media_type", "");
        String data = source.getOrDefault("data", "");
        int size = source.size();
        boolean plainText = mediaType.equals("text/plain");
        if (kind.equals("base64") && size == 3 && !mediaType.isEmpty() && !plainText) {
            return Optional.of(new Media.Base64(mediaType, data));
        }
        if (kind.equals("text") && size == 3 && plainText && type.equals("document")) {
            String encoded = Base64.getEncoder().encodeToString(Slice.of(data).bytes());
            return Optional.of(new Media.Base64(mediaType, encoded));
        }
        if (kind.equals("url") && size == 2 && source.containsKey("url")) {
            return Optional.of(new Media.Url(source.getOrDefault("url", "")));
        }
        if (kind.equals("file") && size == 2 && source.containsKey("file_id")) {
            return Optional.of(new Media.Reference(source.getOrDefault("file_id", "")));
        }
        return Optional.empty();
    }
}
