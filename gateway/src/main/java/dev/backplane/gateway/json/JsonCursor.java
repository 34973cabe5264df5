package dev.backplane.gateway.json;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.exc.StreamReadException;

/// A walk over one JSON text. Each method that reads a value is called at the value's first token
/// and leaves the cursor at its last.
///
/// ```java
/// JsonCursor.read(body, "POST /v1/x", cursor -> {
///     cursor.object(name -> {
///         switch (name) {
///             case "model" -> model = cursor.text();
///             case "stop" -> cursor.array(() -> stops.add(cursor.text()));
///             default -> extras.put(name, cursor.raw());
///         }
///     });
///     return …;
/// });
/// ```
///
/// For one thread.
public final class JsonCursor {
    private final Slice json;
    private final String where;
    private final JsonParser parser;

    private JsonCursor(Slice json, String where, JsonParser parser) {
        this.json = json;
        this.where = where;
        this.parser = parser;
    }

    /// Reads one whole text.
    ///
    /// @param where for problems
    /// @throws Problem `INVALID` with line and column if it is not JSON or more than one value
    public static <T> T read(Slice json, String where, Function<JsonCursor, T> reader) {
        try (JsonParser parser = Json.parser(json)) {
            JsonCursor cursor = new JsonCursor(json, where, parser);
            if (parser.nextToken() == null) {
                throw Problem.invalid("body is empty", where).fix("send a JSON object");
            }
            T result = reader.apply(cursor);
            if (parser.nextToken() != null) {
                throw Problem.invalid("there is more after the end of the JSON text", where)
                        .fix("send one JSON object");
            }
            return result;
        } catch (StreamReadException malformed) {
            throw Json.malformed(malformed, where);
        }
    }

    /// Reads an object; `member` is called with each name, the cursor being at its value.
    public void object(Consumer<String> member) {
        require(JsonToken.START_OBJECT, "an object");
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            member.accept(name);
        }
    }

    /// Reads an array; `element` is called with the cursor at each element.
    public void array(Runnable element) {
        require(JsonToken.START_ARRAY, "an array");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            element.run();
        }
    }

    public boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    public boolean isText() {
        return parser.currentToken() == JsonToken.VALUE_STRING;
    }

    public boolean isObject() {
        return parser.currentToken() == JsonToken.START_OBJECT;
    }

    public boolean isArray() {
        return parser.currentToken() == JsonToken.START_ARRAY;
    }

    public boolean isNumber() {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                || parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT;
    }

    public boolean isFlag() {
        return parser.currentToken() == JsonToken.VALUE_TRUE
                || parser.currentToken() == JsonToken.VALUE_FALSE;
    }

    public String text() {
        require(JsonToken.VALUE_STRING, "a string");
        return parser.getString();
    }

    /// Text, or the empty string for null.
    public String textOrEmpty() {
        return isNull() ? "" : text();
    }

    /// A whole number that fits a long.
    public long integer() {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw wrong("a whole number");
        }
        String digits = parser.getString();
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException tooLong) {
            throw wrong("a whole number of 64 bits");
        }
    }

    public boolean flag() {
        if (!isFlag()) {
            throw wrong("true or false");
        }
        return parser.currentToken() == JsonToken.VALUE_TRUE;
    }

    /// Any value as its exact bytes, a slice of the text being read.
    public Slice raw() {
        int from = mark();
        switch (parser.currentToken()) {
            case START_OBJECT, START_ARRAY -> parser.skipChildren();
            case VALUE_STRING -> parser.finishToken();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                return json.slice(from, from + parser.getStringLength());
            }
            case VALUE_TRUE, VALUE_NULL -> {
                return json.slice(from, from + 4);
            }
            case VALUE_FALSE -> {
                return json.slice(from, from + 5);
            }
            case null, default -> throw wrong("a value");
        }
        return since(from);
    }

    /// Where the current value begins, for [#since].
    public int mark() {
        return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    }

    /// What was read of an object or array from its mark to its end, as its exact bytes.
    public Slice since(int mark) {
        return json.slice(mark, Math.toIntExact(parser.currentLocation().getByteOffset()));
    }

    /// Passes over a value.
    public void skip() {
        parser.skipChildren();
    }

    private void require(JsonToken token, String allowed) {
        if (parser.currentToken() != token) {
            throw wrong(allowed);
        }
    }

    /// The problem of a value that is of no type allowed here.
    public Problem wrong(String allowed) {
        return Problem.invalid(path() + " is " + kind() + ", not " + allowed, where)
                .fix("send " + allowed + " as " + path());
    }

    /// The problem of a value or member, named by its path.
    public Problem problem(String what) {
        return Problem.invalid(path() + " " + what, where);
    }

    private String kind() {
        return switch (parser.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case null, default -> "missing";
        };
    }

    /// Of the current value: `messages[0].content`.
    public String path() {
        TokenStreamContext context = parser.streamReadContext();
        boolean opens = isObject() || isArray();
        if (opens && context.getParent() != null) {
            context = context.getParent();
        }
        Deque<String> parts = new ArrayDeque<>();
        while (context != null && !context.inRoot()) {
            parts.push(
                    context.inArray()
                            ? "[" + context.getCurrentIndex() + "]"
                            : (context.getParent().inRoot() ? "" : ".") + context.currentName());
            context = context.getParent();
        }
        return parts.isEmpty() ? "body" : String.join("", parts);
    }
}
