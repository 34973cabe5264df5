package dev.backplane.store.database;

import dev.backplane.store.database.State.Living;
import dev.backplane.store.log.Generation;
import dev.backplane.store.segment.Segment;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ObjLongConsumer;

/// Finds traces that nothing was added to for long.
///
/// A trace lies in several segments and generations, so all of them are asked: the old ones which
/// traces they hold, then the others which of these they know something younger of.
///
/// The clock is ours: a version says when an event was accepted, whatever times a sender wrote into
/// its spans. So a trace that is still written to keeps its oldest span, a backfill of old traces
/// is kept as long as what is new, and a span without times needs no rule of its own.
final class IdleTraces {
    private IdleTraces() {}

    /// The ids of a project's traces without an event from `since` on.
    ///
    /// @param since a version
    static Set<String> of(State state, String project, long since) {
        Set<String> idle = new HashSet<>();
        visit(
                state,
                project,
                (trace, latest) -> {
                    if (latest < since) {
                        idle.add(trace);
                    }
                });
        if (!idle.isEmpty()) {
            visit(
                    state,
                    project,
                    (trace, latest) -> {
                        if (latest >= since) {
                            idle.remove(trace);
                        }
                    });
        }
        return idle;
    }

    /// Each trace once a container, with the latest version that the container has of it.
    private static void visit(State state, String project, ObjLongConsumer<String> visitor) {
        for (Living living : state.segments(project)) {
            Segment segment = living.segment();
            for (int number = 0; number < segment.traceCount(); number++) {
                Segment.Trace trace = segment.trace(number);
                if (living.info().dead().nextClearBit(trace.from()) < trace.to()) {
                    visitor.accept(trace.id(), trace.latest());
                }
            }
        }
        for (Generation generation : state.generations()) {
            generation.spans().latest(project, visitor);
        }
    }
}
