package dev.backplane.gateway.dialect;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.Map;
import java.util.TreeMap;

/// What a JSON text says: path to exact text of every value that is not null.
public final class Leaves {
    private Leaves() {}

    public static Map<String, String> of(Slice json) {
        Map<String, String> leaves = new TreeMap<>();
        JsonCursor.read(
                json,
                "test",
                cursor -> {
                    collect(cursor, "", leaves);
                    return leaves;
                });
        return leaves;
    }

    private static void collect(JsonCursor cursor, String path, Map<String, String> leaves) {
        if (cursor.isObject()) {
            leaves.put(path, "{}");
            cursor.object(name -> collect(cursor, path + "/" + name, leaves));
        } else if (cursor.isArray()) {
            leaves.put(path, "[]");
            int[] index = {0};
            cursor.array(() -> collect(cursor, path + "/" + index[0]++, leaves));
        } else if (cursor.isText()) {
            leaves.put(path, "\"" + cursor.text());
        } else if (!cursor.isNull()) {
            leaves.put(path, cursor.raw().text());
        }
    }
}
