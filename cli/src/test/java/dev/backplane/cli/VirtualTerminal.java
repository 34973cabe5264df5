package dev.backplane.cli;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// As much of a terminal as the line editor and a chat ask for: text, carriage return, line feed
/// (which the line discipline makes a new line), moving up and right, clearing. Anything else in
/// the output is an error of the test.
///
/// A row that is full stays so until the next character, which is an error as well: what is printed
/// must not leave it to the terminal where a row ends.
final class VirtualTerminal {
    private static final Pattern SEQUENCE = Pattern.compile("\u001b\\[(\\??[0-9;]*)([A-Za-z])");

    private final String[][] cells;
    private int row;
    private int column;

    VirtualTerminal(int rows, int columns) {
        cells = new String[rows][columns];
        for (String[] line : cells) {
            Arrays.fill(line, "");
        }
    }

    void write(String text) {
        Matcher matcher = SEQUENCE.matcher(text);
        int index = 0;
        while (index < text.length()) {
            char letter = text.charAt(index);
            if (letter == '\u001b') {
                if (!matcher.find(index) || matcher.start() != index) {
                    throw new AssertionError("not a sequence: " + text.substring(index));
                }
                sequence(matcher.group(1), matcher.group(2).charAt(0));
                index = matcher.end();
            } else if (letter == '\r') {
                column = 0;
                index++;
            } else if (letter == '\n') {
                column = 0;
                row++;
                index++;
            } else {
                int point = text.codePointAt(index);
                put(Character.toString(point));
                index += Character.charCount(point);
            }
        }
    }

    private void put(String character) {
        int width = DisplayText.width(character);
        if (width == 0) {
            cells[row][Math.max(0, column - 1)] += character;
            return;
        }
        if (column + width > cells[row].length) {
            throw new AssertionError("printed beyond the right edge: " + character);
        }
        cells[row][column] = character;
        if (width == 2) {
            cells[row][column + 1] = "";
        }
        column += width;
    }

    private void sequence(String parameters, char kind) {
        int count = parameters.matches("\\d+") ? Integer.parseInt(parameters) : 1;
        switch (kind) {
            case 'A' -> row -= count;
            case 'C' -> column += count;
            case 'J' -> {
                Arrays.fill(cells[row], column, cells[row].length, "");
                for (int below = row + 1; below < cells.length; below++) {
                    Arrays.fill(cells[below], "");
                }
            }
            case 'K' -> Arrays.fill(cells[row], column, cells[row].length, "");
            case 'm', 'h', 'l' -> {}
            default -> throw new AssertionError("unexpected sequence " + kind);
        }
    }

    /// The rows without the blanks at their ends.
    String text() {
        StringBuilder text = new StringBuilder();
        for (String[] line : cells) {
            StringBuilder cellsOfRow = new StringBuilder();
            for (int i = 0; i < line.length; i++) {
                boolean isSecondHalf = i > 0 && DisplayText.width(line[i - 1]) == 2;
                cellsOfRow.append(line[i].isEmpty() && !isSecondHalf ? " " : line[i]);
            }
            text.append(cellsOfRow.toString().stripTrailing()).append('\n');
        }
        return text.toString().stripTrailing();
    }
}
