package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.sql.TableView.TraceStart;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the roll-ups in segments do not say at one moment: of traces with fresh rows, and of traces
/// that have lost rows since their segment was built. Immutable.
///
/// @param fresh the fresh rows of each trace
/// @param changed by part (from 0) and number of trace: its rows that are left, added up; empty
///   when none are
/// @param starts of all of these that have rows, newest first
record LooseTraces(
        Map<String, FreshTrace> fresh,
        List<Map<Integer, RollUp>> changed,
        List<TraceStart> starts) {

    /// @param masked the rows of each segment that are not to be read
    static LooseTraces of(
            List<Segment> segments, List<BitSet> masked, List<SpanRow> freshRows, RollUps known) {
        Map<String, FreshTrace> fresh = new HashMap<>();
        for (SpanRow row : freshRows) {
            fresh.computeIfAbsent(row.key().trace(), _ -> new FreshTrace()).add(row);
        }
        List<TraceStart> starts = new ArrayList<>();
        fresh.forEach((trace, rows) -> starts.add(new TraceStart(trace, rows.beginning().nanos())));
        List<Map<Integer, RollUp>> changed = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            Map<Integer, RollUp> own = changed(segments.get(i), masked.get(i), known);
            changed.add(own);
            for (Map.Entry<Integer, RollUp> entry : own.entrySet()) {
                if (!entry.getValue().isEmpty()) {
                    String trace = segments.get(i).trace(entry.getKey()).id();
                    starts.add(new TraceStart(trace, entry.getValue().beginning().nanos()));
                }
            }
        }
        starts.sort(TraceStart.NEWEST_FIRST);
        return new LooseTraces(fresh, changed, List.copyOf(starts));
    }

    private static Map<Integer, RollUp> changed(Segment segment, BitSet masked, RollUps known) {
        Map<Integer, RollUp> changed = new HashMap<>();
        int row = masked.nextSetBit(0);
        while (row >= 0) {
            int number = segment.traceNumber(row);
            changed.put(number, known.without(segment, number, masked));
            row = masked.nextSetBit(segment.trace(number).to());
        }
        return changed;
    }

    /// What a part's living rows of a trace add up to; empty when there are none. Not to be
    /// changed.
    Optional<RollUp> rollUp(int part, Segment segment, int number) {
        RollUp own = changed.get(part).get(number);
        return own == null
                ? Optional.of(segment.rollUp(number))
                : Optional.of(own).filter(rollUp -> !rollUp.isEmpty());
    }
}
