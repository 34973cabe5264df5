package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A JSON value of a server's answer: one row, one summary, one error. Never a whole answer and
/// never a payload; those are streamed.
///
/// Numbers keep their digits as sent, so that no rounding happens between server and user.
sealed interface Node {
    record Text(String value) implements Node {}

    record Number(String digits) implements Node {
        double value() {
            return Double.parseDouble(digits);
        }
    }

    record Flag(boolean value) implements Node {}

    record Nothing() implements Node {}

    record Items(List<Node> values) implements Node {
        public Items {
            values = List.copyOf(values);
        }
    }

    /// An object; keys keep their order.
    record Fields(Map<String, Node> values) implements Node {
        static final Fields EMPTY = new Fields(Map.of());

        Node get(String key) {
            return values.getOrDefault(key, NOTHING);
        }

        /// The text or the digits of a member, or the empty string.
        String text(String key) {
            return get(key).plain();
        }

        /// The number of a member, or 0.
        long count(String key) {
            return get(key) instanceof Number number ? (long) number.value() : 0;
        }

        boolean isTrue(String key) {
            return get(key) instanceof Flag(boolean value) && value;
        }

        /// These members in this order, absent ones as null; all of them for no keys.
        Fields only(List<String> keys) {
            if (keys.isEmpty()) {
                return this;
            }
            Map<String, Node> copy = new LinkedHashMap<>();
            keys.forEach(key -> copy.put(key, get(key)));
            return new Fields(copy);
        }

        /// A copy with one more member, or another value for one it has.
        Fields with(String key, Node value) {
            Map<String, Node> copy = new LinkedHashMap<>(values);
            copy.put(key, value);
            return new Fields(copy);
        }

        /// A copy with more members.
        Fields with(Map<String, Node> more) {
            Map<String, Node> copy = new LinkedHashMap<>(values);
            copy.putAll(more);
            return new Fields(copy);
        }
    }

    Node NOTHING = new Nothing();

    static Node of(String text) {
        return new Text(text);
    }

    static Node of(long number) {
        return new Number(Long.toString(number));
    }

    static Node of(boolean value) {
        return new Flag(value);
    }

    /// An object from alternating keys and values; text, numbers and flags may be given plainly.
    static Fields fields(Object... keysAndValues) {
        Map<String, Node> fields = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            Node value =
                    switch (keysAndValues[i + 1]) {
                        case Node node -> node;
                        case Boolean flag -> new Flag(flag);
                        case java.lang.Number number -> new Number(number.toString());
                        case Object other -> new Text(other.toString());
                    };
            fields.put((String) keysAndValues[i], value);
        }
        return new Fields(fields);
    }

    /// On one line, for a cell: text as it is, lists joined by commas, objects as JSON, nothing as
    /// the empty string.
    default String plain() {
        return switch (this) {
            case Text(String value) -> value;
            case Number(String digits) -> digits;
            case Flag(boolean value) -> Boolean.toString(value);
            case Nothing _ -> "";
            case Items(List<Node> values) when values.stream().allMatch(Text.class::isInstance) ->
                    String.join(",", values.stream().map(Node::plain).toList());
            case Items items -> items.json();
            case Fields fields -> fields.json();
        };
    }

    /// As compact JSON.
    default String json() {
        return dev.backplane.core.Json.write(this::write);
    }

    default void write(JsonGenerator out) {
        switch (this) {
            case Text(String value) -> out.writeString(value);
            case Number(String digits) -> out.writeNumber(digits);
            case Flag(boolean value) -> out.writeBoolean(value);
            case Nothing _ -> out.writeNull();
            case Items(List<Node> values) -> {
                out.writeStartArray();
                values.forEach(value -> value.write(out));
                out.writeEndArray();
            }
            case Fields(Map<String, Node> values) -> {
                out.writeStartObject();
                values.forEach((key, value) -> {
                    out.writeName(key);
                    value.write(out);
                });
                out.writeEndObject();
            }
        }
    }

    /// The value whose first token the parser stands on; afterwards it stands on its last.
    static Node read(JsonParser in) {
        return switch (in.currentToken()) {
            case START_OBJECT -> {
                Map<String, Node> values = new LinkedHashMap<>();
                while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                    String key = in.currentName();
                    in.nextToken();
                    values.put(key, read(in));
                }
                yield new Fields(values);
            }
            case START_ARRAY -> {
                List<Node> values = new ArrayList<>();
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    values.add(read(in));
                }
                yield new Items(values);
            }
            case VALUE_STRING -> new Text(in.getString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Number(in.getString());
            case VALUE_TRUE -> new Flag(true);
            case VALUE_FALSE -> new Flag(false);
            case VALUE_NULL -> NOTHING;
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                    throw new IllegalStateException("no JSON value here");
        };
    }
}
