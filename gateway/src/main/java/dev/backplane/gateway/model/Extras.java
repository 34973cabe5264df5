package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Members of a JSON object that the model has no place for: name and exact value, in their order.
public record Extras(Map<String, Slice> members) {
    public static final Extras NONE = new Extras(Map.of());

    public Extras {
        members =
                members.isEmpty()
                        ? Map.of()
                        : Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    public boolean isEmpty() {
        return members.isEmpty();
    }

    /// The member's value, or [Slice#EMPTY].
    public Slice get(String name) {
        return members.getOrDefault(name, Slice.EMPTY);
    }

    /// Collects members; costs nothing while there are none. Of a name that comes twice the last
    /// value counts.
    public static final class Builder {
        private Map<String, Slice> members = Map.of();

        public void put(String name, Slice json) {
            if (members.isEmpty()) {
                members = new LinkedHashMap<>();
            }
            members.put(name, json);
        }

        public Extras build() {
            return members.isEmpty() ? NONE : new Extras(members);
        }
    }
}
