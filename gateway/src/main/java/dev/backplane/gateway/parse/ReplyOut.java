package dev.backplane.gateway.parse;

import dev.backplane.core.JsonOut;
import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Puts characters together to events. Keeps white space back until it is known whether a marker
/// follows, which then it belongs to.
final class ReplyOut {
    static final String NOTES = "backplane_notes";
    private static final int SPACE_CHARS_MAX = 1_000;
    private static final int NOTES_MAX = 20;
    private static final int NOTE_CHARS_MAX = 1_000;

    private enum Kind {
        NONE,
        TEXT,
        THOUGHT,
        ARGUMENTS
    }

    private final int choice;
    private final CallIds ids;
    private final List<Event> ready = new ArrayList<>();
    private final StringBuilder pending = new StringBuilder();
    private final StringBuilder space = new StringBuilder();
    private final List<String> notes = new ArrayList<>();
    private Kind kind = Kind.NONE;
    private boolean trims;
    private boolean line;
    private int calls;
    private boolean whole = true;

    ReplyOut(int choice, CallIds ids) {
        this.choice = choice;
        this.ids = ids;
    }

    void text(char next) {
        written(next, Kind.TEXT);
    }

    void text(CharSequence piece) {
        for (int i = 0; i < piece.length(); i++) {
            text(piece.charAt(i));
        }
    }

    void thought(char next) {
        written(next, Kind.THOUGHT);
    }

    private void written(char next, Kind as) {
        if (JsonScan.isSpace(next)) {
            if (!trims) {
                become(as);
                space.append(next);
            }
            if (space.length() > SPACE_CHARS_MAX) {
                releaseSpace();
            }
            return;
        }
        trims = false;
        become(as);
        releaseSpace();
        if (line) {
            pending.append('\n');
            line = false;
        }
        pending.append(next);
    }

    private void releaseSpace() {
        pending.append(space);
        space.setLength(0);
    }

    private void become(Kind next) {
        if (kind != next) {
            releaseSpace();
            emit();
            kind = next;
            line = false;
        }
    }

    /// The text so far has ended, or a new one begins here: no white space on either side.
    void marker() {
        space.setLength(0);
        trims = true;
    }

    /// What comes next begins a line, if it goes on with what came last.
    void line() {
        line = true;
    }

    void startCall(String id, String name) {
        marker();
        emit();
        kind = Kind.ARGUMENTS;
        String known = id.isEmpty() ? ids.id(name, calls) : id;
        ready.add(new Event.ToolCallStarted(choice, calls++, known, name));
    }

    void argument(char next) {
        pending.append(next);
    }

    /// The call is complete.
    void endCall() {
        emit();
        kind = Kind.NONE;
        trims = true;
        ready.add(new Event.ToolCallEnded(choice, calls - 1));
    }

    /// The call ends here, and is not what it should be.
    void endBrokenCall(String note) {
        whole = false;
        endCall();
        note(note);
    }

    /// The reply ends in the middle of the call.
    void cutCall(String note) {
        whole = false;
        emit();
        kind = Kind.NONE;
        note(note);
    }

    void note(String note) {
        if (notes.size() < NOTES_MAX) {
            notes.add(note.length() > NOTE_CHARS_MAX ? note.substring(0, NOTE_CHARS_MAX) : note);
        }
    }

    /// Whether there are calls and all are whole.
    boolean called() {
        return calls > 0 && whole;
    }

    private void emit() {
        if (pending.isEmpty()) {
            return;
        }
        String piece = pending.toString();
        pending.setLength(0);
        switch (kind) {
            case NONE -> throw new IllegalStateException("text of no kind");
            case TEXT -> ready.add(new Event.TextDelta(choice, piece));
            case THOUGHT -> ready.add(new Event.ReasoningDelta(choice, piece));
            case ARGUMENTS -> ready.add(new Event.ToolArguments(choice, calls - 1, piece));
        }
    }

    void end() {
        releaseSpace();
        emit();
        if (!notes.isEmpty()) {
            JsonOut json = new JsonOut().beginArray();
            notes.forEach(json::text);
            ready.add(new Event.Other(choice, NOTES, json.endArray().slice()));
            notes.clear();
        }
    }

    /// Tells everything that is ready.
    void send(Events to) throws IOException {
        emit();
        for (Event event : ready) {
            to.on(event);
        }
        ready.clear();
    }
}
