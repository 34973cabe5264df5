package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Bool;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Real;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Python's operators on values.
final class Operators {
    /// Numbers and repetitions that grow above this are refused.
    private static final int BITS_MAX = 4_096;

    static final int REPEAT_MAX = 1 << 20;

    private Operators() {}

    static boolean isNumber(Value value) {
        return value instanceof Int || value instanceof Real || value instanceof Bool;
    }

    private static boolean isWhole(Value value) {
        return value instanceof Int || value instanceof Bool;
    }

    static BigInteger whole(Value value) {
        return switch (value) {
            case Int(BigInteger number) -> number;
            case Bool(boolean flag) -> flag ? BigInteger.ONE : BigInteger.ZERO;
            default ->
                    throw new TypeError(
                            "a '%s' where a whole number is needed"
                                    .formatted(Value.typeName(value)));
        };
    }

    static double real(Value value) {
        return value instanceof Real(double number) ? number : whole(value).doubleValue();
    }

    /// A whole number that can be an index or a count; larger ones become the largest.
    static int toInt(Value value) {
        BigInteger number = whole(value);
        return number.bitLength() < 31
                ? number.intValue()
                : number.signum() < 0 ? -Integer.MAX_VALUE : Integer.MAX_VALUE;
    }

    static Value binary(String operator, Value left, Value right) {
        rejectUndefined(left);
        rejectUndefined(right);
        return switch (operator) {
            case "+" -> add(left, right);
            case "*" -> multiply(left, right);
            case "%" ->
                    left instanceof Str(MarkedText format, boolean _)
                            ? new Str(PrintfFormat.format(format, right))
                            : arithmetic(operator, left, right);
            default -> arithmetic(operator, left, right);
        };
    }

    static void rejectUndefined(Value value) {
        if (value instanceof Undefined(String what)) {
            throw new TypeError(what + " is undefined");
        }
    }

    private static TypeError unsupported(String operator, Value left, Value right) {
        return new TypeError(
                "'%s' does not work with '%s' and '%s'"
                        .formatted(operator, Value.typeName(left), Value.typeName(right)));
    }

    private static Value add(Value left, Value right) {
        if (left instanceof Str(MarkedText a, boolean aSafe)
                && right instanceof Str(MarkedText b, boolean bSafe)) {
            boolean safe = aSafe || bSafe;
            MarkedText first = safe && !aSafe ? Filters.escape(a) : a;
            return new Str(first.concat(safe && !bSafe ? Filters.escape(b) : b), safe);
        }
        if (left instanceof Seq(Seq.Kind kind, List<Value> a)
                && right instanceof Seq(Seq.Kind other, List<Value> b)
                && kind == other
                && kind != Seq.Kind.GENERATOR
                && kind != Seq.Kind.VIEW) {
            List<Value> sum = new ArrayList<>(a);
            sum.addAll(b);
            return new Seq(kind, sum);
        }
        return arithmetic("+", left, right);
    }

    private static Value multiply(Value left, Value right) {
        if (isWhole(left) && (right instanceof Str || right instanceof Seq)) {
            return multiply(right, left);
        }
        if (left instanceof Str(MarkedText text, boolean _) && isWhole(right)) {
            int times = times(text.length(), right);
            MarkedText.Builder builder = new MarkedText.Builder();
            for (int i = 0; i < times; i++) {
                builder.append(text);
            }
            return new Str(builder.build());
        }
        if (left instanceof Seq(Seq.Kind kind, List<Value> values) && isWhole(right)) {
            int times = times(values.size(), right);
            List<Value> product = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                product.addAll(values);
            }
            return new Seq(kind, product);
        }
        return arithmetic("*", left, right);
    }

    private static int times(int length, Value count) {
        int times = Math.max(0, toInt(count));
        if ((long) times * Math.max(1, length) > REPEAT_MAX) {
            throw new TypeError("a repetition of more than %,d".formatted(REPEAT_MAX));
        }
        return length == 0 ? 0 : times;
    }

    private static Value arithmetic(String operator, Value left, Value right) {
        if (!isNumber(left) || !isNumber(right)) {
            throw unsupported(operator, left, right);
        }
        boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
        if (divides && real(right) == 0) {
            throw new TypeError("division by zero");
        }
        if (operator.equals("/") || !isWhole(left) || !isWhole(right)) {
            return onReals(operator, real(left), real(right));
        }
        BigInteger a = whole(left);
        BigInteger b = whole(right);
        BigInteger result =
                switch (operator) {
                    case "+" -> a.add(b);
                    case "-" -> a.subtract(b);
                    case "*" -> a.multiply(b);
                    case "//" -> floorDivide(a, b);
                    case "%" -> a.subtract(floorDivide(a, b).multiply(b));
                    case "**" -> {
                        if (b.signum() < 0) {
                            yield BigInteger.ZERO;
                        }
                        if ((long) a.bitLength() * toInt(right) > BITS_MAX) {
                            throw new TypeError("a number of more than " + BITS_MAX + " bits");
                        }
                        yield a.pow(b.intValue());
                    }
                    default -> throw unsupported(operator, left, right);
                };
        if (operator.equals("**") && b.signum() < 0) {
            return new Real(Math.pow(a.doubleValue(), b.doubleValue()));
        }
        if (result.bitLength() > BITS_MAX) {
            throw new TypeError("a number of more than " + BITS_MAX + " bits");
        }
        return new Int(result);
    }

    private static BigInteger floorDivide(BigInteger a, BigInteger b) {
        BigInteger[] parts = a.divideAndRemainder(b);
        boolean rounds = parts[1].signum() != 0 && parts[1].signum() != b.signum();
        return rounds ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static Value onReals(String operator, double a, double b) {
        return new Real(
                switch (operator) {
                    case "+" -> a + b;
                    case "-" -> a - b;
                    case "*" -> a * b;
                    case "/" -> a / b;
                    case "//" -> Math.floor(a / b);
                    case "%" -> a - b * Math.floor(a / b);
                    default -> Math.pow(a, b);
                });
    }

    static Value negate(Value value) {
        rejectUndefined(value);
        if (value instanceof Real(double number)) {
            return new Real(-number);
        }
        return new Int(whole(value).negate());
    }

    static Value positive(Value value) {
        rejectUndefined(value);
        return value instanceof Real ? value : new Int(whole(value));
    }

    static boolean areEqual(Value left, Value right) {
        if (isNumber(left) && isNumber(right)) {
            return isWhole(left) && isWhole(right)
                    ? whole(left).equals(whole(right))
                    : real(left) == real(right);
        }
        return switch (left) {
            case Str(MarkedText text, boolean _) ->
                    right instanceof Str(MarkedText other, boolean _)
                            && text.text().equals(other.text());
            case Undefined _ -> right instanceof Undefined;
            case Seq(Seq.Kind kind, List<Value> values) ->
                    right instanceof Seq(Seq.Kind otherKind, List<Value> others)
                            && kind == otherKind
                            && kind != Seq.Kind.GENERATOR
                            && areEqual(values, others);
            case Dict dict ->
                    right instanceof Dict other
                            && dict.size() == other.size()
                            && dict.keys().stream()
                                    .allMatch(key -> areEqual(dict.get(key), other.get(key)));
            default -> left.equals(right);
        };
    }

    private static boolean areEqual(Optional<Value> left, Optional<Value> right) {
        return left.isPresent() && right.isPresent() && areEqual(left.get(), right.get());
    }

    private static boolean areEqual(List<Value> left, List<Value> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!areEqual(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    /// Below zero, zero or above, as Python orders; refused for values without order.
    static int order(Value left, Value right) {
        rejectUndefined(left);
        rejectUndefined(right);
        if (isNumber(left) && isNumber(right)) {
            return isWhole(left) && isWhole(right)
                    ? whole(left).compareTo(whole(right))
                    : Double.compare(real(left), real(right));
        }
        if (left instanceof Str(MarkedText a, boolean _)
                && right instanceof Str(MarkedText b, boolean _)) {
            return Texts.compare(a.text(), b.text());
        }
        if (left instanceof Seq(Seq.Kind kind, List<Value> a)
                && right instanceof Seq(Seq.Kind other, List<Value> b)
                && kind == other) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!areEqual(a.get(i), b.get(i))) {
                    return order(a.get(i), b.get(i));
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        throw unsupported("<", left, right);
    }

    static boolean contains(Value container, Value element) {
        return switch (container) {
            case Str(MarkedText text, boolean _) -> {
                if (element instanceof Str(MarkedText part, boolean _)) {
                    yield text.text().contains(part.text());
                }
                throw new TypeError("'in <string>' requires string as left operand");
            }
            case Dict dict -> dict.get(element).isPresent();
            default -> items(container).stream().anyMatch(item -> areEqual(item, element));
        };
    }

    /// What a loop over the value walks through.
    static List<Value> items(Value value) {
        return switch (value) {
            case Seq(Seq.Kind _, List<Value> values) -> values;
            case Dict dict -> dict.keys();
            case Str(MarkedText text, boolean _) -> Texts.characters(text);
            case Undefined _ -> List.of();
            default -> throw new TypeError("'%s' is not iterable".formatted(Value.typeName(value)));
        };
    }

    static int length(Value value) {
        return switch (value) {
            case Seq(Seq.Kind kind, List<Value> values) when kind != Seq.Kind.GENERATOR ->
                    values.size();
            case Dict dict -> dict.size();
            case Str(MarkedText text, boolean _) -> text.text().codePointCount(0, text.length());
            case Undefined _ -> 0;
            default -> throw new TypeError("'%s' has no length".formatted(Value.typeName(value)));
        };
    }

    /// Bounds of a slice as Python sets them: start, stop and step.
    static Value slice(Value value, Optional<Value> from, Optional<Value> to, Optional<Value> by) {
        int step = by.filter(v -> !(v instanceof Value.None)).map(Operators::toInt).orElse(1);
        if (step == 0) {
            throw new TypeError("slice step cannot be zero");
        }
        if (!(value instanceof Str) && !(value instanceof Seq seq && isIndexed(seq))) {
            rejectUndefined(value);
            throw new TypeError("'%s' cannot be sliced".formatted(Value.typeName(value)));
        }
        int size = length(value);
        int start = bound(from, size, step, step > 0 ? 0 : size - 1);
        int stop = bound(to, size, step, step > 0 ? size : -1);
        if (value instanceof Str(MarkedText text, boolean _) && step == 1) {
            return new Str(start < stop ? Texts.slice(text, start, stop) : MarkedText.EMPTY);
        }
        List<Value> all = items(value);
        List<Value> chosen = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            chosen.add(all.get((int) i));
        }
        return value instanceof Seq(Seq.Kind kind, List<Value> _)
                ? new Seq(kind, chosen)
                : new Str(Texts.join(chosen));
    }

    static boolean isIndexed(Seq seq) {
        return seq.kind() == Seq.Kind.LIST || seq.kind() == Seq.Kind.TUPLE;
    }

    private static int bound(Optional<Value> bound, int size, int step, int otherwise) {
        if (bound.isEmpty() || bound.get() instanceof Value.None) {
            return otherwise;
        }
        int index = toInt(bound.get());
        index = index < 0 ? index + size : index;
        int least = step > 0 ? 0 : -1;
        int most = step > 0 ? size : size - 1;
        return Math.clamp(index, least, Math.max(least, most));
    }
}
