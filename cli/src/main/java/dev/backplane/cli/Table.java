package dev.backplane.cli;

import java.util.Arrays;
import java.util.List;

/// The shape of tabular output.
///
/// @param name the key that holds the rows in JSON, the same as in the HTTP API
/// @param identity what `--format quiet` prints of a row, in the order in which commands take it
record Table(String name, List<Column> columns, List<Column> identity) {
    Table {
        columns = List.copyOf(columns);
        identity = List.copyOf(identity);
    }

    /// A table whose rows are known by the first [Unit#ID] column; without one, by the first.
    Table(String name, List<Column> columns) {
        this(
                name,
                columns,
                columns.stream()
                        .filter(column -> column.unit() == Unit.ID)
                        .findFirst()
                        .or(() -> columns.stream().findFirst())
                        .stream()
                        .toList());
    }

    static Table of(String name, Column... columns) {
        return new Table(name, List.of(columns));
    }

    /// The same table with rows that are known by several columns together.
    Table identifiedBy(String... ids) {
        return new Table(name, columns, Arrays.stream(ids).map(this::column).toList());
    }

    private Column column(String id) {
        return columns.stream()
                .filter(column -> column.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no column " + id));
    }
}
