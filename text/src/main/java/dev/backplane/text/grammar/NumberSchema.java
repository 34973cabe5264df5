package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;

/// Rules of numbers within bounds.
final class NumberSchema {
    static final Set<String> KEYWORDS =
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

    private static final int DIGITS_MAX = 30;
    private static final BigDecimal LARGEST = BigDecimal.valueOf(JsonRules.INTEGER_MAX);

    private NumberSchema() {}

    /// A side of the range.
    ///
    /// @param inclusive whether the limit itself is in it
    private record Bound(BigDecimal limit, boolean inclusive) {}

    private static Bound lower(SchemaNode node) {
        Bound bound = new Bound(LARGEST.negate(), true);
        for (String name : List.of("minimum", "exclusiveMinimum")) {
            if (node.find(name).isPresent()) {
                BigDecimal limit = limit(node, name);
                int order = limit.compareTo(bound.limit);
                if (order > 0 || order == 0 && name.startsWith("exclusive")) {
                    bound = new Bound(limit, !name.startsWith("exclusive"));
                }
            }
        }
        return bound;
    }

    private static Bound upper(SchemaNode node) {
        Bound bound = new Bound(LARGEST, true);
        for (String name : List.of("maximum", "exclusiveMaximum")) {
            if (node.find(name).isPresent()) {
                BigDecimal limit = limit(node, name);
                int order = limit.compareTo(bound.limit);
                if (order < 0 || order == 0 && name.startsWith("exclusive")) {
                    bound = new Bound(limit, !name.startsWith("exclusive"));
                }
            }
        }
        return bound;
    }

    private static BigDecimal limit(SchemaNode node, String name) {
        if (node.find(name).orElseThrow() instanceof JsonTree.Number number
                && number.digits().length() <= DIGITS_MAX) {
            BigDecimal limit = new BigDecimal(number.digits());
            if (Math.abs((long) limit.scale()) <= DIGITS_MAX) {
                return limit;
            }
        }
        throw node.refused("'%s' that is no number of at most 30 digits".formatted(name));
    }

    static Rule integer(SchemaNode node) {
        Bound lower = lower(node);
        Bound upper = upper(node);
        BigDecimal low = whole(lower, RoundingMode.CEILING, BigDecimal.ONE);
        BigDecimal high = whole(upper, RoundingMode.FLOOR, BigDecimal.ONE.negate());
        if (low.compareTo(high) > 0) {
            throw node.refused("a schema that nothing is valid for, with 18 digits");
        }
        boolean open = low.compareTo(LARGEST.negate()) == 0 && high.compareTo(LARGEST) == 0;
        return open
                ? new Rule.Reference("integer")
                : JsonRules.integer(low.longValueExact(), high.longValueExact());
    }

    /// The outermost whole number within the bound, of 18 digits.
    private static BigDecimal whole(Bound bound, RoundingMode mode, BigDecimal inwards) {
        BigDecimal whole = bound.limit.setScale(0, mode);
        if (!bound.inclusive && whole.compareTo(bound.limit) == 0) {
            whole = whole.add(inwards);
        }
        BigDecimal beyond = LARGEST.add(BigDecimal.ONE);
        return whole.max(beyond.negate()).min(beyond);
    }

    static Rule number(SchemaNode node) {
        if (KEYWORDS.stream().noneMatch(name -> node.find(name).isPresent())) {
            return new Rule.Reference("number");
        }
        Bound low = lower(node);
        Bound high = upper(node);
        return DecimalRules.between(low.limit, low.inclusive, high.limit, high.inclusive)
                .orElseThrow(() -> node.refused("a schema that nothing is valid for"));
    }
}
