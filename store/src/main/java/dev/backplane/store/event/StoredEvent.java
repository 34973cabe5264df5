package dev.backplane.store.event;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;
import java.util.LinkedHashSet;
import java.util.Set;

/// An event with the version that the store gave it.
///
/// @param print equal for equal events of a project (see [Fingerprint]), 0 when it is not known
/// @param absorbed prints of events that this one has taken in and that must not count again
public record StoredEvent(
        long version, Op op, SpanData data, MergeRules rules, long print, Set<Long> absorbed) {
    /// A repeat that comes after this many other events with comments on one span is not known for
    /// one any more.
    static final int ABSORBED_MAX = 1_024;

    public StoredEvent(long version, Op op, SpanData data, MergeRules rules) {
        this(version, op, data, rules, 0, Set.of());
    }

    public StoredEvent withPrint(long known) {
        return new StoredEvent(version, op, data, rules, known, absorbed);
    }

    StoredEvent withVersion(long later) {
        return new StoredEvent(later, op, data, rules, print, absorbed);
    }

    /// Whether an event with this print is in here already.
    boolean holds(long other) {
        return other != 0 && (other == print || absorbed.contains(other));
    }

    /// The same, remembering its print where repeating it would do harm: see [Fold].
    StoredEvent remembered() {
        boolean harmful = op != Op.INSERT && appends(data);
        return harmful && print != 0 && !absorbed.contains(print)
                ? new StoredEvent(version, op, data, rules, print, union(absorbed, Set.of(print)))
                : this;
    }

    /// The same without what would be appended a second time.
    StoredEvent withoutAppends() {
        SpanData.Builder rest = SpanData.builder();
        data.forEach((field, value) -> {
            if (field.merge() != Field.Merge.APPEND) {
                rest.put(field, value);
            }
        });
        return new StoredEvent(version, op, rest.build(), rules, print, absorbed);
    }

    private static boolean appends(SpanData data) {
        boolean[] found = {false};
        data.forEach((field, _) -> found[0] |= field.merge() == Field.Merge.APPEND);
        return found[0];
    }

    /// Both sets, the oldest left out where there are too many.
    static Set<Long> union(Set<Long> older, Set<Long> newer) {
        if (newer.isEmpty()) {
            return older;
        }
        Set<Long> all = new LinkedHashSet<>(older);
        all.addAll(newer);
        while (all.size() > ABSORBED_MAX) {
            all.remove(all.iterator().next());
        }
        return all;
    }
}
