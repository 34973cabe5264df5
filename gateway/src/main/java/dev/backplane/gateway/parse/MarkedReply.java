package dev.backplane.gateway.parse;

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
    private final MarkerFinder inThought;
    private final StringBuilder plain = new StringBuilder();

    /// What is to be taken, again or at first.
    private final StringBuilder next = new StringBuilder();

    private Optional<Section> section = Optional.empty();
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
            mark(one.open(), Sign.THOUGHT);
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
        inThought =
                new MarkerFinder(
                        thoughts.map(one -> List.of(one.close(), one.open())).orElse(List.of()));
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
        for (int at = 0; at < next.length(); at++) {
            char one = next.charAt(at);
            if (section.isPresent()) {
                String again = inSection(section.get(), one);
                if (!again.isEmpty()) {
                    next.replace(0, at + 1, again);
                    at = -1;
                }
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
            Section begun = new Section(calls.orElseThrow(), tools, out, "", true);
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
                        Optional.of(
                                new Section(calls.orElseThrow(), tools, out, mark.marker(), false));
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
                && (calls.get().shapes().getFirst() instanceof Shape.Json
                        ? one == '{'
                        : one == '[');
    }

    private void inThought(char one) {
        plain.setLength(0);
        int found = inThought.take(one, plain);
        String piece = plain.toString();
        if (found == 1 && thought) {
            piece += thoughts.orElseThrow().open();
        }
        thought = thought || !piece.isBlank();
        for (int i = 0; i < piece.length(); i++) {
            out.thought(piece.charAt(i));
        }
        if (found == 0) {
            out.marker();
            thinking = false;
        }
    }

    /// @return what is to be taken again, because it was no call
    private String inSection(Section open, char one) {
        Step step = open.take(one);
        if (step == Step.MORE) {
            return "";
        }
        section = Optional.empty();
        if (step == Step.DONE) {
            return "";
        }
        String raw = open.raw();
        if (open.called()) {
            if (open.closes() && !raw.isBlank()) {
                out.note("text among calls was no call");
            }
            return raw;
        }
        if (!open.bare()) {
            out.note("what looks like a call is none");
        }
        failed++;
        if (failed > FAILED_MAX) {
            out.text(raw);
            return "";
        }
        out.text(raw.charAt(0));
        return raw.substring(1);
    }

    @Override
    public void end() {
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
