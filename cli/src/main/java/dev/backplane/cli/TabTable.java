package dev.backplane.cli;

import java.util.List;

/// Tab-separated values with a header row. Nothing is cut; a tab, a line break or a backslash
/// inside a cell is written `\t`, `\n`, `\r`, `\\`, so that a line is a row and the original can be
/// had back.
final class TabTable implements TableWriter {
    private final List<Column> columns;
    private final Screen screen;

    TabTable(List<Column> columns, Screen screen) {
        this.columns = columns;
        this.screen = screen;
        screen.print(String.join("\t", columns.stream().map(Column::id).toList()) + "\n");
    }

    @Override
    public void row(Node.Fields row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            line.append(i == 0 ? "" : "\t").append(cell(row.get(columns.get(i).id()).plain()));
        }
        screen.print(line.append('\n').toString());
    }

    @Override
    public void end(Node.Fields rest) {}

    static String cell(String text) {
        StringBuilder cell = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            switch (letter) {
                case '\t' -> cell.append("\\t");
                case '\n' -> cell.append("\\n");
                case '\r' -> cell.append("\\r");
                case '\\' -> cell.append("\\\\");
                default -> cell.append(letter);
            }
        }
        return cell.toString();
    }
}
