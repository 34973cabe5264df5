package dev.backplane.gateway.parse;

import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.json.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads replies that are text, with thoughts and calls between markers.
final class MarkedReply implements ReplyParser.Engine {
    /// After so many markers without a call nothing is looked at twice any more: time is bounded.
    private static final int FAILED_MAX = 100;

    private enum Sign {
        THOUGHT,
        DROPPED,
        CALLS,
        CALL
    }

    /// @param shape of the call that a `CALL` marker begins
    private record Mark(String marker, Sign sign, Optional<Shape> shape) {}

    private final ToolTypes tools;
    private final ReplyOut out;
    private final Optional<CallFormat> calls;
    private final Optional<ThoughtFormat> thoughts;
    private final List<Mark> marks = new ArrayList<>();
    private final MarkerFinder inText;

    /// Of closing markers, opening ones, and those of calls.
    private final MarkerFinder inThought;

    private final StringBuilder plain = new StringBuilder();

    /// What is to be taken, again or at first.
    private final StringBuilder next = new StringBuilder();

    private final MarkerFinder inDraft;
    private final StringBuilder draft = new StringBuilder();
    private Optional<Section> section = Optional.empty();
    private boolean drafting;
    private boolean thinking;
    private boolean thought;
    private boolean fresh = true;
    private int failed;

    MarkedReply(ReplyFormat format, ToolTypes tools, ReplyOut out) {
        this.tools = tools;
        this.out = out;
        this.calls = format.calls().filter(_ -> !tools.isEmpty());
        this.thoughts = format.thoughts();
        thoughts.ifPresent(one -> {
            one.open().forEach(marker -> mark(marker, Sign.THOUGHT));
            one.dropped().forEach(marker -> mark(marker, Sign.DROPPED));
        });
        calls.ifPresent(one -> {
            one.open().forEach(marker -> mark(marker, Sign.CALLS));
            for (Shape shape : one.shapes()) {
                if (shape.begin().startsWith("<")) {
                    marks.add(new Mark(shape.begin(), Sign.CALL, Optional.of(shape)));
                }
            }
        });
        inText = new MarkerFinder(marks.stream().map(Mark::marker).toList());
        List<String> inside = new ArrayList<>();
        thoughts.ifPresent(one -> {
            inside.addAll(one.close());
            inside.addAll(one.open());
        });
        calls.ifPresent(one -> inside.addAll(one.open()));
        inThought = new MarkerFinder(inside);
        inDraft = new MarkerFinder(thoughts.map(ThoughtFormat::close).orElse(List.of()));
        thinking = thoughts.map(ThoughtFormat::opened).orElse(false);
        if (thinking) {
            out.marker();
        }
    }

    private void mark(String marker, Sign sign) {
        marks.add(new Mark(marker, sign, Optional.empty()));
    }

    @Override
    public void take(char first) {
        next.append(first);
        takeAll();
    }

    private void takeAll() {
        for (int at = 0; at < next.length(); at++) {
            char one = next.charAt(at);
            if (section.isPresent()) {
                String again = inSection(section.get(), one);
                if (!again.isEmpty()) {
                    next.replace(0, at + 1, again);
                    at = -1;
                }
            } else if (drafting) {
                inDraft(one);
            } else if (thinking) {
                inThought(one);
            } else {
                inText(one);
            }
        }
        next.setLength(0);
    }

    private void inText(char one) {
        if (fresh && beginsBare(one)) {
            fresh = false;
            Section begun = Section.bare(calls.orElseThrow(), tools, out);
            section = Optional.of(begun);
            begun.take(one);
            return;
        }
        plain.setLength(0);
        int found = inText.take(one, plain);
        fresh = fresh && plain.toString().isBlank();
        out.text(plain);
        if (found == MarkerFinder.NONE) {
            return;
        }
        Mark mark = marks.get(found);
        switch (mark.sign()) {
            case THOUGHT -> {
                out.marker();
                thinking = true;
                thought = false;
            }
            case DROPPED -> out.marker();
            case CALLS -> {
                fresh = false;
                section =
                        Optional.of(Section.after(mark.marker(), calls.orElseThrow(), tools, out));
            }
            case CALL -> {
                fresh = false;
                section =
                        Optional.of(
                                Section.inside(
                                        calls.orElseThrow(),
                                        mark.shape().orElseThrow(),
                                        tools,
                                        out));
            }
        }
    }

    private boolean beginsBare(char one) {
        return calls.isPresent()
                && calls.get().bare()
                && !inText.holds()
                && (one == '['
                        || one == '{' && calls.get().shapes().getFirst() instanceof Shape.Json);
    }

    private void inThought(char one) {
        ThoughtFormat format = thoughts.orElseThrow();
        plain.setLength(0);
        int found = inThought.take(one, plain);
        int opening = found - format.close().size();
        boolean call = opening >= format.open().size();
        if (opening >= 0 && !call && thought) {
            plain.append(format.open().get(opening));
        }
        think(plain);
        if (call) {
            drafting = true;
            draft.append(calls.orElseThrow().open().get(opening - format.open().size()));
        } else if (found != MarkerFinder.NONE && opening < 0) {
            out.marker();
            thinking = false;
        }
    }

    private void think(CharSequence piece) {
        for (int i = 0; i < piece.length(); i++) {
            thought = thought || !JsonScan.isSpace(piece.charAt(i));
            out.thought(piece.charAt(i));
        }
    }

    /// What looks like a call in a thought is a draft if the thought goes on and ends. If the reply
    /// ends before, the model has forgotten to end its thought, and it is a call: [#end]. Until
    /// then it waits.
    private void inDraft(char one) {
        plain.setLength(0);
        boolean ended = inDraft.take(one, plain) != MarkerFinder.NONE;
        draft.append(plain);
        if (!ended && draft.length() <= ReplyParser.HELD_CHARS_MAX) {
            return;
        }
        drafting = false;
        think(draft);
        draft.setLength(0);
        if (ended) {
            out.marker();
            thinking = false;
        } else {
            think(inDraft.release());
        }
    }

    private void callOfDraft() {
        CallFormat format = calls.orElseThrow();
        String whole = draft + inDraft.release();
        draft.setLength(0);
        drafting = false;
        if (failed > FAILED_MAX) {
            think(whole);
            return;
        }
        String marker = format.open().stream().filter(whole::startsWith).findFirst().orElseThrow();
        section = Optional.of(Section.inThought(marker, format, tools, out));
        next.append(whole.substring(marker.length()));
        takeAll();
    }

    /// @return what is to be taken again, because it was no call
    private String inSection(Section open, char one) {
        Step step = open.take(one);
        if (step == Step.MORE) {
            return "";
        }
        section = Optional.empty();
        thinking = thinking && !open.called();
        if (step == Step.DONE) {
            return "";
        }
        String raw = open.raw();
        if (open.called()) {
            if (open.isOpen() && !raw.isBlank()) {
                out.note("text among calls was no call");
            }
            // A call that goes wrong gives back what it held, which may be much, and again.
            if (raw.length() > 1 && ++failed > FAILED_MAX) {
                out.text(raw);
                return "";
            }
            return raw;
        }
        if (open.noted()) {
            out.note("what looks like a call is none");
        }
        failed++;
        int given = failed > FAILED_MAX ? raw.length() : 1;
        for (int i = 0; i < given; i++) {
            if (thinking) {
                out.thought(raw.charAt(i));
            } else {
                out.text(raw.charAt(i));
            }
        }
        return raw.substring(given);
    }

    @Override
    public void end() {
        while (drafting) {
            callOfDraft();
        }
        if (section.isPresent()) {
            section.get().end();
        } else if (thinking) {
            String rest = inThought.release();
            for (int i = 0; i < rest.length(); i++) {
                out.thought(rest.charAt(i));
            }
        } else {
            out.text(inText.release());
        }
    }
}
