package dev.backplane.cli;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Padded columns, numbers to the right, fitted to the terminal.
///
/// The widths come from the first [#SAMPLE_ROWS] rows, so that a table of any length is written
/// with bounded memory; a wider cell after those is cut, or pushes its line out when it is an
/// identifier or a number. Without a terminal nothing is cut: whoever pipes wants all of it.
final class HumanTable implements TableWriter {
    private static final int SAMPLE_ROWS = 1_000;
    private static final int TEXT_MIN = 12;
    private static final String GAP = "  ";

    private sealed interface Line {
        record Cells(List<String> values) implements Line {}

        record Remark(String text) implements Line {}
    }

    private final List<Column> columns;
    private final Screen screen;
    private final ZoneId zone;
    private final List<Line> sample = new ArrayList<>();
    private int[] widths = new int[0];
    private boolean isEmpty = true;

    HumanTable(List<Column> columns, Screen screen, ZoneId zone) {
        this.columns = columns;
        this.screen = screen;
        this.zone = zone;
    }

    @Override
    public void row(Node.Fields row) {
        List<String> cells = new ArrayList<>(columns.size());
        for (Column column : columns) {
            cells.add(DisplayText.cell(row.get(column.id()), column.unit(), zone));
        }
        add(new Line.Cells(cells));
        isEmpty = false;
    }

    @Override
    public void remark(String text) {
        add(new Line.Remark(DisplayText.line(text)));
    }

    private void add(Line line) {
        if (widths.length > 0) {
            print(line);
            return;
        }
        sample.add(line);
        if (sample.size() >= SAMPLE_ROWS) {
            printSample();
        }
    }

    @Override
    public void end(Node.Fields rest) {
        if (isEmpty) {
            screen.print("nothing found\n");
        } else if (widths.length == 0) {
            printSample();
        }
    }

    private void printSample() {
        widths = fitted();
        List<String> heads =
                columns.stream()
                        .map(column -> column.id().toUpperCase(Locale.ROOT).replace('_', ' '))
                        .toList();
        screen.print(screen.bold(line(heads)) + "\n");
        sample.forEach(this::print);
        sample.clear();
    }

    /// The widths that the sample asks for, with text columns cut down, widest first, until a line
    /// fits the terminal or all are at their least.
    private int[] fitted() {
        int[] fitted = new int[columns.size()];
        for (int i = 0; i < fitted.length; i++) {
            fitted[i] = columns.get(i).id().length();
            for (Line line : sample) {
                if (line instanceof Line.Cells(List<String> values)) {
                    fitted[i] = Math.max(fitted[i], DisplayText.width(values.get(i)));
                }
            }
        }
        int room = screen.columns() - GAP.length() * (fitted.length - 1);
        int excess = screen.columns() == 0 ? 0 : java.util.Arrays.stream(fitted).sum() - room;
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < fitted.length; i++) {
                int least = Math.max(TEXT_MIN, columns.get(i).id().length());
                boolean canShrink = isText(i) && fitted[i] > least;
                if (canShrink && (widest < 0 || fitted[i] > fitted[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break;
            }
            fitted[widest]--;
            excess--;
        }
        return fitted;
    }

    private boolean isText(int index) {
        return switch (columns.get(index).unit()) {
            case TEXT, JSON -> true;
            case ID, TIME, DURATION_MS, COUNT, TOKENS, COST, BYTES, NUMBER -> false;
        };
    }

    private void print(Line line) {
        switch (line) {
            case Line.Cells(List<String> values) -> screen.print(line(values) + "\n");
            case Line.Remark(String text) -> {
                String cut =
                        screen.columns() == 0
                                ? text
                                : DisplayText.cut(text, screen.columns(), screen.ellipsis());
                screen.print(screen.faint(cut) + "\n");
            }
        }
    }

    private String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            boolean canCut = isText(i) && screen.columns() > 0;
            String cell =
                    canCut
                            ? DisplayText.cut(cells.get(i), widths[i], screen.ellipsis())
                            : cells.get(i);
            String padding = " ".repeat(Math.max(0, widths[i] - DisplayText.width(cell)));
            line.append(i == 0 ? "" : GAP);
            line.append(columns.get(i).unit().isRightAligned() ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing();
    }
}
