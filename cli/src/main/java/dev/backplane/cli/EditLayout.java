package dev.backplane.cli;

import java.util.ArrayList;
import java.util.List;

/// Where the characters of a text stand on a terminal of some width. Rows are broken here and not
/// by the terminal, because terminals differ in what they do at their right edge.
///
/// @param rows as they are printed, prompts included
/// @param cursorRow from 0, in `rows`
/// @param cursorColumn from 0
record EditLayout(List<String> rows, int cursorRow, int cursorColumn) {
    private static final String TAB = "    ";

    EditLayout {
        rows = List.copyOf(rows);
    }

    /// @param prompt before the first line
    /// @param continuation before the other lines of the text
    /// @param cursor in UTF-16 units of the text
    /// @param columns of the terminal
    static EditLayout of(String prompt, String continuation, String text, int cursor, int columns) {
        List<String> rows = new ArrayList<>();
        StringBuilder row = new StringBuilder(prompt);
        int width = DisplayText.width(prompt);
        int cursorRow = 0;
        int cursorColumn = width;
        for (int i = 0; i <= text.length(); ) {
            if (width >= columns) {
                rows.add(row.toString());
                row.setLength(0);
                width = 0;
            }
            if (i == cursor) {
                cursorRow = rows.size();
                cursorColumn = width;
            }
            if (i == text.length()) {
                break;
            }
            int point = text.codePointAt(i);
            if (point == '\n') {
                rows.add(row.toString());
                row.setLength(0);
                row.append(continuation);
                width = DisplayText.width(continuation);
            } else {
                String shown = shown(point);
                int wide = DisplayText.width(shown);
                if (width + wide > columns) {
                    rows.add(row.toString());
                    row.setLength(0);
                    width = 0;
                    if (i == cursor) {
                        cursorRow = rows.size();
                        cursorColumn = 0;
                    }
                }
                row.append(shown);
                width += wide;
            }
            i += Character.charCount(point);
        }
        rows.add(row.toString());
        return new EditLayout(rows, cursorRow, cursorColumn);
    }

    private static String shown(int point) {
        if (point == '\t') {
            return TAB;
        }
        return DisplayText.visible(Character.toString(point));
    }

    /// The rows around the cursor that fit a terminal of this height.
    EditLayout window(int height) {
        if (rows.size() <= height) {
            return this;
        }
        int first = Math.clamp(cursorRow - height / 2L, 0, rows.size() - height);
        return new EditLayout(rows.subList(first, first + height), cursorRow - first, cursorColumn);
    }
}
