package dev.backplane.store.sql;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Blob;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Struct;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.duckdb.DuckDBStruct;
import org.duckdb.JsonNode;

/// Turns the rows of a DuckDB result into cells for a [SqlSink].
final class Cells {
    private final List<SqlSink.Column> columns = new ArrayList<>();
    private final List<Optional<Field>> payloads;

    /// A payload that has not been read.
    record Locator(long locator, Field field) {}

    Cells(ResultSetMetaData metaData, List<Optional<Field>> payloads) throws SQLException {
        this.payloads = payloads;
        Set<String> taken = new HashSet<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            boolean payload = !payloads.isEmpty() && payloads.get(i - 1).isPresent();
            columns.add(
                    new SqlSink.Column(
                            unique(metaData.getColumnLabel(i), taken),
                            payload ? "JSON" : metaData.getColumnTypeName(i)));
        }
    }

    /// Many readers keep a row by name: of `a, a` they would have one.
    private static String unique(String label, Set<String> taken) {
        String name = label;
        for (int i = 1; !taken.add(name); i++) {
            name = label + "_" + i;
        }
        return name;
    }

    List<SqlSink.Column> columns() {
        return List.copyOf(columns);
    }

    /// The cells of the current row; a late payload is a [Locator].
    List<Optional<Object>> row(ResultSet result) throws SQLException {
        List<Optional<Object>> cells = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            Optional<Field> payload = payloads.isEmpty() ? Optional.empty() : payloads.get(i);
            if (payload.isPresent()) {
                cells.add(Optional.of(new Locator(result.getLong(i + 1), payload.get())));
                continue;
            }
            Object value =
                    columns.get(i).type().startsWith("TIMESTAMP")
                            ? time(result, i + 1)
                            : result.getObject(i + 1);
            cells.add(value == null ? Optional.empty() : Optional.of(cell(value, i)));
        }
        return cells;
    }

    @org.jspecify.annotations.Nullable
    private static Object time(ResultSet result, int column) throws SQLException {
        Object value = result.getObject(column);
        return value instanceof Timestamp ? result.getObject(column, LocalDateTime.class) : value;
    }

    private Object cell(Object value, int column) throws SQLException {
        return switch (value) {
            case String text -> zoned(text, column);
            case Boolean flag -> flag;
            case Long number -> number;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Double number -> number;
            case Float number -> number.doubleValue();
            case BigInteger number -> new BigDecimal(number);
            case BigDecimal number -> number;
            case LocalDateTime time -> time.toInstant(ZoneOffset.UTC);
            case Timestamp time -> time.toLocalDateTime().toInstant(ZoneOffset.UTC);
            case OffsetDateTime time -> time.toInstant();
            case Instant time -> time;
            case JsonNode json -> Slice.of(text(json.toString(), column));
            case Blob blob ->
                    Base64.getEncoder().encodeToString(blob.getBytes(1, (int) blob.length()));
            case Array array -> list((Object[]) array.getArray(), column);
            case Object[] array -> list(array, column);
            case List<?> list -> list(list.toArray(), column);
            case DuckDBStruct struct -> map(struct.getMap(), column);
            case Struct struct -> list(struct.getAttributes(), column);
            case Map<?, ?> map -> map(map, column);
            default -> value.toString(); // dates, times, intervals, UUIDs, bit strings
        };
    }

    private Object list(@org.jspecify.annotations.Nullable Object[] values, int column)
            throws SQLException {
        List<Optional<Object>> list = new ArrayList<>(values.length);
        for (Object value : values) {
            list.add(value == null ? Optional.empty() : Optional.of(cell(value, column)));
        }
        return list;
    }

    private Object map(Map<?, ?> values, int column) throws SQLException {
        Map<String, Optional<Object>> map = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : values.entrySet()) {
            Object value = entry.getValue();
            map.put(
                    String.valueOf(entry.getKey()),
                    value == null ? Optional.empty() : Optional.of(cell(value, column)));
        }
        return map;
    }

    /// The driver gives a `TIMESTAMPTZ_NS` as text: `2026-01-01 00:00:00.5+00`, in the session's
    /// zone.
    private Object zoned(String text, int column) {
        if (!columns.get(column).type().equals("TIMESTAMPTZ_NS") || !text.endsWith("+00")) {
            return text(text, column);
        }
        return Instant.parse(text.substring(0, text.length() - 3).replace(' ', 'T') + "Z");
    }

    private String text(String text, int column) {
        if (text.length() > DuckFunctions.CELL_BYTES_MAX) {
            throw Problem.tooLarge(
                            "a value of " + text.length() + " characters",
                            "column " + SqlGuard.show(columns.get(column).name()))
                    .fix(
                            "select less of it; a cell holds at most "
                                    + DuckFunctions.CELL_BYTES_MAX
                                    + " characters");
        }
        return text;
    }

    /// Puts the payloads' contents in the place of locators; nothing is read yet.
    static List<Optional<Object>> resolve(List<Optional<Object>> cells, TableView view) {
        List<Optional<Object>> resolved = new ArrayList<>(cells.size());
        for (Optional<Object> cell : cells) {
            resolved.add(
                    cell.isPresent() && cell.get() instanceof Locator(long locator, Field field)
                            ? view.value(locator, field).map(value -> PayloadText.json(value))
                            : cell);
        }
        return resolved;
    }
}
