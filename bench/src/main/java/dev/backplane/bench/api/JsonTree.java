package dev.backplane.bench.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// A small answer of the server, read whole. Values are `Map`, `List`, `String`, `Long`, `Double`
/// or `Boolean`; a null in an object is left out, and in an array it is the empty string.
public final class JsonTree {
    private JsonTree() {}

    public static Map<String, Object> object(byte[] json) {
        Object value = parse(json);
        if (value instanceof Map<?, ?> map) {
            return cast(map);
        }
        throw Problem.invalid("the server's answer is no JSON object", "answer");
    }

    public static Object parse(byte[] json) {
        try (JsonParser parser = Json.parser(Slice.of(json))) {
            return value(parser, parser.nextToken());
        } catch (StreamReadException e) {
            throw Json.malformed(e, "answer of the server");
        }
    }

    private static Object value(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> elements(parser);
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_STRING -> parser.getString();
            case VALUE_NULL -> "";
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                    throw Problem.invalid("unexpected " + token, "answer of the server");
        };
    }

    private static Map<String, Object> members(JsonParser parser) {
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (token != JsonToken.VALUE_NULL) {
                members.put(name, value(parser, token));
            }
        }
        return members;
    }

    private static List<Object> elements(JsonParser parser) {
        List<Object> elements = new ArrayList<>();
        JsonToken token = parser.nextToken();
        while (token != JsonToken.END_ARRAY) {
            elements.add(value(parser, token));
            token = parser.nextToken();
        }
        return elements;
    }

    /// The objects of an array member; empty when it is missing.
    public static List<Map<String, Object>> objects(Map<String, Object> object, String name) {
        List<Map<String, Object>> objects = new ArrayList<>();
        if (object.get(name) instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> map) {
                    objects.add(cast(map));
                }
            }
        }
        return objects;
    }

    /// A member as text; empty when it is missing.
    public static String text(Map<String, Object> object, String name) {
        Object value = object.get(name);
        return value == null ? "" : value.toString();
    }

    @SuppressWarnings("unchecked") // members() makes string keys only
    private static Map<String, Object> cast(Map<?, ?> map) {
        return (Map<String, Object>) map;
    }
}
