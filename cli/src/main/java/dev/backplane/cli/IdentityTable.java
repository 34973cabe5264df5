package dev.backplane.cli;

import java.util.List;
import java.util.stream.Collectors;

/// What identifies each row, one row a line, as other commands take it.
final class IdentityTable implements TableWriter {
    private final List<Column> identity;
    private final Screen screen;

    IdentityTable(List<Column> identity, Screen screen) {
        this.identity = identity;
        this.screen = screen;
    }

    @Override
    public void row(Node.Fields row) {
        String line =
                identity.stream()
                        .map(column -> TabTable.cell(row.get(column.id()).plain()))
                        .collect(Collectors.joining(" "));
        screen.print(line + "\n");
    }

    @Override
    public void end(Node.Fields rest) {}
}
