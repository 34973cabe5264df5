package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.event.Beginning;
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
/// Of the latter only their place in lists is worked out for all, which hardly reads a row; what is
/// left of them is added up for those that a list shows.
///
/// @param fresh the fresh rows of each trace
/// @param masked by part (from 0): the rows that are not to be read
/// @param changed by part and number of trace: when its rows that are left began
/// @param starts of all of these that have rows, newest first
record LooseTraces(
        Map<String, FreshTrace> fresh,
        List<BitSet> masked,
        List<Map<Integer, Beginning>> changed,
        List<TraceStart> starts,
        RollUps known) {

    /// @param masked the rows of each segment that are not to be read
    static LooseTraces of(
            List<Segment> segments, List<BitSet> masked, List<SpanRow> freshRows, RollUps known) {
        Map<String, FreshTrace> fresh = new HashMap<>();
        for (SpanRow row : freshRows) {
            fresh.computeIfAbsent(row.key().trace(), _ -> new FreshTrace()).add(row);
        }
        List<TraceStart> starts = new ArrayList<>();
        fresh.forEach((trace, rows) -> starts.add(new TraceStart(trace, rows.beginning().nanos())));
        List<Map<Integer, Beginning>> changed = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            Map<Integer, Beginning> own = changed(segments.get(i), masked.get(i), known);
            changed.add(own);
            for (Map.Entry<Integer, Beginning> entry : own.entrySet()) {
                if (!entry.getValue().isNone()) {
                    String trace = segments.get(i).trace(entry.getKey()).id();
                    starts.add(new TraceStart(trace, entry.getValue().nanos()));
                }
            }
        }
        starts.sort(TraceStart.NEWEST_FIRST);
        return new LooseTraces(fresh, masked, changed, List.copyOf(starts), known);
    }

    private static Map<Integer, Beginning> changed(Segment segment, BitSet masked, RollUps known) {
        Map<Integer, Beginning> changed = new HashMap<>();
        int row = masked.nextSetBit(0);
        while (row >= 0) {
            int number = segment.traceNumber(row);
            changed.put(number, known.beginning(segment, number, masked));
            row = masked.nextSetBit(segment.trace(number).to());
        }
        return changed;
    }

    /// What a part's living rows of a trace add up to; empty when there are none. Not to be
    /// changed.
    Optional<RollUp> rollUp(int part, Segment segment, int number) {
        return changed.get(part).containsKey(number)
                ? Optional.of(known.rollUp(segment, number, masked.get(part)))
                        .filter(rollUp -> !rollUp.isEmpty())
                : Optional.of(segment.rollUp(number));
    }
}
