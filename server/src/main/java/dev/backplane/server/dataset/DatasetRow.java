package dev.backplane.server.dataset;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Span;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// An example, as one line of JSON:
///
/// ```
/// {"id":"6b1f…","trace_id":"…","span_id":"…","added_time":"2026-01-02T03:04:05Z",
///  "name":"chat","model":"gpt-4o","input":[messages],"output":[messages],"expected":[messages],
///  "tools":[…],"scores":{…},"tags":[…],"note":""}
/// ```
///
/// `input`, `output` and `expected` are messages in OpenAI's form. `output` is what was said;
/// `expected`, where there is one, what should have been, and is what is trained on.
///
/// @param json all of it
public record DatasetRow(ObjectNode json) {
    /// Of an example; a longer one is refused.
    public static final int BYTES_MAX = 8 << 20;

    private static final int PREVIEW = 300;

    /// Members that may be changed.
    static final List<String> EDITABLE =
            List.of("input", "output", "expected", "tools", "note", "tags");

    /// The id of the row that a span becomes.
    static String id(String trace, String span) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest((trace + '\n' + span).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /// A copy of what a span said.
    ///
    /// @throws Problem `INVALID` when it said nothing, `TOO_LARGE` when too much
    public static DatasetRow of(Span span, Instant now) {
        SpanKey key = span.key();
        SpanData data = span.data();
        ObjectNode json = ChatMessages.MAPPER.createObjectNode();
        json.put("id", id(key.trace(), key.span()));
        json.put("trace_id", key.trace()).put("span_id", key.span());
        json.put("added_time", now.toString());
        json.put("name", data.text(Field.NAME)).put("model", data.text(Field.MODEL));
        json.set("input", ChatMessages.of(payload(data, Field.INPUT, key), "user"));
        json.set("output", ChatMessages.of(payload(data, Field.OUTPUT, key), "assistant"));
        json.set("expected", ChatMessages.of(payload(data, Field.EXPECTED, key), "assistant"));
        json.set("tools", ChatMessages.tools(payload(data, Field.TOOLS, key)));
        json.set("scores", payload(data, Field.SCORES, key));
        json.set("tags", payload(data, Field.TAGS, key));
        json.put("note", "");
        if (json.path("input").isEmpty() && json.path("output").isEmpty()) {
            throw Problem.invalid("span has neither input nor output", where(key))
                    .fix("choose spans that said something, such as calls of models");
        }
        return new DatasetRow(json);
    }

    private static String where(SpanKey key) {
        return key.trace() + "/" + key.span();
    }

    private static JsonNode payload(SpanData data, Field field, SpanKey key) {
        return switch (data.get(field).orElse(Value.of(0))) {
            case Value.Text(Content content) ->
                    ChatMessages.MAPPER.getNodeFactory().stringNode(read(content, field, key));
            case Value.Json(Content content) -> tree(read(content, field, key));
            case Value.Binary _,
                    Value.Int _,
                    Value.Real _,
                    Value.Flag _,
                    Value.Attributes _,
                    Value.Events _ ->
                    ChatMessages.MAPPER.getNodeFactory().nullNode();
        };
    }

    private static JsonNode tree(String json) {
        try {
            return ChatMessages.MAPPER.readTree(json);
        } catch (JacksonException odd) {
            return ChatMessages.MAPPER.getNodeFactory().stringNode(json);
        }
    }

    private static String read(Content content, Field field, SpanKey key) {
        if (content.size() > BYTES_MAX) {
            throw Problem.tooLarge(
                            "%s has %d bytes".formatted(field.id(), content.size()), where(key))
                    .fix("an example may have " + BYTES_MAX);
        }
        return content.read(BYTES_MAX).text();
    }

    String id() {
        return json.path("id").asString("");
    }

    String line() {
        return json.toString();
    }

    static DatasetRow read(String line) {
        return new DatasetRow((ObjectNode) ChatMessages.MAPPER.readTree(line));
    }

    /// This row with some members replaced.
    ///
    /// @throws Problem `INVALID`
    DatasetRow changed(JsonNode changes) {
        ObjectNode after = json.deepCopy();
        for (String name : changes.propertyNames()) {
            JsonNode value = changes.path(name);
            if (!EDITABLE.contains(name)) {
                throw Problem.invalid("row has no member to change of this name", name)
                        .fix("use " + String.join(", ", EDITABLE));
            }
            if (name.equals("note") ? !value.isString() : !value.isArray()) {
                throw Problem.invalid(name + " has a wrong type", name)
                        .fix(name.equals("note") ? "send text" : "send a list");
            }
            after.set(name, value);
        }
        return new DatasetRow(after);
    }

    /// As lists show it: without what was said, but for the beginnings.
    public ObjectNode summary() {
        ObjectNode summary = json.deepCopy();
        summary.remove(List.of("input", "output", "expected", "tools"));
        summary.put("messages", json.path("input").size());
        summary.put("tool_count", json.path("tools").size());
        summary.put("bytes", line().length());
        summary.put("input_preview", preview(json.path("input")));
        summary.put("output_preview", preview(json.path("output")));
        summary.put("expected_preview", preview(json.path("expected")));
        return summary;
    }

    /// The beginning of the last message that has a text.
    private static String preview(JsonNode messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            JsonNode content = messages.path(i).path("content");
            JsonNode text = content.isArray() ? content.path(0).path("text") : content;
            if (text.isString() && !text.stringValue().isBlank()) {
                String flat = text.stringValue().strip();
                return flat.length() > PREVIEW ? flat.substring(0, PREVIEW) + "…" : flat;
            }
            JsonNode calls = messages.path(i).path("tool_calls");
            if (!calls.isEmpty()) {
                return calls.path(0).path("function").path("name").asString("") + "(…)";
            }
        }
        return "";
    }

    /// As files for fine-tuning have it: `{"messages":[…],"tools":[…]}`, with the answer that was
    /// expected, else the one that was given.
    ///
    /// @param thoughts whether `reasoning_content` stays
    public String chatLine(boolean thoughts) {
        ArrayNode messages = ChatMessages.MAPPER.createArrayNode();
        JsonNode answer =
                json.path("expected").isEmpty() ? json.path("output") : json.path("expected");
        json.path("input").forEach(message -> messages.add(message.deepCopy()));
        answer.forEach(message -> messages.add(message.deepCopy()));
        if (!thoughts) {
            messages.forEach(message -> ((ObjectNode) message).remove("reasoning_content"));
        }
        ObjectNode line = ChatMessages.MAPPER.createObjectNode();
        line.set("messages", messages);
        if (!json.path("tools").isEmpty()) {
            line.set("tools", json.path("tools"));
        }
        return line.toString();
    }
}
