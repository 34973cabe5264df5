package dev.backplane.cli;

import java.text.BreakIterator;
import java.util.Locale;

/// Text with a cursor, as it is being edited: several lines, moved through by what people take for
/// a character (an accent or an emoji's skin is part of what it stands on). Knows no terminal.
final class EditedText {
    private final StringBuilder text = new StringBuilder();
    private int cursor;
    private String cut = "";

    String text() {
        return text.toString();
    }

    /// In UTF-16 units.
    int cursor() {
        return cursor;
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    /// Another text, with the cursor at its end.
    void replace(String other) {
        text.setLength(0);
        text.append(other);
        cursor = text.length();
    }

    void insert(String more) {
        text.insert(cursor, more);
        cursor += more.length();
    }

    void left() {
        cursor = before(cursor);
    }

    void right() {
        cursor = after(cursor);
    }

    private int before(int index) {
        return index == 0 ? 0 : characters().preceding(index);
    }

    private int after(int index) {
        return index == text.length() ? index : characters().following(index);
    }

    private BreakIterator characters() {
        BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
        characters.setText(text.toString());
        return characters;
    }

    void erase() {
        remove(before(cursor), cursor);
    }

    void delete() {
        remove(cursor, after(cursor));
    }

    private void remove(int start, int end) {
        text.delete(start, end);
        cursor = start;
    }

    void lineStart() {
        cursor = startOfLine(cursor);
    }

    void lineEnd() {
        cursor = endOfLine(cursor);
    }

    private int startOfLine(int index) {
        return text.lastIndexOf("\n", index - 1) + 1;
    }

    private int endOfLine(int index) {
        int end = text.indexOf("\n", index);
        return end < 0 ? text.length() : end;
    }

    /// Whether there was a line above to go to.
    boolean up() {
        int start = startOfLine(cursor);
        if (start == 0) {
            return false;
        }
        int above = startOfLine(start - 1);
        cursor = Math.min(above + cursor - start, start - 1);
        alignCursor();
        return true;
    }

    /// Whether there was a line below to go to.
    boolean down() {
        int end = endOfLine(cursor);
        if (end == text.length()) {
            return false;
        }
        cursor = Math.min(end + 1 + cursor - startOfLine(cursor), endOfLine(end + 1));
        alignCursor();
        return true;
    }

    /// Never within what is one character to people.
    private void alignCursor() {
        if (cursor > 0 && !characters().isBoundary(cursor)) {
            cursor = before(cursor);
        }
    }

    void wordLeft() {
        cursor = wordStart();
    }

    void wordRight() {
        cursor = wordEnd();
    }

    private int wordStart() {
        int index = cursor;
        while (index > 0 && !Character.isLetterOrDigit(text.charAt(index - 1))) {
            index--;
        }
        while (index > 0 && Character.isLetterOrDigit(text.charAt(index - 1))) {
            index--;
        }
        return index;
    }

    private int wordEnd() {
        int index = cursor;
        while (index < text.length() && !Character.isLetterOrDigit(text.charAt(index))) {
            index++;
        }
        while (index < text.length() && Character.isLetterOrDigit(text.charAt(index))) {
            index++;
        }
        return index;
    }

    void cutWord() {
        cut(wordStart(), cursor);
    }

    void cutNextWord() {
        cut(cursor, wordEnd());
    }

    void cutToStart() {
        cut(startOfLine(cursor), cursor);
    }

    /// At the end of a line, the line break goes.
    void cutToEnd() {
        int end = endOfLine(cursor);
        cut(cursor, end == cursor ? Math.min(end + 1, text.length()) : end);
    }

    private void cut(int start, int end) {
        if (start < end) {
            cut = text.substring(start, end);
            remove(start, end);
        }
    }

    void insertCut() {
        insert(cut);
    }
}
