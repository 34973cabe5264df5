package dev.backplane.ingest.dialect;

import dev.backplane.core.Content;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;

/// Writes a JSON array of messages in chat form. Of one message: role first, then content, tool
/// calls and the rest, so that the same message comes out as the same bytes whatever it came from.
final class ChatMessages {
    private final JsonOut out = new JsonOut().beginArray();
    private boolean inCalls;
    private int count;

    int count() {
        return count;
    }

    Slice slice() {
        return out.endArray().slice();
    }

    /// A message that is JSON already.
    ChatMessages message(Slice json) {
        out.json(json);
        count++;
        return this;
    }

    ChatMessages begin(String role) {
        out.beginObject().name("role").text(role);
        count++;
        return this;
    }

    ChatMessages end() {
        endCalls();
        out.endObject();
        return this;
    }

    /// Text, or an array of parts where the text is one; null where there is none.
    ChatMessages content(Optional<Value> content) {
        out.name("content");
        if (content.isEmpty()) {
            out.literal("null");
        } else if (Values.isArray(Values.payload(content.get()))) {
            out.json(Values.slice(content.get()));
        } else {
            value(content.get());
        }
        return this;
    }

    private void value(Value value) {
        switch (value) {
            case Value.Text(Content text) -> out.text(text);
            case Value.Json(Content json) -> out.json(json);
            case Value.Int _, Value.Real _, Value.Flag _ -> out.text(Values.text(value));
            case Value.Binary _, Value.Attributes _, Value.Events _ -> out.literal("null");
        }
    }

    /// An array of parts that the caller writes.
    JsonOut contentParts() {
        return out.name("content");
    }

    /// @param arguments JSON text, which the chat form holds as a string
    ChatMessages toolCall(Optional<Value> id, Optional<Value> name, Optional<Value> arguments) {
        if (!inCalls) {
            out.name("tool_calls").beginArray();
            inCalls = true;
        }
        out.beginObject();
        id.ifPresent(value -> out.name("id").text(Values.text(value)));
        out.name("type").text("function").name("function").beginObject();
        out.name("name").text(name.map(Values::text).orElse(""));
        out.name("arguments").text(arguments.map(Values::slice).orElse(Slice.EMPTY));
        out.endObject().endObject();
        return this;
    }

    /// Tool calls that are a JSON array already.
    ChatMessages toolCalls(Slice json) {
        out.name("tool_calls").json(json);
        return this;
    }

    ChatMessages member(String name, Optional<Value> value) {
        if (value.isPresent()) {
            endCalls();
            out.name(name);
            value(value.get());
        }
        return this;
    }

    private void endCalls() {
        if (inCalls) {
            out.endArray();
            inCalls = false;
        }
    }

    /// A JSON value as an attribute value: strings as the text in them.
    static Optional<Value> value(Optional<Slice> json) {
        return json.filter(value -> !JsonBytes.isNull(value))
                .map(value ->
                        JsonBytes.isString(value)
                                ? Value.text(JsonBytes.text(value))
                                : Value.json(value));
    }
}
