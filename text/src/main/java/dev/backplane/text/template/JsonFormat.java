package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What Python's `json.dumps` writes, which is what the filter `tojson` of chat templates is:
/// unlike Jinja's own it escapes no HTML.
///
/// @param ascii whether other characters are escaped
/// @param indent what a level is indented by; without, everything stands on one line
/// @param itemSeparator between members and items
/// @param keySeparator between key and value
/// @param sorted whether members are put in the order of their keys
record JsonFormat(
        boolean ascii,
        Optional<String> indent,
        String itemSeparator,
        String keySeparator,
        boolean sorted) {
    private static final int DEPTH_MAX = 100;

    MarkedText write(Value value) {
        MarkedText.Builder out = new MarkedText.Builder();
        write(value, out, 0);
        return out.build();
    }

    private void write(Value value, MarkedText.Builder out, int depth) {
        if (depth > DEPTH_MAX) {
            throw new Value.TypeError("a value nested more than " + DEPTH_MAX + " deep");
        }
        switch (value) {
            case Value.None _ -> out.append("null", true);
            case Value.Bool(boolean flag) -> out.append(flag ? "true" : "false", true);
            case Value.Int(BigInteger number) -> out.append(number.toString(), true);
            case Value.Real(double number) -> out.append(real(number), true);
            case Str(MarkedText text, boolean _) -> string(text, out);
            case Seq(Seq.Kind kind, List<Value> values)
                    when kind == Seq.Kind.LIST || kind == Seq.Kind.TUPLE -> {
                if (values.isEmpty()) {
                    out.append("[]", true);
                    return;
                }
                out.append("[", true);
                for (int i = 0; i < values.size(); i++) {
                    separate(out, i == 0, depth + 1);
                    write(values.get(i), out, depth + 1);
                }
                end(out, depth, "]");
            }
            case Dict dict -> writeDict(dict, out, depth);
            case Value.Undefined _, Value.Namespace _, Value.Function _, Value.Loop _, Seq _ ->
                    throw new Value.TypeError(
                            "object of type %s is not JSON serializable"
                                    .formatted(Value.typeName(value)));
        }
    }

    private void writeDict(Dict dict, MarkedText.Builder out, int depth) {
        if (dict.size() == 0) {
            out.append("{}", true);
            return;
        }
        List<Value> keys = new ArrayList<>(dict.keys());
        if (sorted) {
            keys.sort(Operators::order);
        }
        out.append("{", true);
        boolean first = true;
        for (Value key : keys) {
            separate(out, first, depth + 1);
            first = false;
            string(key(key), out);
            out.append(keySeparator, true);
            write(dict.get(key).orElse(Value.NONE), out, depth + 1);
        }
        end(out, depth, "}");
    }

    private static MarkedText key(Value key) {
        return switch (key) {
            case Str(MarkedText text, boolean _) -> text;
            case Value.None _ -> MarkedText.trusted("null");
            case Value.Bool(boolean flag) -> MarkedText.trusted(flag ? "true" : "false");
            case Value.Int(BigInteger number) -> MarkedText.trusted(number.toString());
            case Value.Real(double number) -> MarkedText.trusted(real(number));
            default ->
                    throw new Value.TypeError(
                            "keys must be str, int, float, bool or None, not "
                                    + Value.typeName(key));
        };
    }

    private void separate(MarkedText.Builder out, boolean first, int depth) {
        out.append(first ? "" : itemSeparator, true);
        indent.ifPresent(text -> out.append("\n" + text.repeat(depth), true));
    }

    private void end(MarkedText.Builder out, int depth, String bracket) {
        indent.ifPresent(text -> out.append("\n" + text.repeat(depth), true));
        out.append(bracket, true);
    }

    private static String real(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        return Double.isInfinite(number)
                ? number > 0 ? "Infinity" : "-Infinity"
                : PythonText.real(number);
    }

    private void string(MarkedText text, MarkedText.Builder out) {
        out.append("\"", true);
        Texts.appendMapped(
                out,
                text,
                point ->
                        switch (point) {
                            case '"' -> "\\\"";
                            case '\\' -> "\\\\";
                            case '\n' -> "\\n";
                            case '\r' -> "\\r";
                            case '\t' -> "\\t";
                            case '\f' -> "\\f";
                            case '\b' -> "\\b";
                            default -> written(point);
                        });
        out.append("\"", true);
    }

    private String written(int point) {
        if (point < ' ' || ascii && point > 0x7E) {
            StringBuilder units = new StringBuilder();
            for (char unit : Character.toChars(point)) {
                units.append("\\u%04x".formatted((int) unit));
            }
            return units.toString();
        }
        return Character.toString(point);
    }
}
