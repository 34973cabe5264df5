package dev.backplane.cli;

/// The identifier of each row, one a line.
final class IdentityTable implements TableWriter {
    private final Column identity;
    private final Screen screen;

    IdentityTable(Column identity, Screen screen) {
        this.identity = identity;
        this.screen = screen;
    }

    @Override
    public void row(Node.Fields row) {
        screen.print(TabTable.cell(row.get(identity.id()).plain()) + "\n");
    }

    @Override
    public void end(Node.Fields rest) {}
}
