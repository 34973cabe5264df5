package dev.backplane.gateway.call;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What one attempt says. Nothing of it passes until it is chosen, and it is chosen when it says
/// something: a start and a count of tokens wait.
///
/// From then on it is held to the order of events, whatever its provider sends: a second start and
/// what a choice says after its end are left out and counted, and an answer without an end is
/// broken off. For one thread.
final class AttemptEvents implements Events {
    /// Of one answer, by [AnswerCache#size]; it is held for the span.
    static final long BYTES_MAX = 128L << 20;

    /// Chooses the attempt.
    interface Choice {
        /// @throws IOException if the answer is another's, or nobody waits for it
        void choose() throws IOException;
    }

    private final Choice choice;
    private final Events to;
    private final String where;
    private final long bytesMax;
    private final List<Event> waiting = new ArrayList<>(1);
    private final Set<Integer> finished = new HashSet<>();
    private boolean started;
    private boolean chosen;
    private long bytes;
    private int leftOut;

    /// @param where for problems
    AttemptEvents(Choice choice, Events to, String where) {
        this(choice, to, where, BYTES_MAX);
    }

    AttemptEvents(Choice choice, Events to, String where, long bytesMax) {
        this.choice = choice;
        this.to = to;
        this.where = where;
        this.bytesMax = bytesMax;
    }

    @Override
    public void on(Event event) throws IOException {
        bytes += AnswerCache.size(event);
        if (bytes > bytesMax) {
            throw Problem.unavailable("answer is longer than " + bytesMax + " bytes", where)
                    .fix("ask for less");
        }
        if (!(event instanceof Event.TextDelta && finished.isEmpty()) && isLate(event)) {
            leftOut++;
        } else if (chosen) {
            to.on(event);
        } else {
            waiting.add(event);
            if (isSaying(event)) {
                choice.choose();
                chosen = true;
                for (Event waited : waiting) {
                    to.on(waited);
                }
                waiting.clear();
            }
        }
    }

    private static boolean isSaying(Event event) {
        return !(event instanceof Event.Started || event instanceof Event.Used);
    }

    private boolean isLate(Event event) {
        return switch (event) {
            case Event.Started _ -> {
                boolean again = started;
                started = true;
                yield again;
            }
            case Event.TextDelta(int of, String _) -> finished.contains(of);
            case Event.ReasoningDelta(int of, String _) -> finished.contains(of);
            case Event.RefusalDelta(int of, String _) -> finished.contains(of);
            case Event.ReasoningSealed(int of, String _, String _) -> finished.contains(of);
            case Event.ToolCallStarted(int of, int _, String _, String _) -> finished.contains(of);
            case Event.ToolArguments(int of, int _, String _) -> finished.contains(of);
            case Event.ToolCallEnded(int of, int _) -> finished.contains(of);
            case Event.ToolMember(int of, int _, String _, Slice _) -> finished.contains(of);
            case Event.Finished(int of, _, String _) -> !finished.add(of);
            case Event.Logprobs _, Event.Other _, Event.Used _ -> false;
        };
    }

    @Override
    public void flush() throws IOException {
        if (chosen) {
            to.flush();
        }
    }

    /// Events that should not have come.
    int leftOut() {
        return leftOut;
    }
}
