package dev.backplane.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColumnFileTest {
    @TempDir Path folder;

    @Test
    void everyRowComesBackAsItWas() throws Exception {
        for (long seed = 1; seed <= 5; seed++) {
            List<SpanRow> rows = new Rows(seed).many("p", Rows.START, 1_000_000, 3_000);
            Path file = folder.resolve("rows-" + seed + ".parquet");
            long size = ColumnFile.write(file, rows.iterator());
            assertThat(size).isEqualTo(Files.size(file));
            assertThat(read(file)).as("seed %d", seed).isEqualTo(rows);
        }
    }

    @Test
    void orderIsKeptOverManyRowGroups() throws Exception {
        int count = ColumnFile.ROW_GROUP_ROWS * 2 + 17;
        List<SpanRow> rows = new Rows(7).many("p", Rows.START, 1_000_000, count);
        Path file = folder.resolve("large.parquet");
        ColumnFile.write(file, rows.iterator());
        assertThat(read(file)).isEqualTo(rows);
        assertThat(number("SELECT num_row_groups FROM parquet_file_metadata('" + file + "')"))
                .isEqualTo(3);
    }

    @Test
    void noRowsMakeAReadableFile() throws Exception {
        Path file = folder.resolve("none.parquet");
        ColumnFile.write(file, List.<SpanRow>of().iterator());
        assertThat(read(file)).isEmpty();
    }

    @Test
    void failureLeavesNothingBehind() throws Exception {
        Iterator<SpanRow> good = new Rows(1).trace("p", Rows.START, 5).iterator();
        Iterator<SpanRow> broken =
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return true;
                    }

                    @Override
                    public SpanRow next() {
                        if (good.hasNext()) {
                            return good.next();
                        }
                        throw new IllegalStateException("disk gone");
                    }
                };
        assertThatThrownBy(() -> ColumnFile.write(folder.resolve("broken.parquet"), broken))
                .isInstanceOf(IOException.class)
                .hasStackTraceContaining("disk gone");
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aQuoteInThePathIsAName() throws Exception {
        Path file = folder.resolve("it's.parquet");
        ColumnFile.write(file, new Rows(1).trace("p", Rows.START, 5).iterator());
        assertThat(read(file)).hasSize(5);
    }

    private static long number(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    private static List<SpanRow> read(Path file) throws SQLException {
        String sql =
                "SELECT * REPLACE (epoch_ns(start_time) AS start_time, epoch_ns(end_time) AS"
                        + " end_time, epoch_ns(order_time) AS order_time,"
                        + " tags::VARCHAR AS tags, scores::VARCHAR AS scores)"
                        + " FROM read_parquet("
                        + SqlText.literal(file.toString())
                        + ")";
        List<SpanRow> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                rows.add(row(result));
            }
        }
        return rows;
    }

    private static SpanRow row(ResultSet result) throws SQLException {
        SpanKey key =
                new SpanKey(
                        text(result, "project"), text(result, "trace_id"), text(result, "span_id"));
        return new SpanRow(
                key,
                text(result, "parent_id"),
                text(result, "name"),
                text(result, "kind"),
                result.getLong("start_time"),
                result.getLong("end_time"),
                result.getLong("order_time"),
                text(result, "status"),
                text(result, "error"),
                text(result, "model"),
                text(result, "provider"),
                whole(result, "input_tokens"),
                whole(result, "output_tokens"),
                whole(result, "cached_tokens"),
                whole(result, "cache_write_tokens"),
                whole(result, "reasoning_tokens"),
                real(result, "cost"),
                real(result, "time_to_first_token_ms"),
                text(result, "session_id"),
                text(result, "user_id"),
                text(result, "agent"),
                text(result, "tags"),
                text(result, "scores"),
                text(result, "input_preview"),
                text(result, "output_preview"));
    }

    private static String text(ResultSet result, String column) throws SQLException {
        String value = result.getString(column);
        return value == null ? "" : value;
    }

    private static long whole(ResultSet result, String column) throws SQLException {
        long value = result.getLong(column);
        return result.wasNull() ? -1 : value;
    }

    private static double real(ResultSet result, String column) throws SQLException {
        double value = result.getDouble(column);
        return result.wasNull() ? Double.NaN : value;
    }
}
