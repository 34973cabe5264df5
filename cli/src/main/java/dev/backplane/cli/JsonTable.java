package dev.backplane.cli;

import java.util.List;

/// One JSON document: the rows under the table's name, then what stands beside them.
final class JsonTable implements TableWriter {
    private final List<String> chosen;
    private final Screen screen;
    private boolean isFirst = true;

    /// @param chosen the members to write, or none for all
    JsonTable(String name, List<String> chosen, Screen screen) {
        this.chosen = List.copyOf(chosen);
        this.screen = screen;
        screen.print("{" + Node.of(name).json() + ":[");
    }

    @Override
    public void row(Node.Fields row) {
        screen.print((isFirst ? "" : ",") + row.only(chosen).json());
        isFirst = false;
    }

    @Override
    public void end(Node.Fields rest) {
        StringBuilder tail = new StringBuilder("]");
        rest.values()
                .forEach((key, value) ->
                        tail.append(',')
                                .append(Node.of(key).json())
                                .append(':')
                                .append(value.json()));
        screen.print(tail.append("}\n").toString());
    }
}
