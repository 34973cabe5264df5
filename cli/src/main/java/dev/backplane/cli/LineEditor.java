package dev.backplane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Lets a person write a text on a terminal in raw mode: several lines, earlier texts by the arrow
/// keys, cut and insert, pasting without sending. Draws everything anew after each key, from the
/// row where the prompt stands.
///
/// No library for it: this is what a chat needs, and the program starts with three jars. What it
/// leaves out is searching the history, and the keys of vi.
final class LineEditor {
    /// What came of it.
    sealed interface Result {
        record Text(String text) implements Result {}

        /// Ctrl-C.
        ///
        /// @param isEmpty whether nothing had been written
        record Interrupted(boolean isEmpty) implements Result {}

        /// Ctrl-D on an empty line, or the terminal is gone.
        record End() implements Result {}
    }

    private static final int HISTORY_MAX = 1_000;
    private static final RawMode.Size UNKNOWN = new RawMode.Size(24, 80);
    private static final String PASTE_ON = "\u001b[?2004h";
    private static final String PASTE_OFF = "\u001b[?2004l";

    private final Keyboard keyboard;
    private final Screen screen;
    private final RawMode.Raw terminal;
    private final List<String> completions;
    private final List<String> history = new ArrayList<>();
    private EditedText edited = new EditedText();
    private RawMode.Size size = UNKNOWN;
    private int cursorRow;
    private int historyIndex;
    private String draft = "";

    /// @param completions what a first word that begins with `/` may be completed to
    LineEditor(Keyboard keyboard, Screen screen, RawMode.Raw terminal, List<String> completions) {
        this.keyboard = keyboard;
        this.screen = screen;
        this.terminal = terminal;
        this.completions = List.copyOf(completions);
    }

    /// Waits until a text is sent or given up.
    Result read(String prompt, String continuation) {
        RawMode.Size found = terminal.size();
        size = found.columns() < 2 || found.rows() < 2 ? UNKNOWN : found;
        edited = new EditedText();
        cursorRow = 0;
        historyIndex = history.size();
        screen.print(PASTE_ON);
        while (true) {
            if (!keyboard.isAhead()) {
                draw(prompt, continuation);
            }
            Optional<Key> key = keyboard.take();
            Optional<Result> result =
                    key.isPresent() ? handle(key.get()) : Optional.of(new Result.End());
            if (result.isPresent()) {
                edited.replace(edited.text());
                draw(prompt, continuation);
                screen.print(PASTE_OFF + "\n");
                screen.flush();
                return result.get();
            }
        }
    }

    private Optional<Result> handle(Key key) {
        switch (key) {
            case Key.Typed(String text) -> edited.insert(text);
            case Key.Pasted(String text) -> edited.insert(text);
            case Key.Action action -> {
                return act(action);
            }
        }
        return Optional.empty();
    }

    private Optional<Result> act(Key.Action action) {
        switch (action) {
            case SUBMIT -> {
                return submit();
            }
            case INTERRUPT -> {
                return Optional.of(new Result.Interrupted(edited.isEmpty()));
            }
            case END -> {
                if (edited.isEmpty()) {
                    return Optional.of(new Result.End());
                }
                edited.delete();
            }
            case UP -> up();
            case DOWN -> down();
            case COMPLETE -> complete();
            case REDRAW -> {
                screen.print("\u001b[H\u001b[2J");
                cursorRow = 0;
            }
            case LINE_BREAK -> edited.insert("\n");
            case ERASE -> edited.erase();
            case DELETE -> edited.delete();
            case LEFT -> edited.left();
            case RIGHT -> edited.right();
            case WORD_LEFT -> edited.wordLeft();
            case WORD_RIGHT -> edited.wordRight();
            case LINE_START -> edited.lineStart();
            case LINE_END -> edited.lineEnd();
            case CUT_TO_START -> edited.cutToStart();
            case CUT_TO_END -> edited.cutToEnd();
            case CUT_WORD -> edited.cutWord();
            case CUT_NEXT_WORD -> edited.cutNextWord();
            case INSERT_CUT -> edited.insertCut();
            case UNKNOWN -> {}
        }
        return Optional.empty();
    }

    private Optional<Result> submit() {
        String text = edited.text();
        if (!text.isBlank() && (history.isEmpty() || !history.getLast().equals(text))) {
            if (history.size() == HISTORY_MAX) {
                history.removeFirst();
            }
            history.add(text);
        }
        return Optional.of(new Result.Text(text));
    }

    private void up() {
        if (edited.up() || historyIndex == 0) {
            return;
        }
        if (historyIndex == history.size()) {
            draft = edited.text();
        }
        historyIndex--;
        edited.replace(history.get(historyIndex));
    }

    private void down() {
        if (edited.down() || historyIndex == history.size()) {
            return;
        }
        historyIndex++;
        edited.replace(historyIndex == history.size() ? draft : history.get(historyIndex));
    }

    /// As far as all that fit agree.
    private void complete() {
        String typed = edited.text();
        if (!typed.startsWith("/") || typed.length() != edited.cursor()) {
            return;
        }
        List<String> fitting = completions.stream().filter(word -> word.startsWith(typed)).toList();
        if (fitting.isEmpty()) {
            return;
        }
        String common = fitting.getFirst();
        for (String word : fitting) {
            while (!word.startsWith(common)) {
                common = common.substring(0, common.length() - 1);
            }
        }
        edited.replace(fitting.size() == 1 ? common + " " : common);
    }

    private void draw(String prompt, String continuation) {
        EditLayout layout =
                EditLayout.of(prompt, continuation, edited.text(), edited.cursor(), size.columns())
                        .window(size.rows() - 1);
        StringBuilder out = new StringBuilder("\r");
        if (cursorRow > 0) {
            out.append("\u001b[").append(cursorRow).append('A');
        }
        out.append("\u001b[J").append(String.join("\r\n", layout.rows()));
        int below = layout.rows().size() - 1 - layout.cursorRow();
        if (below > 0) {
            out.append("\u001b[").append(below).append('A');
        }
        out.append('\r');
        if (layout.cursorColumn() > 0) {
            out.append("\u001b[").append(layout.cursorColumn()).append('C');
        }
        cursorRow = layout.cursorRow();
        screen.print(out.toString());
        screen.flush();
    }
}
