package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import dev.backplane.store.column.Column;
import dev.backplane.store.column.ColumnBuilder;
import dev.backplane.store.column.FilterColumn;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBReadableVector;

/// Reads columns of a [ColumnFile] as filters want them. One instance a reading, one thread.
final class ColumnReading {
    private final List<FilterColumn> columns;
    private final List<ColumnBuilder> builders = new ArrayList<>();
    private final int rows;

    ColumnReading(Set<FilterColumn> columns, long rows, long dictionaryBytes) {
        this.columns = List.copyOf(columns);
        this.rows = Math.toIntExact(rows);
        for (FilterColumn column : this.columns) {
            builders.add(ColumnBuilder.of(column, this.rows, dictionaryBytes));
        }
    }

    private static String expression(FilterColumn column) {
        return switch (column) {
            case DURATION_MS -> Tables.DURATION;
            case STARTED -> "start_time IS NOT NULL";
            default ->
                    switch (column.kind()) {
                        case TIME -> "epoch_ns(" + column.id() + ")";
                        case PRESENCE -> column.id() + " IS NOT NULL";
                        case TEXT, WHOLE, REAL -> column.id();
                    };
        };
    }

    Map<FilterColumn, Column> read(Path file, Connection connection, RowPipe pipe)
            throws SQLException {
        String expressions =
                columns.stream().map(ColumnReading::expression).collect(Collectors.joining(", "));
        String sql =
                "SELECT file_row_number, %s FROM read_parquet(%s, file_row_number = true)"
                        .formatted(expressions, SqlText.literal(file.toString()));
        long read = 0;
        try (PreparedStatement statement = connection.prepareStatement(sql);
                RowPipe.Cancellable _ = pipe.cancelWith(statement);
                DuckDBChunkedResult result =
                        statement.unwrap(DuckDBPreparedStatement.class).query()) {
            while (result.nextChunk()) {
                take(result.chunk());
                read += result.chunk().rowCount();
            }
        }
        if (read != rows) {
            throw Problem.internal(
                            "a column file has " + read + " rows and should have " + rows, "store")
                    .fix("check the store: backplane store verify");
        }
        Map<FilterColumn, Column> built = new EnumMap<>(FilterColumn.class);
        for (int i = 0; i < columns.size(); i++) {
            built.put(columns.get(i), builders.get(i).build());
        }
        return built;
    }

    private void take(DuckDBDataChunkReader chunk) {
        int count = (int) chunk.rowCount();
        int[] at = new int[count];
        DuckDBReadableVector numbers = chunk.vector(0);
        for (int i = 0; i < count; i++) {
            at[i] = (int) numbers.getLong(i);
        }
        for (int column = 0; column < columns.size(); column++) {
            DuckDBReadableVector values = chunk.vector(column + 1L);
            switch (builders.get(column)) {
                case ColumnBuilder.Texts texts -> {
                    for (int i = 0; i < count; i++) {
                        if (!values.isNull(i)) {
                            texts.set(at[i], values.getString(i));
                        }
                    }
                }
                case ColumnBuilder.Wholes wholes -> {
                    for (int i = 0; i < count; i++) {
                        if (!values.isNull(i)) {
                            wholes.set(at[i], values.getLong(i));
                        }
                    }
                }
                case ColumnBuilder.Reals reals -> {
                    for (int i = 0; i < count; i++) {
                        if (!values.isNull(i)) {
                            reals.set(at[i], values.getDouble(i));
                        }
                    }
                }
                case ColumnBuilder.Marks marks -> {
                    for (int i = 0; i < count; i++) {
                        if (values.getBoolean(i)) {
                            marks.set(at[i]);
                        }
                    }
                }
            }
        }
    }
}
