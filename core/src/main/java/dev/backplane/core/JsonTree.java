package dev.backplane.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// A small JSON document held whole: a configuration, a schema, the arguments of a template. What
/// is large or comes from the wire in numbers is streamed instead ([Json]).
///
/// Members keep their order; of two with one name the last counts, in the place of the first.
/// Numbers keep their digits. Values are immutable, and equal when they are written alike.
public sealed interface JsonTree {
    JsonTree NOTHING = new Nothing();

    record Text(String value) implements JsonTree {}

    /// A number with its digits as they were written.
    record Number(String digits) implements JsonTree {
        /// Whether it was written without fraction and exponent.
        public boolean isWhole() {
            return digits.chars().noneMatch(c -> c == '.' || c == 'e' || c == 'E');
        }

        public double real() {
            return Double.parseDouble(digits);
        }
    }

    record Flag(boolean value) implements JsonTree {}

    /// JSON's null.
    record Nothing() implements JsonTree {}

    record Items(List<JsonTree> values) implements JsonTree {
        public Items {
            values = List.copyOf(values);
        }
    }

    record Fields(Map<String, JsonTree> values) implements JsonTree {
        public Fields {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        public Optional<JsonTree> find(String name) {
            return Optional.ofNullable(values.get(name));
        }
    }

    /// Reads one value and nothing after it.
    ///
    /// @param where where the text comes from, for messages
    static JsonTree parse(String json, String where) {
        try (JsonParser parser = Json.parser(json)) {
            if (parser.nextToken() == null) {
                throw Problem.invalid("no JSON value", where).fix("send one JSON value");
            }
            JsonTree value = read(parser);
            if (parser.nextToken() != null) {
                throw Problem.invalid("more than one JSON value", where).fix("send one JSON value");
            }
            return value;
        } catch (StreamReadException e) {
            throw Json.malformed(e, where);
        }
    }

    /// The value at the parser's current token; the parser then stands at the value's last token.
    static JsonTree read(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, JsonTree> values = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    values.put(name, read(parser));
                }
                yield new Fields(values);
            }
            case START_ARRAY -> {
                List<JsonTree> values = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    values.add(read(parser));
                }
                yield new Items(values);
            }
            case VALUE_STRING -> new Text(parser.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Number(parser.getString());
            case VALUE_TRUE -> new Flag(true);
            case VALUE_FALSE -> new Flag(false);
            case VALUE_NULL -> NOTHING;
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException("no value begins here");
        };
    }

    /// Writes the value.
    default void write(JsonGenerator out) {
        switch (this) {
            case Text(String value) -> out.writeString(value);
            case Number(String digits) -> out.writeNumber(digits);
            case Flag(boolean value) -> out.writeBoolean(value);
            case Nothing() -> out.writeNull();
            case Items(List<JsonTree> values) -> {
                out.writeStartArray();
                values.forEach(value -> value.write(out));
                out.writeEndArray();
            }
            case Fields(Map<String, JsonTree> values) -> {
                out.writeStartObject();
                values.forEach((name, value) -> {
                    out.writeName(name);
                    value.write(out);
                });
                out.writeEndObject();
            }
        }
    }

    /// What kind of value it is, for messages.
    default String kind() {
        return switch (this) {
            case Text _ -> "a string";
            case Number _ -> "a number";
            case Flag _ -> "a boolean";
            case Nothing _ -> "null";
            case Items _ -> "an array";
            case Fields _ -> "an object";
        };
    }
}
