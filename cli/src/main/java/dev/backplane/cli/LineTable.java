package dev.backplane.cli;

import java.util.List;

/// One JSON object a line, each written out as it comes.
final class LineTable implements TableWriter {
    private final List<String> chosen;
    private final Screen screen;

    /// @param chosen the members to write, or none for all
    LineTable(List<String> chosen, Screen screen) {
        this.chosen = List.copyOf(chosen);
        this.screen = screen;
    }

    @Override
    public void row(Node.Fields row) {
        screen.print(row.only(chosen).json() + "\n");
        screen.flush();
    }

    @Override
    public void end(Node.Fields rest) {}
}
