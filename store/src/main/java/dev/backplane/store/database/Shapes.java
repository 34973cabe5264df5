package dev.backplane.store.database;

import java.util.LinkedHashMap;
import java.util.Map;

/// The shapes of the traces that were looked at last: whoever pages through a large trace pays for
/// its shape once. Thread-safe.
final class Shapes {
    private static final int KEPT = 8;

    /// What a shape was made of; when it differs, the shape is made anew.
    private record Key(String project, String trace, long epoch, long serial) {}

    private final Map<Key, TraceShape> shapes =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, TraceShape> eldest) {
                    return size() > KEPT;
                }
            };

    TraceShape get(View view, String trace) {
        Key key = new Key(view.project(), trace, view.epoch(), view.serial());
        synchronized (this) {
            TraceShape known = shapes.get(key);
            if (known != null) {
                return known;
            }
        }
        TraceShape made = TraceShape.of(view, trace);
        synchronized (this) {
            shapes.put(key, made);
        }
        return made;
    }
}
