package dev.backplane.store.sql;

import dev.backplane.store.column.FilterColumn;
import dev.backplane.store.column.RowFilter;
import dev.backplane.store.column.ValueFilter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Makes a [RowFilter] of a condition's tree, where the two mean the same beyond doubt:
///
/// | in SQL | when |
/// |---|---|
/// | `AND`, `OR`, `NOT`, brackets | always |
/// | `=`, `<>`, `<`, `<=`, `>`, `>=`, either way round; `BETWEEN`, `IN` | a column and literals |
/// | `IS NULL`, `IS NOT NULL` | a column |
///
/// and of literals
///
/// | column | literal |
/// |---|---|
/// | text | a string |
/// | whole number | an integer of at most 18 digits; but in `IN`, a decimal of as many |
/// | number | an integer of at most 18 digits, a decimal of at most 15 |
/// | time | a string `2026-01-31`, with or without a time of day, in UTC |
///
/// Everything else gives nothing, and the condition is DuckDB's.
final class FilterCompiler {
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,18}");
    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]*[.][0-9]*");
    private static final int DECIMAL_DIGITS = 18;

    /// So that a sum of digits with those of a BIGINT stays within the 38 of a DECIMAL.
    private static final int DECIMAL_SCALE = 10;

    /// A double holds these exactly, times a power of ten.
    private static final int DOUBLE_DIGITS = 15;

    private static final Pattern TIME =
            Pattern.compile(
                    "([0-9]{4})-([0-9]{2})-([0-9]{2})"
                            + "(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,9}))?Z?)?");

    /// Years all of whose nanoseconds a long counts.
    private static final int FIRST_YEAR = 1700;

    private static final int LAST_YEAR = 2200;
    private static final int NANO_DIGITS = 9;
    private static final long NANOS = 1_000_000_000;

    private enum Comparison {
        EQUAL,
        NOT_EQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL;

        static Optional<Comparison> of(String type) {
            return switch (type) {
                case "COMPARE_EQUAL" -> Optional.of(EQUAL);
                case "COMPARE_NOTEQUAL" -> Optional.of(NOT_EQUAL);
                case "COMPARE_LESSTHAN" -> Optional.of(LESS);
                case "COMPARE_LESSTHANOREQUALTO" -> Optional.of(LESS_OR_EQUAL);
                case "COMPARE_GREATERTHAN" -> Optional.of(GREATER);
                case "COMPARE_GREATERTHANOREQUALTO" -> Optional.of(GREATER_OR_EQUAL);
                default -> Optional.empty();
            };
        }

        /// With its sides changed.
        Comparison mirrored() {
            return switch (this) {
                case EQUAL, NOT_EQUAL -> this;
                case LESS -> GREATER;
                case LESS_OR_EQUAL -> GREATER_OR_EQUAL;
                case GREATER -> LESS;
                case GREATER_OR_EQUAL -> LESS_OR_EQUAL;
            };
        }

        Comparison negated() {
            return switch (this) {
                case EQUAL -> NOT_EQUAL;
                case NOT_EQUAL -> EQUAL;
                case LESS -> GREATER_OR_EQUAL;
                case LESS_OR_EQUAL -> GREATER;
                case GREATER -> LESS_OR_EQUAL;
                case GREATER_OR_EQUAL -> LESS;
            };
        }
    }

    private FilterCompiler() {}

    static Optional<RowFilter> compile(JsonNode condition) {
        return filter(condition, false);
    }

    /// @param negated whether the rows are wanted for which it is false
    private static Optional<RowFilter> filter(JsonNode node, boolean negated) {
        JsonNode children = node.path("children");
        return switch (node.path("type").asString("")) {
            case "CONJUNCTION_AND" -> joined(children, negated, !negated);
            case "CONJUNCTION_OR" -> joined(children, negated, negated);
            case "OPERATOR_NOT" -> filter(children.path(0), !negated);
            case "OPERATOR_IS_NULL" -> presence(children.path(0), negated);
            case "OPERATOR_IS_NOT_NULL" -> presence(children.path(0), !negated);
            case "COMPARE_IN" -> oneOf(children, negated);
            case "COMPARE_NOT_IN" -> oneOf(children, !negated);
            case "COMPARE_BETWEEN" -> between(node, negated);
            default ->
                    node.path("class").asString("").equals("COMPARISON")
                            ? comparison(node, negated)
                            : Optional.empty();
        };
    }

    private static Optional<RowFilter> joined(JsonNode children, boolean negated, boolean all) {
        List<RowFilter> filters = new ArrayList<>();
        for (JsonNode child : children) {
            Optional<RowFilter> filter = filter(child, negated);
            if (filter.isEmpty()) {
                return filter;
            }
            filters.add(filter.get());
        }
        return Optional.of(all ? new RowFilter.All(filters) : new RowFilter.Any(filters));
    }

    private static Optional<FilterColumn> column(JsonNode node) {
        JsonNode names = node.path("column_names");
        return names.size() == 1 ? FilterColumn.of(names.path(0).asString("")) : Optional.empty();
    }

    private static Optional<RowFilter> presence(JsonNode operand, boolean wanted) {
        return column(operand)
                .map(column -> new RowFilter.Test(column, new ValueFilter.Presence(wanted)));
    }

    private static Optional<RowFilter> comparison(JsonNode node, boolean negated) {
        Optional<Comparison> written = Comparison.of(node.path("type").asString(""));
        if (written.isEmpty()) {
            return Optional.empty();
        }
        Optional<FilterColumn> left = column(node.path("left"));
        Optional<FilterColumn> right = column(node.path("right"));
        if (left.isPresent() == right.isPresent()) {
            return Optional.empty();
        }
        Comparison plain = left.isPresent() ? written.get() : written.get().mirrored();
        return test(
                left.or(() -> right).orElseThrow(),
                negated ? plain.negated() : plain,
                node.path(left.isPresent() ? "right" : "left"));
    }

    private static Optional<RowFilter> between(JsonNode node, boolean negated) {
        Optional<FilterColumn> column = column(node.path("input"));
        if (column.isEmpty()) {
            return Optional.empty();
        }
        Optional<RowFilter> lower =
                test(
                        column.get(),
                        negated ? Comparison.LESS : Comparison.GREATER_OR_EQUAL,
                        node.path("lower"));
        Optional<RowFilter> upper =
                test(
                        column.get(),
                        negated ? Comparison.GREATER : Comparison.LESS_OR_EQUAL,
                        node.path("upper"));
        if (lower.isEmpty() || upper.isEmpty()) {
            return Optional.empty();
        }
        List<RowFilter> both = List.of(lower.get(), upper.get());
        return Optional.of(negated ? new RowFilter.Any(both) : new RowFilter.All(both));
    }

    private static Optional<RowFilter> oneOf(JsonNode children, boolean negated) {
        Optional<FilterColumn> column = column(children.path(0));
        if (column.isEmpty() || children.size() < 2) {
            return Optional.empty();
        }
        List<RowFilter> tests = new ArrayList<>();
        Set<String> texts = new HashSet<>();
        for (int i = 1; i < children.size(); i++) {
            JsonNode value = children.path(i);
            boolean mixed =
                    column.get().kind() == FilterColumn.Kind.WHOLE
                            && !literal(value, "INTEGER").isPresent();
            Optional<RowFilter> test =
                    mixed
                            ? Optional.empty()
                            : test(
                                    column.get(),
                                    negated ? Comparison.NOT_EQUAL : Comparison.EQUAL,
                                    value);
            if (test.isEmpty()) {
                return test;
            }
            tests.add(test.get());
            literal(value, "STRING").ifPresent(texts::add);
        }
        if (column.get().kind() == FilterColumn.Kind.TEXT) {
            return Optional.of(
                    new RowFilter.Test(column.get(), new ValueFilter.OneOf(texts, negated)));
        }
        return Optional.of(negated ? new RowFilter.All(tests) : new RowFilter.Any(tests));
    }

    private static Optional<String> literal(JsonNode node, String kind) {
        JsonNode literal = node.path("literal");
        return literal.path("kind").asString("").equals(kind)
                ? Optional.of(literal.path("text").asString(""))
                : Optional.empty();
    }

    private static Optional<RowFilter> test(
            FilterColumn column, Comparison comparison, JsonNode value) {
        Optional<ValueFilter> test =
                switch (column.kind()) {
                    case TEXT -> literal(value, "STRING").map(text -> ofText(comparison, text));
                    case TIME ->
                            literal(value, "STRING")
                                    .flatMap(FilterCompiler::nanos)
                                    .map(nanos -> ofWhole(comparison, BigDecimal.valueOf(nanos)));
                    case WHOLE ->
                            number(value, DECIMAL_DIGITS)
                                    .map(number -> ofWhole(comparison, number));
                    case REAL ->
                            number(value, DOUBLE_DIGITS)
                                    .map(number -> ofReal(comparison, number.doubleValue()));
                    case PRESENCE -> Optional.empty();
                };
        return test.map(each -> new RowFilter.Test(column, each));
    }

    private static ValueFilter ofText(Comparison comparison, String text) {
        return switch (comparison) {
            case EQUAL -> new ValueFilter.OneOf(Set.of(text), false);
            case NOT_EQUAL -> new ValueFilter.OneOf(Set.of(text), true);
            case LESS -> new ValueFilter.Beside(text, true, false);
            case LESS_OR_EQUAL -> new ValueFilter.Beside(text, true, true);
            case GREATER -> new ValueFilter.Beside(text, false, false);
            case GREATER_OR_EQUAL -> new ValueFilter.Beside(text, false, true);
        };
    }

    private static ValueFilter ofWhole(Comparison comparison, BigDecimal number) {
        long least = FilterColumn.NO_NUMBER + 1;
        long floor = number.setScale(0, RoundingMode.FLOOR).longValueExact();
        long ceiling = number.setScale(0, RoundingMode.CEILING).longValueExact();
        boolean whole = floor == ceiling;
        long[] bounds =
                switch (comparison) {
                    case EQUAL -> whole ? new long[] {floor, floor} : new long[0];
                    case NOT_EQUAL ->
                            whole
                                    ? new long[] {least, floor - 1, floor + 1, Long.MAX_VALUE}
                                    : new long[] {least, Long.MAX_VALUE};
                    case LESS -> new long[] {least, ceiling - 1};
                    case LESS_OR_EQUAL -> new long[] {least, floor};
                    case GREATER -> new long[] {floor + 1, Long.MAX_VALUE};
                    case GREATER_OR_EQUAL -> new long[] {ceiling, Long.MAX_VALUE};
                };
        return new ValueFilter.WholeWithin(bounds);
    }

    private static ValueFilter ofReal(Comparison comparison, double number) {
        double least = Double.NEGATIVE_INFINITY;
        double greatest = Double.POSITIVE_INFINITY;
        double[] bounds =
                switch (comparison) {
                    case EQUAL -> new double[] {number, number};
                    case NOT_EQUAL ->
                            new double[] {
                                least, Math.nextDown(number), Math.nextUp(number), greatest
                            };
                    case LESS -> new double[] {least, Math.nextDown(number)};
                    case LESS_OR_EQUAL -> new double[] {least, number};
                    case GREATER -> new double[] {Math.nextUp(number), greatest};
                    case GREATER_OR_EQUAL -> new double[] {number, greatest};
                };
        return new ValueFilter.RealWithin(bounds);
    }

    /// @param digits of a decimal, at most
    private static Optional<BigDecimal> number(JsonNode value, int digits) {
        Optional<String> integer = literal(value, "INTEGER").filter(INTEGER.asMatchPredicate());
        Optional<String> decimal =
                literal(value, "NUMERIC")
                        .filter(DECIMAL.asMatchPredicate())
                        .filter(text -> text.chars().filter(Character::isDigit).count() <= digits)
                        .filter(text -> text.chars().anyMatch(Character::isDigit))
                        .filter(text -> text.length() - text.indexOf('.') - 1 <= DECIMAL_SCALE);
        return integer.or(() -> decimal).map(BigDecimal::new);
    }

    private static Optional<Long> nanos(String text) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            return Optional.empty();
        }
        int year = Integer.parseInt(time.group(1));
        if (year < FIRST_YEAR || year > LAST_YEAR) {
            return Optional.empty();
        }
        String fraction = Optional.ofNullable(time.group(7)).orElse("");
        try {
            Instant instant =
                    LocalDateTime.of(
                                    year,
                                    Integer.parseInt(time.group(2)),
                                    Integer.parseInt(time.group(3)),
                                    part(time, 4),
                                    part(time, 5),
                                    part(time, 6))
                            .toInstant(ZoneOffset.UTC);
            String nanos = fraction + "0".repeat(NANO_DIGITS - fraction.length());
            return Optional.of(instant.getEpochSecond() * NANOS + Long.parseLong(nanos));
        } catch (DateTimeException e) {
            return Optional.empty(); // DuckDB will say what is wrong with it
        }
    }

    private static int part(Matcher time, int group) {
        return Optional.ofNullable(time.group(group)).map(Integer::parseInt).orElse(0);
    }
}
