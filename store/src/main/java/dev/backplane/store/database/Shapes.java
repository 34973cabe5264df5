package dev.backplane.store.database;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The shapes of the traces that were looked at last, and what they add up to: whoever pages
/// through a large trace pays for them once. Thread-safe.
final class Shapes {
    private static final int KEPT = 8;
    private static final int SUMS_KEPT = 2;

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

    /// What a shape adds up to, and, once somebody has asked for it, its flame.
    private static final class Sums {
        private final Subtrees subtrees;
        private Optional<FlameLayout> flame = Optional.empty();

        Sums(Subtrees subtrees) {
            this.subtrees = subtrees;
        }
    }

    /// Larger than shapes, and wanted for what is being looked at only.
    private final Map<TraceShape, Sums> sums =
            new LinkedHashMap<>(4, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<TraceShape, Sums> eldest) {
                    return size() > SUMS_KEPT;
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
            shapes.keySet()
                    .removeIf(old ->
                            old.project.equals(key.project)
                                    && old.trace.equals(trace)
                                    && old.serial < key.serial);
            shapes.put(key, made);
        }
        return made;
    }

    /// @param shape that [#get] gave for the view
    Subtrees subtrees(View view, TraceShape shape) {
        return sums(view, shape).subtrees;
    }

    private Sums sums(View view, TraceShape shape) {
        synchronized (this) {
            Sums known = sums.get(shape);
            if (known != null) {
                return known;
            }
        }
        Sums made = new Sums(Subtrees.of(view, shape));
        synchronized (this) {
            sums.put(shape, made);
        }
        return made;
    }

    /// @param shape that [#get] gave for the view
    FlameLayout flame(View view, TraceShape shape) {
        Sums summed = sums(view, shape);
        synchronized (summed) {
            FlameLayout layout =
                    summed.flame.orElseGet(() -> FlameLayout.of(shape, summed.subtrees));
            summed.flame = Optional.of(layout);
            return layout;
        }
    }
}
