package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Bool;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Real;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.Undefined;
import java.math.BigInteger;
import java.util.Set;

/// What stands behind `is`. Source: jinja2/tests.py (3.1).
final class Tests {
    private static final Set<String> NAMES =
            Set.of(
                    "boolean",
                    "callable",
                    "defined",
                    "divisibleby",
                    "eq",
                    "equalto",
                    "==",
                    "even",
                    "false",
                    "filter",
                    "float",
                    "ge",
                    "gt",
                    "greaterthan",
                    "in",
                    "integer",
                    "iterable",
                    "le",
                    "lessthan",
                    "lower",
                    "lt",
                    "mapping",
                    "ne",
                    "none",
                    "number",
                    "odd",
                    "sameas",
                    "sequence",
                    "string",
                    "test",
                    "true",
                    "undefined",
                    "upper");

    private Tests() {}

    static boolean isKnown(String name) {
        return NAMES.contains(name);
    }

    static boolean test(String name, Value value, CallArguments arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value instanceof Value.None;
            case "boolean" -> value instanceof Bool;
            case "true" -> value instanceof Bool(boolean flag) && flag;
            case "false" -> value instanceof Bool(boolean flag) && !flag;
            case "integer" -> value instanceof Int;
            case "float" -> value instanceof Real;
            case "number" -> Operators.isNumber(value);
            case "string" -> value instanceof Str;
            case "mapping" -> value instanceof Dict;
            case "callable" -> value instanceof Value.Function;
            case "iterable" ->
                    value instanceof Seq
                            || value instanceof Str
                            || value instanceof Dict
                            || value instanceof Undefined;
            case "sequence" ->
                    value instanceof Str
                            || value instanceof Dict
                            || value instanceof Undefined
                            || value instanceof Seq seq && Operators.isIndexed(seq);
            case "lower" -> isCased(value, Character::isUpperCase);
            case "upper" -> isCased(value, Character::isLowerCase);
            case "even" -> !Operators.whole(value).testBit(0);
            case "odd" -> Operators.whole(value).testBit(0);
            case "divisibleby" -> {
                BigInteger divisor = Operators.whole(arguments.get(0, "num"));
                if (divisor.signum() == 0) {
                    throw new Value.TypeError("division by zero");
                }
                yield Operators.whole(value).remainder(divisor).signum() == 0;
            }
            case "sameas" -> isSame(value, arguments.get(0, "other"));
            case "in" -> Operators.contains(arguments.get(0, "seq"), value);
            case "eq", "equalto", "==" -> Operators.areEqual(value, arguments.get(0, "other"));
            case "ne" -> !Operators.areEqual(value, arguments.get(0, "other"));
            case "lt", "lessthan" -> Operators.order(value, arguments.get(0, "other")) < 0;
            case "le" -> Operators.order(value, arguments.get(0, "other")) <= 0;
            case "gt", "greaterthan" -> Operators.order(value, arguments.get(0, "other")) > 0;
            case "ge" -> Operators.order(value, arguments.get(0, "other")) >= 0;
            case "filter" ->
                    value instanceof Str(MarkedText text, boolean _)
                            && Filters.isKnown(text.text());
            case "test" -> value instanceof Str(MarkedText text, boolean _) && isKnown(text.text());
            default -> throw new Value.TypeError("unknown test '" + name + "'");
        };
    }

    /// Has letters with case, and none of the other.
    private static boolean isCased(Value value, java.util.function.IntPredicate other) {
        String text = PythonText.str(value).text();
        return text.codePoints().noneMatch(other)
                && text.codePoints()
                        .anyMatch(point ->
                                Character.isUpperCase(point) || Character.isLowerCase(point));
    }

    /// Python's `is`, as far as values without identity can have it: equal and of one type.
    private static boolean isSame(Value value, Value other) {
        return value.getClass() == other.getClass() && Operators.areEqual(value, other);
    }
}
