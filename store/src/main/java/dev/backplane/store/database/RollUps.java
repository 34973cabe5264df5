package dev.backplane.store.database;

import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.segment.Segment;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/// What is left of traces that have lost rows since their segment was built, remembered: a list
/// needs to know of each where it stands, and of those that it shows what all rows that are left
/// add up to, again after every append. Thread-safe.
final class RollUps {
    private static final int BEGINNINGS_KEPT = 1 << 16;
    private static final int ROLL_UPS_KEPT = 4_096;
    private static final RollUp NOTHING = new RollUp();

    private record Key(String segment, int trace) {}

    /// What was made for a trace without some rows. The rows are no part of the key: there is one
    /// set for each trace, however often it loses another row.
    private record Made<T>(BitSet masked, T value) {}

    private final Map<Key, Made<Beginning>> beginnings = kept(BEGINNINGS_KEPT);
    private final Map<Key, Made<RollUp>> rollUps = kept(ROLL_UPS_KEPT);

    private static <T> Map<Key, Made<T>> kept(int limit) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, Made<T>> eldest) {
                return size() > limit;
            }
        };
    }

    private static BitSet own(Segment segment, int number, BitSet masked) {
        Segment.Trace trace = segment.trace(number);
        return masked.get(trace.from(), trace.to());
    }

    /// When a trace's rows began without the masked ones; [Beginning#NONE] when none are left.
    Beginning beginning(Segment segment, int number, BitSet masked) {
        return known(
                beginnings,
                new Key(segment.id(), number),
                own(segment, number, masked),
                () -> segment.beginning(number, masked));
    }

    /// What a trace's rows add up to without the masked ones. Not to be changed.
    RollUp rollUp(Segment segment, int number, BitSet masked) {
        Segment.Trace trace = segment.trace(number);
        BitSet own = own(segment, number, masked);
        return own.cardinality() == trace.to() - trace.from()
                ? NOTHING
                : known(
                        rollUps,
                        new Key(segment.id(), number),
                        own,
                        () -> segment.rollUp(number, masked));
    }

    private static <T> T known(Map<Key, Made<T>> known, Key key, BitSet masked, Supplier<T> make) {
        synchronized (known) {
            Made<T> present = known.get(key);
            if (present != null && present.masked().equals(masked)) {
                return present.value();
            }
        }
        T made = make.get();
        synchronized (known) {
            known.put(key, new Made<>(masked, made));
        }
        return made;
    }
}
