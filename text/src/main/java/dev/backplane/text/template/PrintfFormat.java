package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.TypeError;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Python's two ways to put values into a text: `'%s of %d' % (a, b)` and `'{} of {}'.format(a,
/// b)`.
final class PrintfFormat {
    private static final Pattern PERCENT =
            Pattern.compile("%(\\((\\w+)\\))?([-0+ #]*)(\\d{0,4})(?:\\.(\\d{1,3}))?([a-zA-Z%])");
    private static final Pattern FIELD =
            Pattern.compile(
                    "\\{\\{|}}|\\{(\\w*)(?:!([rs]))?(?::([^{}]?[<>^])?([+])?(0?)(\\d{0,4})(,?)"
                            + "(?:\\.(\\d{1,3}))?([a-z%]?))?}|[{}]");

    private PrintfFormat() {}

    static MarkedText format(MarkedText format, Value values) {
        List<Value> list =
                values instanceof Seq(Seq.Kind kind, List<Value> items) && kind == Seq.Kind.TUPLE
                        ? items
                        : List.of(values);
        MarkedText.Builder out = new MarkedText.Builder();
        Matcher matcher = PERCENT.matcher(format.text());
        int done = 0;
        int used = 0;
        while (matcher.find()) {
            out.append(format, done, matcher.start());
            done = matcher.end();
            if (matcher.group(6).equals("%")) {
                out.append("%", true);
                continue;
            }
            Value value;
            if (matcher.group(2) != null) {
                value = member(values, matcher.group(2));
            } else if (used < list.size()) {
                value = list.get(used++);
            } else {
                throw new TypeError("not enough arguments for format string");
            }
            MarkedText written =
                    written(value, matcher.group(6).charAt(0), precision(matcher.group(5)));
            String flags = matcher.group(3);
            if (flags.contains("+") && !written.text().startsWith("-")) {
                written = MarkedText.trusted("+").concat(written);
            }
            boolean left = flags.contains("-");
            out.append(
                    padded(written, matcher.group(4), flags.contains("0") && !left, left ? -1 : 1));
        }
        if (format.text().indexOf('%', done) >= 0) {
            throw new TypeError("incomplete format");
        }
        if (used < list.size() && !(values instanceof Value.Dict)) {
            throw new TypeError("not all arguments converted during string formatting");
        }
        return out.append(format, done, format.length()).build();
    }

    private static Value member(Value values, String name) {
        if (values instanceof Value.Dict dict) {
            return dict.get(name).orElseThrow(() -> new TypeError("no key '" + name + "'"));
        }
        throw new TypeError("format requires a mapping");
    }

    private static int precision(@org.jspecify.annotations.Nullable String digits) {
        return digits == null ? -1 : Integer.parseInt(digits);
    }

    private static MarkedText padded(MarkedText text, String width, boolean zeros, int side) {
        if (width.isEmpty()) {
            return text;
        }
        int columns = Integer.parseInt(width);
        if (zeros && text.text().startsWith("-")) {
            return MarkedText.trusted("-")
                    .concat(Texts.pad(text.substring(1), columns - 1, "0", 1));
        }
        return Texts.pad(text, columns, zeros ? "0" : " ", side);
    }

    private static MarkedText written(Value value, char type, int precision) {
        return switch (type) {
            case 's' -> {
                MarkedText text = PythonText.str(value);
                int length = text.text().codePointCount(0, text.length());
                yield precision >= 0 && precision < length ? Texts.slice(text, 0, precision) : text;
            }
            case 'r' -> PythonText.repr(value);
            case 'd', 'i' -> MarkedText.trusted(truncated(value));
            case 'x' -> MarkedText.trusted(Operators.whole(value).toString(16));
            case 'X' ->
                    MarkedText.trusted(
                            Operators.whole(value).toString(16).toUpperCase(Locale.ROOT));
            case 'f' -> MarkedText.trusted(fixed(value, precision < 0 ? 6 : precision));
            case 'e' ->
                    MarkedText.trusted(
                            ("%." + (precision < 0 ? 6 : precision) + "e")
                                    .formatted(Operators.real(value)));
            default -> throw new TypeError("unsupported format character '" + type + "'");
        };
    }

    private static String truncated(Value value) {
        return value instanceof Value.Real(double number) && Double.isFinite(number)
                ? new BigDecimal(number).toBigInteger().toString()
                : Operators.whole(value).toString();
    }

    private static String fixed(Value value, int digits) {
        double number = Operators.real(value);
        return Double.isFinite(number)
                ? new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()
                : PythonText.real(number);
    }

    /// `format.format(arguments)`.
    static MarkedText fields(MarkedText format, Value.CallArguments arguments) {
        MarkedText.Builder out = new MarkedText.Builder();
        Matcher matcher = FIELD.matcher(format.text());
        int done = 0;
        int used = 0;
        while (matcher.find()) {
            out.append(format, done, matcher.start());
            done = matcher.end();
            String found = matcher.group();
            if (found.equals("{{") || found.equals("}}")) {
                out.append(found.substring(1), true);
                continue;
            }
            String name = matcher.group(1);
            if (name == null) {
                throw new TypeError("a format field that cannot be read");
            }
            Value value;
            if (name.isEmpty() || name.matches("\\d{1,4}")) {
                int index = name.isEmpty() ? used++ : Integer.parseInt(name);
                if (index >= arguments.positional().size()) {
                    throw new TypeError("no argument " + index + " for format string");
                }
                value = arguments.positional().get(index);
            } else {
                value = arguments.keywords().get(name);
                if (value == null) {
                    throw new TypeError("no key '" + name + "'");
                }
            }
            out.append(field(value, matcher));
        }
        return out.append(format, done, format.length()).build();
    }

    private static MarkedText field(Value value, Matcher matcher) {
        String type = matcher.group(9) == null ? "" : matcher.group(9);
        int precision = precision(matcher.group(8));
        boolean number = Operators.isNumber(value) && !(value instanceof Value.Bool);
        MarkedText written;
        if ("r".equals(matcher.group(2))) {
            written = PythonText.repr(value);
        } else if (type.isEmpty()) {
            written =
                    number && precision >= 0
                            ? MarkedText.trusted(fixed(value, precision))
                            : PythonText.str(value);
        } else if (type.equals("%")) {
            Value percent = new Value.Real(Operators.real(value) * 100);
            written = MarkedText.trusted(fixed(percent, precision < 0 ? 6 : precision) + "%");
        } else {
            written = written(value, type.charAt(0), precision);
        }
        if (",".equals(matcher.group(7))) {
            String[] parts = written.text().split("\\.", 2);
            String grouped = parts[0].replaceAll("(?<=\\d)(?=(\\d{3})+$)", ",");
            written = MarkedText.trusted(parts.length > 1 ? grouped + "." + parts[1] : grouped);
        }
        if ("+".equals(matcher.group(4)) && !written.text().startsWith("-")) {
            written = MarkedText.trusted("+").concat(written);
        }
        String align = matcher.group(3) == null ? "" : matcher.group(3);
        String width = matcher.group(6) == null ? "" : matcher.group(6);
        if (width.isEmpty()) {
            return written;
        }
        if (align.isEmpty()) {
            return padded(written, width, "0".equals(matcher.group(5)), number ? 1 : -1);
        }
        String fill = align.length() > 1 ? align.substring(0, align.length() - 1) : " ";
        char side = align.charAt(align.length() - 1);
        return Texts.pad(
                written, Integer.parseInt(width), fill, side == '<' ? -1 : side == '>' ? 1 : 0);
    }
}
