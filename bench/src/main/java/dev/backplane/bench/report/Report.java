package dev.backplane.bench.report;

import dev.backplane.core.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// What a benchmark found, as tables for people and as JSON for programs. Immutable.
///
/// @param conditions what a reader needs to judge the numbers: machine, load, seed, sizes
/// @param notes sentences below the tables
public record Report(
        String title, Map<String, String> conditions, List<Table> tables, List<String> notes) {

    /// Cells are `String`, `Long` or `Double`; an empty string is a value that was not measured.
    public record Table(String name, List<String> columns, List<List<Object>> rows) {
        public Table {
            columns = List.copyOf(columns);
            rows = rows.stream().map(List::copyOf).toList();
        }

        /// The columns as names for programs: `raw MB` is `raw_mb`, `MB/s` is `mb_per_s`.
        public List<String> keys() {
            return columns.stream().map(Report::key).toList();
        }
    }

    public Report {
        conditions = new LinkedHashMap<>(conditions);
        tables = List.copyOf(tables);
        notes = List.copyOf(notes);
    }

    /// GitHub Markdown with columns aligned, so that it reads well in a terminal too.
    public String markdown() {
        StringBuilder out = new StringBuilder("## ").append(title).append("\n\n");
        conditions.forEach((name, value) ->
                out.append("- ").append(name).append(": ").append(value).append('\n'));
        for (Table table : tables) {
            out.append("\n### ").append(table.name()).append("\n\n");
            table(table, out);
        }
        if (!notes.isEmpty()) {
            out.append('\n');
        }
        notes.forEach(note -> out.append(note).append('\n'));
        return out.toString();
    }

    private static void table(Table table, StringBuilder out) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(table.columns());
        for (List<Object> row : table.rows()) {
            lines.add(row.stream().map(Report::cell).toList());
        }
        int[] widths = new int[table.columns().size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(Math.max(widths[i], 3), line.get(i).length());
            }
        }
        for (int i = 0; i < lines.size(); i++) {
            line(table, lines.get(i), widths, out);
            if (i == 0) {
                rule(table, widths, out);
            }
        }
    }

    private static void line(Table table, List<String> cells, int[] widths, StringBuilder out) {
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - cells.get(i).length());
            out.append(
                    isNumeric(table, i)
                            ? "| " + padding + cells.get(i)
                            : "| " + cells.get(i) + padding);
            out.append(' ');
        }
        out.append("|\n");
    }

    private static void rule(Table table, int[] widths, StringBuilder out) {
        for (int i = 0; i < widths.length; i++) {
            out.append('|')
                    .append("-".repeat(widths[i] + 1))
                    .append(isNumeric(table, i) ? ':' : '-');
        }
        out.append("|\n");
    }

    private static boolean isNumeric(Table table, int column) {
        return table.rows().stream().anyMatch(row -> row.get(column) instanceof Number);
    }

    private static String cell(Object value) {
        return switch (value) {
            case Double real -> real(real);
            case Long whole -> String.format(Locale.ROOT, "%,d", whole);
            default -> value.toString();
        };
    }

    /// Three significant digits where there are that many before the point.
    private static String real(double value) {
        double size = Math.abs(value);
        if (size >= 100) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT)
                .replace(" : ", " to ")
                .replace("/", " per ")
                .replaceAll("[^a-z0-9]+", "_");
    }

    /// To six significant digits: more is noise, and the noise of binary fractions at that.
    public static BigDecimal rounded(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }

    /// `{title, conditions: {}, tables: [{name, rows: [{column: value}]}], notes: []}`.
    public String json() {
        return Json.write(this::write);
    }

    private void write(JsonGenerator out) {
        out.writeStartObject();
        out.writeStringProperty("title", title);
        out.writeObjectPropertyStart("conditions");
        conditions.forEach((name, value) -> out.writeStringProperty(key(name), value));
        out.writeEndObject();
        out.writeArrayPropertyStart("tables");
        for (Table table : tables) {
            out.writeStartObject();
            out.writeStringProperty("name", table.name());
            out.writeArrayPropertyStart("rows");
            table.rows().forEach(row -> row(table, row, out));
            out.writeEndArray();
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeArrayPropertyStart("notes");
        notes.forEach(out::writeString);
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void row(Table table, List<Object> row, JsonGenerator out) {
        out.writeStartObject();
        List<String> keys = table.keys();
        for (int i = 0; i < row.size(); i++) {
            out.writeName(keys.get(i));
            switch (row.get(i)) {
                case Double real when real.isNaN() -> out.writeNull();
                case Double real -> out.writeNumber(rounded(real));
                case Long whole -> out.writeNumber(whole);
                case Object other -> {
                    if (other.toString().isEmpty()) {
                        out.writeNull();
                    } else {
                        out.writeString(other.toString());
                    }
                }
            }
        }
        out.writeEndObject();
    }
}
