package dev.backplane.gateway.json;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// The members of one small object, each as its exact bytes, for objects whose parts mean nothing
/// until another part is known. Members that are null are as if they were absent; of a name that
/// comes twice the last counts. Immutable.
public final class Members {
    private final String where;
    private final Map<String, Slice> values;

    private Members(String where, Map<String, Slice> values) {
        this.where = where;
        this.values = values;
    }

    /// Takes the object apart.
    ///
    /// @throws dev.backplane.core.Problem `INVALID` if it is none
    public static Members of(Slice json, String where) {
        return JsonCursor.read(json, where, cursor -> of(cursor, where));
    }

    /// Takes the object under the cursor apart.
    public static Members of(JsonCursor cursor, String where) {
        Map<String, Slice> values = new LinkedHashMap<>();
        cursor.object(name -> {
            if (!cursor.isNull()) {
                values.put(name, cursor.raw());
            }
        });
        return new Members(where, values);
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    /// The value's bytes, or [Slice#EMPTY].
    public Slice raw(String name) {
        return values.getOrDefault(name, Slice.EMPTY);
    }

    /// Text, or the empty string where there is none.
    public String text(String name) {
        return has(name) ? JsonCursor.read(raw(name), at(name), JsonCursor::text) : "";
    }

    public OptionalLong integer(String name) {
        return has(name)
                ? OptionalLong.of(JsonCursor.read(raw(name), at(name), JsonCursor::integer))
                : OptionalLong.empty();
    }

    public boolean flag(String name) {
        return has(name) && JsonCursor.read(raw(name), at(name), JsonCursor::flag);
    }

    /// The object, or one without members.
    public Members object(String name) {
        return has(name) ? of(raw(name), at(name)) : new Members(at(name), Map.of());
    }

    /// The elements of an array, or none.
    public List<Slice> array(String name) {
        List<Slice> elements = new ArrayList<>();
        if (has(name)) {
            JsonCursor.read(
                    raw(name),
                    at(name),
                    cursor -> {
                        cursor.array(() -> elements.add(cursor.raw()));
                        return elements;
                    });
        }
        return elements;
    }

    /// All, in their order.
    public Map<String, Slice> values() {
        return Collections.unmodifiableMap(values);
    }

    private String at(String name) {
        return where + ": " + name;
    }
}
