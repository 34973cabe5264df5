package dev.backplane.cli;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Padded columns, numbers to the right, fitted to the terminal.
///
/// The widths come from the first [#SAMPLE_ROWS] rows, so that a table of any length is written
/// with bounded memory; a wider cell after those is cut, or pushes its line out when it is an
/// identifier or a number. Columns that find no room at all are left out from the right, and that
/// is said. Without a terminal nothing is cut: whoever pipes wants all of it.
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
    private final Consumer<String> hints;
    private final ZoneId zone;
    private final List<Line> sample = new ArrayList<>();
    private int[] widths = new int[0];
    private int shown;
    private boolean isEmpty = true;

    /// @param hints takes what is to be said beside the table
    HumanTable(List<Column> columns, Screen screen, Consumer<String> hints, ZoneId zone) {
        this.columns = columns;
        this.hints = hints;
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
    public void remark(int indent, String text) {
        add(new Line.Remark(" ".repeat(indent) + DisplayText.line(text)));
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
            hints.accept("nothing found");
            return;
        }
        if (widths.length == 0) {
            printSample();
        }
        if (shown < columns.size()) {
            List<String> hidden =
                    columns.subList(shown, columns.size()).stream().map(Column::id).toList();
            hints.accept(
                    "no room for %s; choose with --columns, or widen the window"
                            .formatted(String.join(", ", hidden)));
        }
    }

    private void printSample() {
        widths = natural();
        shown = columns.size();
        if (screen.columns() > 0) {
            fit();
        }
        List<String> heads = columns.stream().map(Column::label).toList();
        screen.print(screen.bold(line(heads)) + "\n");
        sample.forEach(this::print);
        sample.clear();
    }

    private int[] natural() {
        int[] natural = new int[columns.size()];
        for (int i = 0; i < natural.length; i++) {
            natural[i] = DisplayText.width(columns.get(i).label());
            for (Line line : sample) {
                if (line instanceof Line.Cells(List<String> values)) {
                    natural[i] = Math.max(natural[i], DisplayText.width(values.get(i)));
                }
            }
        }
        return natural;
    }

    /// Leaves out columns from the right until the least widths fit, then takes what is too much
    /// from the text columns, widest first.
    private void fit() {
        while (shown > 2 && total(true) > screen.columns()) {
            shown--;
        }
        int excess = total(false) - screen.columns();
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < shown; i++) {
                boolean canShrink = widths[i] > least(i);
                if (canShrink && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                return;
            }
            widths[widest]--;
            excess--;
        }
    }

    private int total(boolean isLeast) {
        int total = GAP.length() * (shown - 1);
        for (int i = 0; i < shown; i++) {
            total += isLeast ? least(i) : widths[i];
        }
        return total;
    }

    private int least(int index) {
        int label = DisplayText.width(columns.get(index).label());
        return isText(index) ? Math.min(widths[index], Math.max(TEXT_MIN, label)) : widths[index];
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
        for (int i = 0; i < shown; i++) {
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
