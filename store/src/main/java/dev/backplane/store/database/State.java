package dev.backplane.store.database;

import dev.backplane.core.SpanKey;
import dev.backplane.store.log.Generation;
import dev.backplane.store.segment.Manifest;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentInfo;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// What there is to read at one moment: segments and log generations. Immutable.
///
/// @param epoch grows with each change of segments
/// @param segments oldest first, as the manifest has them
/// @param generations oldest first, the last one is active
record State(long epoch, Manifest manifest, List<Living> segments, List<Generation> generations) {
    State {
        segments = List.copyOf(segments);
        generations = List.copyOf(generations);
    }

    /// A segment with the rows of it that are dead by now.
    record Living(SegmentInfo info, Segment segment) {
        boolean live(int row) {
            return !info.dead().get(row);
        }
    }

    /// A row that lives.
    record Place(Living living, int row) {}

    List<Living> segments(String project) {
        List<Living> own = new ArrayList<>();
        for (Living living : segments) {
            if (living.info().project().equals(project)) {
                own.add(living);
            }
        }
        return own;
    }

    /// The segment row that holds the span, if one does.
    Optional<Place> find(SpanKey key) {
        long hash = Segment.hash(key);
        for (int i = segments.size() - 1; i >= 0; i--) {
            Living living = segments.get(i);
            if (living.segment().mayContain(hash)
                    && living.info().project().equals(key.project())) {
                OptionalInt row = living.segment().find(key);
                if (row.isPresent() && living.live(row.getAsInt())) {
                    return Optional.of(new Place(living, row.getAsInt()));
                }
            }
        }
        return Optional.empty();
    }

    /// The same with more rows of some segments dead.
    ///
    /// @param dead by position in [#segments]; empty sets where nothing changes
    State withDead(List<BitSet> dead) {
        List<Living> changed = new ArrayList<>(segments.size());
        for (int i = 0; i < segments.size(); i++) {
            Living living = segments.get(i);
            if (dead.get(i).isEmpty()) {
                changed.add(living);
            } else {
                BitSet all = (BitSet) living.info().dead().clone();
                all.or(dead.get(i));
                changed.add(new Living(living.info().withDead(all), living.segment()));
            }
        }
        return new State(epoch + 1, manifest, changed, generations);
    }

    State withGenerations(List<Generation> all) {
        return new State(epoch, manifest, segments, all);
    }
}
