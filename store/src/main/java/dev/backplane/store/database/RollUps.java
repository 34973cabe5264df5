package dev.backplane.store.database;

import dev.backplane.store.event.RollUp;
import dev.backplane.store.segment.Segment;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/// The roll-ups of traces that have lost rows, remembered: to know one, all rows that are left must
/// be read, and a score for one span of a large trace would have them read after every append.
/// Thread-safe.
final class RollUps {
    private static final int KEPT = 4_096;
    private static final RollUp NOTHING = new RollUp();

    /// @param masked those of the trace's rows that do not count
    private record Key(String segment, int trace, BitSet masked) {}

    private final Map<Key, RollUp> known =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, RollUp> eldest) {
                    return size() > KEPT;
                }
            };

    /// What a trace's rows add up to without the masked ones. Not to be changed.
    RollUp without(Segment segment, int number, BitSet masked) {
        Segment.Trace trace = segment.trace(number);
        BitSet own = masked.get(trace.from(), trace.to());
        if (own.cardinality() == trace.to() - trace.from()) {
            return NOTHING;
        }
        Key key = new Key(segment.id(), number, own);
        synchronized (known) {
            RollUp present = known.get(key);
            if (present != null) {
                return present;
            }
        }
        RollUp made = segment.rollUp(number, masked);
        synchronized (known) {
            known.put(key, made);
        }
        return made;
    }
}
