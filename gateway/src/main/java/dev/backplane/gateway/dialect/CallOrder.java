package dev.backplane.gateway.dialect;

import dev.backplane.core.Problem;
import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Puts the events of a stream into the order that [dev.backplane.gateway.model] promises: one tool
/// call after the other, each with its end. Chunks of OpenAI's form name a call by its index and
/// have no word for its end, and some servers write several calls at once:
///
/// ```
/// start 0   start 1   "{"a"   of 1: "{"b"   of 0: ":1}"   of 1: ":2}"      what comes
/// start 0   "{"a"     ":1}"   end 0         start 1       "{"b":2}"        what is passed on
/// ```
///
/// A call ends when something else comes and its arguments are a whole JSON object. Until then what
/// comes beside it waits; at the finish nothing waits any more. For one answer and one thread.
public final class CallOrder implements Events {
    private final Events to;
    private final String where;
    private final Line first = new Line(0);
    private final Map<Integer, Line> others = new TreeMap<>();

    /// @param where the events come from, for problems
    public CallOrder(Events to, String where) {
        this.to = to;
        this.where = where;
    }

    @Override
    public void on(Event event) throws IOException {
        switch (event) {
            case Event.Started _, Event.Used _, Event.Logprobs _, Event.Other _ -> to.on(event);
            case Event.TextDelta(int choice, String _) -> line(choice).beside(event);
            case Event.ReasoningDelta(int choice, String _) -> line(choice).beside(event);
            case Event.ReasoningSealed(int choice, String _, String _) ->
                    line(choice).beside(event);
            case Event.RefusalDelta(int choice, String _) -> line(choice).beside(event);
            case Event.ToolCallStarted(int choice, int _, String _, String _) ->
                    line(choice).beside(event);
            case Event.ToolArguments piece -> line(piece.choice()).arguments(piece);
            case Event.ToolCallEnded _ -> {}
            case Event.ToolMember member -> line(member.choice()).member(member);
            case Event.Finished finished -> line(finished.choice()).finish(finished);
        }
    }

    private Line line(int choice) {
        return choice == 0 ? first : others.computeIfAbsent(choice, Line::new);
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }

    /// The calls of one choice.
    private final class Line {
        private static final int NONE = -1;

        private final int choice;
        private final Deque<Event> waiting = new ArrayDeque<>();
        private final Set<Integer> ended = new HashSet<>();
        private int open = NONE;
        private JsonScan scan = new JsonScan();
        private Step scanned = Step.MORE;
        private boolean cut;

        Line(int choice) {
            this.choice = choice;
        }

        /// Something that is not part of the open call.
        void beside(Event event) throws IOException {
            if (open == NONE || waiting.isEmpty() && scanned == Step.DONE) {
                next(event);
            } else {
                waiting.add(event);
            }
        }

        /// Of the open call or one before it, or of one that is to come.
        void member(Event.ToolMember member) throws IOException {
            if (member.index() == open || ended.contains(member.index())) {
                to.on(member);
            } else {
                beside(member);
            }
        }

        void arguments(Event.ToolArguments piece) throws IOException {
            if (ended.contains(piece.index())) {
                if (!piece.piece().isBlank()) {
                    throw Problem.unavailable(
                                    "provider went on with a tool call that had ended", where)
                            .fix("ask again, with parallel_tool_calls false if it stays so");
                }
            } else if (piece.index() == open) {
                goOn(piece);
                while (scanned == Step.DONE && !waiting.isEmpty()) {
                    proceed();
                }
            } else {
                waiting.add(piece);
            }
        }

        void finish(Event.Finished finished) throws IOException {
            cut =
                    finished.reason() == FinishReason.LENGTH
                            || finished.reason() == FinishReason.FILTERED;
            while (!waiting.isEmpty()) {
                proceed();
            }
            end();
            to.on(finished);
        }

        private void goOn(Event.ToolArguments piece) throws IOException {
            String text = piece.piece();
            for (int i = 0; i < text.length(); i++) {
                char next = text.charAt(i);
                if (scanned == Step.MORE) {
                    scanned = scan.take(next);
                } else if (!JsonScan.isSpace(next)) {
                    scanned = Step.BAD;
                }
            }
            to.on(piece);
        }

        /// What has waited longest, with all that has come of it if it is a call.
        private void proceed() throws IOException {
            next(waiting.remove());
            Iterator<Event> rest = waiting.iterator();
            while (open != NONE && rest.hasNext()) {
                if (rest.next() instanceof Event.ToolArguments piece && piece.index() == open) {
                    rest.remove();
                    goOn(piece);
                }
            }
        }

        private void next(Event event) throws IOException {
            end();
            if (event instanceof Event.ToolCallStarted(int _, int index, String _, String _)) {
                open = index;
                scan = new JsonScan();
                scanned = Step.MORE;
            }
            to.on(event);
        }

        /// A call that was cut off has no end.
        private void end() throws IOException {
            if (open == NONE) {
                return;
            }
            ended.add(open);
            if (!cut || scanned == Step.DONE) {
                to.on(new Event.ToolCallEnded(choice, open));
            }
            open = NONE;
        }
    }
}
