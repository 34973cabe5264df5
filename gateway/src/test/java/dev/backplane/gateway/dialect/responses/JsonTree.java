package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// JSON as maps, lists and texts, for tests: numbers and flags are their own text.
public final class JsonTree {
    private JsonTree() {}

    public static Object of(Slice json) {
        return JsonCursor.read(json, "test", JsonTree::value);
    }

    @SuppressWarnings("unchecked") // a test that is wrong about it fails where it looks
    public static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked") // as above
    public static List<Object> array(Object value) {
        return (List<Object>) value;
    }

    private static Object value(JsonCursor cursor) {
        if (cursor.isObject()) {
            Map<String, Object> members = new LinkedHashMap<>();
            cursor.object(name -> members.put(name, value(cursor)));
            return members;
        }
        if (cursor.isArray()) {
            List<Object> elements = new ArrayList<>();
            cursor.array(() -> elements.add(value(cursor)));
            return elements;
        }
        return cursor.isText() ? cursor.text() : cursor.raw().text();
    }
}
