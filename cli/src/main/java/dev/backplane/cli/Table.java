package dev.backplane.cli;

import java.util.List;

/// The shape of tabular output.
///
/// @param name the key that holds the rows in JSON, the same as in the HTTP API
/// @param columns the first [Unit#ID] column is what `--format quiet` prints; without one, the
///   first column is
record Table(String name, List<Column> columns) {
    Table {
        columns = List.copyOf(columns);
    }

    static Table of(String name, Column... columns) {
        return new Table(name, List.of(columns));
    }

    Column identity() {
        for (Column column : columns) {
            if (column.unit() == Unit.ID) {
                return column;
            }
        }
        return columns.getFirst();
    }
}
