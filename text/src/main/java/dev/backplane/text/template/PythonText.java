package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.List;

/// What `str` and `repr` write.
final class PythonText {
    private static final int DEPTH_MAX = 100;

    private PythonText() {}

    /// `str(value)`; strings keep their marks, and so do strings within others.
    static MarkedText str(Value value) {
        if (value instanceof Str(MarkedText text, boolean _)) {
            return text;
        }
        if (value instanceof Value.Undefined) {
            return MarkedText.EMPTY;
        }
        MarkedText.Builder builder = new MarkedText.Builder();
        repr(value, builder, 0);
        return builder.build();
    }

    static MarkedText repr(Value value) {
        MarkedText.Builder builder = new MarkedText.Builder();
        repr(value, builder, 0);
        return builder.build();
    }

    private static void repr(Value value, MarkedText.Builder out, int depth) {
        if (depth > DEPTH_MAX) {
            throw new Value.TypeError("a value nested more than " + DEPTH_MAX + " deep");
        }
        switch (value) {
            case Value.None _ -> out.append("None", true);
            case Value.Undefined _ -> out.append("Undefined", true);
            case Value.Bool(boolean flag) -> out.append(flag ? "True" : "False", true);
            case Value.Int(BigInteger number) -> out.append(number.toString(), true);
            case Value.Real(double number) -> out.append(real(number), true);
            case Str(MarkedText text, boolean _) -> quoted(text, out);
            case Seq seq -> sequence(seq, out, depth);
            case Dict dict -> {
                out.append("{", true);
                boolean first = true;
                for (Value key : dict.keys()) {
                    out.append(first ? "" : ", ", true);
                    first = false;
                    repr(key, out, depth + 1);
                    out.append(": ", true);
                    repr(dict.get(key).orElse(Value.NONE), out, depth + 1);
                }
                out.append("}", true);
            }
            case Value.Namespace _ -> out.append("<Namespace>", true);
            case Value.Function(String name, Value.Function.Body _) ->
                    out.append("<function " + name + ">", true);
            case Value.Loop _ -> out.append("<LoopContext>", true);
        }
    }

    private static void sequence(Seq seq, MarkedText.Builder out, int depth) {
        switch (seq.kind()) {
            case LIST -> members("[", seq.values(), "]", out, depth);
            case TUPLE -> {
                String end = seq.values().size() == 1 ? ",)" : ")";
                members("(", seq.values(), end, out, depth);
            }
            case VIEW -> members("dict_items([", seq.values(), "])", out, depth);
            case GENERATOR -> out.append("<generator object>", true);
        }
    }

    private static void members(
            String begin, List<Value> values, String end, MarkedText.Builder out, int depth) {
        out.append(begin, true);
        for (int i = 0; i < values.size(); i++) {
            out.append(i == 0 ? "" : ", ", true);
            repr(values.get(i), out, depth + 1);
        }
        out.append(end, true);
    }

    private static void quoted(MarkedText text, MarkedText.Builder out) {
        boolean useDouble = text.text().indexOf('\'') >= 0 && text.text().indexOf('"') < 0;
        String quote = useDouble ? "\"" : "'";
        out.append(quote, true);
        Texts.appendMapped(
                out,
                text,
                point ->
                        switch (point) {
                            case '\\' -> "\\\\";
                            case '\n' -> "\\n";
                            case '\r' -> "\\r";
                            case '\t' -> "\\t";
                            case '\'' -> useDouble ? "'" : "\\'";
                            default ->
                                    isPrintable(point) ? Character.toString(point) : escaped(point);
                        });
        out.append(quote, true);
    }

    private static String escaped(int point) {
        return point < 0x100
                ? "\\x%02x".formatted(point)
                : point < 0x10000 ? "\\u%04x".formatted(point) : "\\U%08x".formatted(point);
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            case Character.SPACE_SEPARATOR -> point == ' ';
            default -> true;
        };
    }

    /// `repr` of a float: the shortest digits that read as the number, with an exponent below 1e-4
    /// and from 1e16 on.
    static String real(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        // Java writes two digits at least, also where one would do.
        BigDecimal one = decimal.round(new MathContext(1)).stripTrailingZeros();
        if (decimal.precision() == 2 && one.doubleValue() == number) {
            decimal = one;
        }
        String digits = decimal.unscaledValue().abs().toString();
        int exponent = digits.length() - 1 - decimal.scale();
        String sign = number < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return "%s%s%se%s%02d"
                    .formatted(
                            sign,
                            digits.substring(0, 1),
                            fraction,
                            exponent < 0 ? "-" : "+",
                            Math.abs(exponent));
        }
        String plain = decimal.abs().toPlainString();
        return sign + (plain.contains(".") ? plain : plain + ".0");
    }
}
