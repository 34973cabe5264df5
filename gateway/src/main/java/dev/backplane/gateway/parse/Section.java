package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.ArrayList;
import java.util.List;

/// Reads a group of calls, from after its opening marker to its end. What it has read and told
/// nobody of is in [#raw], so that nothing is lost when it is no group of calls.
final class Section implements CallOut {
    /// So many calls of a group may be read again from the middle: time is bounded.
    private static final int LOST_MAX = 20;

    private enum State {
        BETWEEN,
        BODY,
        END,
        LOST
    }

    private final CallFormat format;
    private final ToolTypes tools;
    private final ReplyOut out;
    private final Beginning beginning;
    private final String close;
    private final List<String> notes = new ArrayList<>();
    private final StringBuilder raw = new StringBuilder();
    private final StringBuilder plain = new StringBuilder();
    private final List<Shape> marked;
    private State state = State.BETWEEN;
    private MarkerFinder finder;
    private Shape shape;
    private CallBody body;
    private int calls;
    private boolean started;
    private boolean told;
    private boolean inList;
    private boolean listOver;
    private boolean afterCall;
    private boolean closed;
    private int lost;

    /// Where a group begins, and how sure it is that it is one.
    private enum Beginning {
        /// After its marker.
        MARKED,
        /// Without any: it counts only with the name of a tool that there is.
        BARE,
        /// After its marker, but in a thought: as bare, and it is a thought if it is no group.
        IN_THOUGHT
    }

    private Section(
            CallFormat format, ToolTypes tools, ReplyOut out, String source, Beginning beginning) {
        this.format = format;
        this.tools = tools;
        this.out = out;
        this.beginning = beginning;
        this.close = beginning == Beginning.BARE ? "" : format.close();
        this.inList = source.endsWith("[");
        this.marked = format.shapes().stream().filter(one -> !one.begin().isEmpty()).toList();
        this.finder = between();
        this.shape = format.shapes().getFirst();
        this.body = CallBody.of(shape, tools, this);
        raw.append(source);
    }

    static Section after(String marker, CallFormat format, ToolTypes tools, ReplyOut out) {
        return new Section(format, tools, out, marker, Beginning.MARKED);
    }

    static Section bare(CallFormat format, ToolTypes tools, ReplyOut out) {
        return new Section(format, tools, out, "", Beginning.BARE);
    }

    static Section inThought(String marker, CallFormat format, ToolTypes tools, ReplyOut out) {
        return new Section(format, tools, out, marker, Beginning.IN_THOUGHT);
    }

    /// A group whose opening marker is missing: it begins with a call's own.
    static Section inside(CallFormat format, Shape shape, ToolTypes tools, ReplyOut out) {
        Section section = new Section(format, tools, out, shape.begin(), Beginning.MARKED);
        section.begin(shape);
        return section;
    }

    private MarkerFinder between() {
        List<String> markers = new ArrayList<>();
        if (!close.isEmpty()) {
            markers.add(close);
        }
        marked.forEach(one -> markers.add(one.begin()));
        return new MarkerFinder(markers);
    }

    /// Takes a character.
    ///
    /// @return `BAD` if the group ends before what is in [#raw]
    Step take(char next) {
        told = false;
        Step step =
                switch (state) {
                    case BETWEEN -> between(next);
                    case BODY -> body(next);
                    case END -> end(next);
                    case LOST -> lost(next);
                };
        if (told && step != Step.BAD) {
            raw.setLength(0);
        } else {
            raw.append(next);
        }
        if (raw.length() > ReplyParser.HELD_CHARS_MAX) {
            step = Step.BAD;
        }
        return step == Step.BAD && started ? lose() : step;
    }

    /// What has been read and is in no event.
    String raw() {
        return raw.toString();
    }

    /// Whether it held a call.
    boolean called() {
        return calls > 0;
    }

    /// Whether it is a surprise if there is no call.
    boolean noted() {
        return beginning == Beginning.MARKED;
    }

    private boolean closes() {
        return !close.isEmpty();
    }

    /// Whether text that follows is a surprise: the group has a closing marker, which has not come.
    boolean isOpen() {
        return closes() && !closed;
    }

    private Step between(char next) {
        if (!finder.holds() && JsonScan.isSpace(next)) {
            return Step.MORE;
        }
        plain.setLength(0);
        int marker = finder.take(next, plain);
        if (marker != MarkerFinder.NONE) {
            int at = closes() ? marker - 1 : marker;
            if (at >= 0) {
                return begin(marked.get(at));
            }
            told = calls > 0;
            return calls > 0 ? Step.DONE : Step.BAD;
        }
        if (plain.isEmpty()) {
            return Step.MORE;
        }
        return plain.length() == 1 && !finder.holds() ? structure(next) : Step.BAD;
    }

    private Step structure(char next) {
        if (afterCall) {
            boolean another = inList ? next == ',' : format.separator().indexOf(next) >= 0;
            if (another) {
                afterCall = false;
                return Step.MORE;
            }
        }
        if (next == ']' && inList) {
            inList = false;
            listOver = true;
            told = calls > 0;
            return told ? closes() ? Step.MORE : Step.DONE : Step.BAD;
        }
        if (next == '[' && calls == 0 && !inList && !listOver && hasLists()) {
            inList = true;
            return Step.MORE;
        }
        if (listOver || afterCall && (inList || !closes())) {
            return Step.BAD;
        }
        for (Shape one : format.shapes()) {
            boolean begins =
                    one instanceof Shape.Json
                            ? next == '{'
                            : Character.isLetter(next) || next == '_';
            if (one.begin().isEmpty() && begins && (inList || !(one instanceof Shape.Literal))) {
                begin(one);
                return body(next);
            }
        }
        return Step.BAD;
    }

    /// Of literals only Python's stand in a list, and they always do.
    private boolean hasLists() {
        return format.shapes().stream()
                .anyMatch(one ->
                        one instanceof Shape.Json
                                || one instanceof Shape.Literal literal && literal.python());
    }

    private Step begin(Shape next) {
        shape = next;
        body = CallBody.of(next, tools, this);
        state = State.BODY;
        return Step.MORE;
    }

    private Step body(char next) {
        Step step = body.take(next);
        if (step != Step.DONE) {
            return step;
        }
        told = true;
        if (shape.end().isEmpty() || shape instanceof Shape.Tagged) {
            return callOver();
        }
        finder = new MarkerFinder(List.of(shape.end()));
        state = State.END;
        return Step.MORE;
    }

    private Step end(char next) {
        plain.setLength(0);
        if (finder.take(next, plain) != MarkerFinder.NONE) {
            return callOver();
        }
        if (plain.toString().isBlank()) {
            return Step.MORE;
        }
        out.endCall();
        started = false;
        return Step.BAD;
    }

    private Step callOver() {
        out.endCall();
        return over();
    }

    private Step over() {
        told = true;
        started = false;
        afterCall = true;
        finder = between();
        state = State.BETWEEN;
        boolean single = !closes() && !inList && format.separator().isEmpty();
        return single ? Step.DONE : Step.MORE;
    }

    /// A call that has been told of goes wrong: up to its end marker all is taken for arguments.
    /// Where that was among what was held back, what follows it is read again, as what it may be.
    private Step lose() {
        List<String> ends = ends();
        if (ends.isEmpty() || ++lost > LOST_MAX) {
            started = false;
            out.endBrokenCall("a call is malformed; the text after it may be part of it");
            return Step.BAD;
        }
        finder = new MarkerFinder(ends);
        state = State.LOST;
        String rest = raw.toString();
        raw.setLength(0);
        for (int i = 0; i < rest.length(); i++) {
            Step step = take(rest.charAt(i));
            if (step != Step.MORE) {
                raw.append(rest, i + 1, rest.length());
                return raw.isEmpty() ? step : Step.BAD;
            }
        }
        return Step.MORE;
    }

    /// The markers that end a call, its own first.
    private List<String> ends() {
        List<String> ends = new ArrayList<>(List.of(shape.end(), close));
        ends.removeIf(String::isEmpty);
        return ends;
    }

    private Step lost(char next) {
        told = true;
        plain.setLength(0);
        int marker = finder.take(next, plain);
        arguments(plain.toString());
        if (marker == MarkerFinder.NONE) {
            return Step.MORE;
        }
        out.endBrokenCall("a call is malformed; its arguments are as the model wrote them");
        closed = marker == 1 || shape.end().isEmpty();
        Step step = over();
        return closed ? Step.DONE : step;
    }

    /// The reply ends here.
    void end() {
        switch (state) {
            case BETWEEN -> {
                if (calls == 0 && noted()) {
                    out.note("a call was not finished");
                }
                release(calls == 0);
            }
            case BODY -> {
                if (started && ends().stream().anyMatch(end -> raw.indexOf(end) >= 0)) {
                    if (lose() == Step.MORE) {
                        end();
                    } else {
                        out.text(raw);
                    }
                } else if (started) {
                    arguments(raw.toString());
                    out.cutCall("a call was not finished");
                } else {
                    release(true);
                    if (noted()) {
                        out.note("a call was not finished");
                    }
                }
            }
            case END -> {
                out.endCall();
                release(false);
            }
            case LOST -> {
                arguments(finder.release());
                out.cutCall("a call is malformed and was not finished");
            }
        }
    }

    private void release(boolean blank) {
        String rest = raw.toString();
        if (calls == 0 && beginning == Beginning.IN_THOUGHT) {
            rest.chars().forEach(one -> out.thought((char) one));
        } else if (blank || !rest.isBlank()) {
            out.text(rest);
        }
    }

    @Override
    public boolean start(String id, String name) {
        if (!noted() && !tools.offers(name)) {
            return false;
        }
        calls++;
        afterCall = false;
        started = true;
        told = true;
        notes.forEach(out::note);
        notes.clear();
        out.startCall(id, name);
        return true;
    }

    @Override
    public void argument(char next) {
        told = true;
        out.argument(next);
    }

    /// What is to be said of a call is not worth saying if it is none.
    @Override
    public void note(String note) {
        if (started) {
            out.note(note);
        } else {
            notes.add(note);
        }
    }
}
