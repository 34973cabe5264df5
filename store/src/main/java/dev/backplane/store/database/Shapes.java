package dev.backplane.store.database;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The shapes of the traces that were looked at last, and what they add up to: whoever pages
/// through a large trace pays for them once, and who asks while they are made waits for them.
/// Thread-safe.
final class Shapes {
    private static final int KEPT = 8;
    private static final int SUMS_KEPT = 2;

    /// What a shape was made of; when it differs, the shape is made anew.
    private record Key(String project, String trace, long epoch, long serial) {}

    /// Made by the first who asks; when that fails, by the next.
    private static final class Once<T> {
        private Optional<T> made = Optional.empty();

        synchronized T get(Supplier<T> maker) {
            T value = made.orElseGet(maker);
            made = Optional.of(value);
            return value;
        }
    }

    /// What a shape adds up to, and, once somebody has asked for it, its flame.
    private record Sums(Once<Subtrees> subtrees, Once<FlameLayout> flame) {}

    private final Map<Key, Once<TraceShape>> shapes = recent(KEPT);

    /// Larger than shapes, and wanted for what is being looked at only.
    private final Map<TraceShape, Sums> sums = recent(SUMS_KEPT);

    private static <K, V> Map<K, V> recent(int kept) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > kept;
            }
        };
    }

    TraceShape get(View view, String trace) {
        return shape(new Key(view.project(), trace, view.epoch(), view.serial()))
                .get(() -> TraceShape.of(view, trace));
    }

    private synchronized Once<TraceShape> shape(Key key) {
        shapes.keySet()
                .removeIf(old ->
                        old.project.equals(key.project)
                                && old.trace.equals(key.trace)
                                && old.serial < key.serial);
        return shapes.computeIfAbsent(key, _ -> new Once<>());
    }

    /// @param shape that [#get] gave for the view
    Subtrees subtrees(View view, TraceShape shape) {
        return sums(shape).subtrees.get(() -> Subtrees.of(view, shape));
    }

    /// @param shape that [#get] gave for the view
    FlameLayout flame(View view, TraceShape shape) {
        Subtrees subtrees = subtrees(view, shape);
        return sums(shape).flame.get(() -> FlameLayout.of(shape, subtrees));
    }

    private synchronized Sums sums(TraceShape shape) {
        return sums.computeIfAbsent(shape, _ -> new Sums(new Once<>(), new Once<>()));
    }
}
