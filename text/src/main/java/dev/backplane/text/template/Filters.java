package dev.backplane.text.template;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Real;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What stands behind `|`; filters that work on the members of a list are in [ListFilters]. Source:
/// jinja2/filters.py (3.1), and `tojson` as transformers defines it.
final class Filters {
    private static final Set<String> NAMES =
            Set.of(
                    "abs",
                    "attr",
                    "capitalize",
                    "center",
                    "count",
                    "d",
                    "default",
                    "e",
                    "escape",
                    "float",
                    "forceescape",
                    "format",
                    "from_json",
                    "indent",
                    "int",
                    "items",
                    "length",
                    "list",
                    "lower",
                    "replace",
                    "round",
                    "safe",
                    "string",
                    "striptags",
                    "title",
                    "tojson",
                    "trim",
                    "truncate",
                    "upper",
                    "urlencode",
                    "wordcount");

    private Filters() {}

    static boolean isKnown(String name) {
        return NAMES.contains(name) || ListFilters.NAMES.contains(name);
    }

    static Value apply(String name, Value value, CallArguments arguments) {
        if (ListFilters.NAMES.contains(name)) {
            return ListFilters.apply(name, value, arguments);
        }
        return switch (name) {
            case "abs" -> abs(value);
            case "attr" -> {
                String member = Methods.string(arguments.get(0, "name"));
                yield Members.ofObject(value, member)
                        .orElseGet(() -> new Undefined("'%s'".formatted(member)));
            }
            case "count", "length" -> Int.of(Operators.length(value));
            case "d", "default" -> orDefault(value, arguments);
            case "from_json" -> fromJson(Methods.marked(value));
            case "float" -> toFloat(value, arguments);
            case "int" -> toInteger(value, arguments);
            case "items" -> items(value);
            case "list" -> Seq.list(Operators.items(value));
            case "round" -> round(value, arguments);
            case "string" -> value instanceof Str ? value : new Str(PythonText.str(value));
            case "safe" -> new Str(PythonText.str(value), true);
            case "e", "escape" ->
                    value instanceof Str text && text.safe()
                            ? value
                            : new Str(escape(PythonText.str(value)), true);
            case "forceescape" -> new Str(escape(PythonText.str(value)), true);
            case "tojson" -> new Str(json(arguments).write(value));
            case "wordcount" -> Int.of(Texts.splitAtSpace(PythonText.str(value), -1, false).size());
            case "format" -> new Str(formatted(value, arguments));
            default -> new Str(onText(name, PythonText.str(value), arguments));
        };
    }

    private static MarkedText onText(String name, MarkedText text, CallArguments arguments) {
        return switch (name) {
            case "upper" -> Texts.mapRuns(text, Texts::upper);
            case "lower" -> Texts.mapRuns(text, Texts::lower);
            case "capitalize" -> Texts.capitalize(text);
            case "title" -> title(text);
            case "trim" -> trimmed(text, arguments);
            case "center" -> Texts.pad(text, arguments.integer(0, "width", 80), " ", 0);
            case "replace" ->
                    Texts.replace(
                            text,
                            Methods.string(arguments.get(0, "old")),
                            Methods.marked(arguments.get(1, "new")),
                            count(arguments));
            case "indent" -> indented(text, arguments);
            case "truncate" -> truncated(text, arguments);
            case "striptags" ->
                    Texts.mapRuns(
                            text, run -> run.replaceAll("<!--[\\s\\S]*?-->|<[^>]{0,10000}>", ""));
            case "urlencode" ->
                    Texts.mapRuns(
                            text,
                            run ->
                                    URLEncoder.encode(run, StandardCharsets.UTF_8)
                                            .replace("+", "%20")
                                            .replace("%2F", "/")
                                            .replace("%7E", "~")
                                            .replace("*", "%2A"));
            default -> throw new TypeError("unknown filter '" + name + "'");
        };
    }

    private static int count(CallArguments arguments) {
        return arguments
                .find(2, "count")
                .filter(value -> !(value instanceof Value.None))
                .map(Operators::toInt)
                .orElse(-1);
    }

    private static Value abs(Value value) {
        Operators.rejectUndefined(value);
        return value instanceof Real(double number)
                ? new Real(Math.abs(number))
                : new Int(Operators.whole(value).abs());
    }

    private static Value orDefault(Value value, CallArguments arguments) {
        boolean replaced =
                value instanceof Undefined
                        || arguments.flag(1, "boolean", false) && !Value.isTrue(value);
        return replaced ? arguments.find(0, "default_value").orElse(Value.EMPTY_TEXT) : value;
    }

    private static Value toFloat(Value value, CallArguments arguments) {
        if (Operators.isNumber(value)) {
            return new Real(Operators.real(value));
        }
        if (value instanceof Str(MarkedText text, boolean _)) {
            String plain = text.text().strip();
            if (plain.matches(
                    "[+-]?(\\d{1,400}(\\.\\d{0,400})?|\\.\\d{1,400})([eE][+-]?\\d{1,4})?")) {
                return new Real(Double.parseDouble(plain));
            }
        }
        return arguments.find(0, "default").orElse(new Real(0));
    }

    private static Value toInteger(Value value, CallArguments arguments) {
        if (value instanceof Real(double number) && Double.isFinite(number)) {
            return new Int(new BigDecimal(number).toBigInteger());
        }
        if (value instanceof Int || value instanceof Value.Bool) {
            return new Int(Operators.whole(value));
        }
        if (value instanceof Str(MarkedText text, boolean _)) {
            String plain = text.text().strip().replace("_", "");
            int base = arguments.integer(1, "base", 10);
            try {
                if (plain.length() <= 400) {
                    return new Int(new BigInteger(plain, base));
                }
            } catch (NumberFormatException e) {
                if (toFloat(value, CallArguments.of(Value.NONE)) instanceof Real real
                        && Double.isFinite(real.value())) {
                    return new Int(new BigDecimal(real.value()).toBigInteger());
                }
            }
        }
        return arguments.find(0, "default").orElse(Int.of(0));
    }

    private static Value items(Value value) {
        return switch (value) {
            case Undefined _ -> Seq.generator(List.of());
            case Dict dict -> Seq.generator(dict.items());
            default -> throw new TypeError("can only get item pairs from a mapping");
        };
    }

    private static Value round(Value value, CallArguments arguments) {
        Operators.rejectUndefined(value);
        double number = Operators.real(value);
        int digits = arguments.integer(0, "precision", 0);
        String method = arguments.find(1, "method").map(Methods::string).orElse("common");
        if (!Double.isFinite(number)) {
            return new Real(number);
        }
        RoundingMode mode =
                switch (method) {
                    case "common" -> RoundingMode.HALF_EVEN;
                    case "ceil" -> RoundingMode.CEILING;
                    case "floor" -> RoundingMode.FLOOR;
                    default -> throw new TypeError("method must be common, ceil or floor");
                };
        int scale = Math.clamp(digits, -400, 400);
        return new Real(new BigDecimal(number).setScale(scale, mode).doubleValue());
    }

    private static JsonFormat json(CallArguments arguments) {
        Optional<String> indent =
                arguments
                        .find(1, "indent")
                        .filter(value -> !(value instanceof Value.None))
                        .map(Filters::indent);
        String item = indent.isPresent() ? "," : ", ";
        String key = ": ";
        Optional<Value> separators =
                arguments.find(2, "separators").filter(value -> !(value instanceof Value.None));
        if (separators.isPresent()) {
            List<Value> pair = Operators.items(separators.get());
            if (pair.size() != 2) {
                throw new TypeError("separators are two strings");
            }
            item = Methods.string(pair.get(0));
            key = Methods.string(pair.get(1));
        }
        return new JsonFormat(
                arguments.flag(0, "ensure_ascii", false),
                indent,
                item,
                key,
                arguments.flag(3, "sort_keys", false));
    }

    /// Not Jinja's: templates that were made for llama.cpp read the arguments of calls with it.
    private static Value fromJson(MarkedText text) {
        try {
            return JsonValues.of(JsonTree.parse(text.text(), "from_json"), text.isTrusted());
        } catch (Problem e) {
            throw new TypeError(e.what());
        }
    }

    private static String indent(Value value) {
        return value instanceof Str(MarkedText text, boolean _)
                ? text.text()
                : " ".repeat(Math.clamp(Operators.toInt(value), 0, 100));
    }

    private static MarkedText formatted(Value value, CallArguments arguments) {
        if (!arguments.keywords().isEmpty()) {
            Dict dict = new Dict();
            arguments.keywords().forEach((name, member) -> dict.put(Value.text(name), member));
            return PrintfFormat.format(PythonText.str(value), dict);
        }
        return PrintfFormat.format(
                PythonText.str(value), new Seq(Seq.Kind.TUPLE, arguments.positional()));
    }

    /// Jinja's own: words begin after spaces, hyphens and opening brackets.
    private static MarkedText title(MarkedText text) {
        boolean[] begins = {true};
        return Texts.mapCharacters(
                text,
                point -> {
                    String one = Character.toString(point);
                    String written = begins[0] ? Texts.upper(one) : Texts.lower(one);
                    begins[0] = Texts.isSpace(point) || "-({[<".indexOf(point) >= 0;
                    return written;
                });
    }

    private static MarkedText trimmed(MarkedText text, CallArguments arguments) {
        Optional<Value> characters =
                arguments.find(0, "chars").filter(value -> !(value instanceof Value.None));
        if (characters.isEmpty()) {
            return Texts.strip(text, Texts::isSpace, true, true);
        }
        String chosen = Methods.string(characters.get());
        return Texts.strip(text, point -> chosen.indexOf(point) >= 0, true, true);
    }

    private static MarkedText indented(MarkedText text, CallArguments arguments) {
        Value width = arguments.find(0, "width").orElse(Int.of(4));
        String indent = indent(width);
        boolean first = arguments.flag(1, "first", false);
        boolean blank = arguments.flag(2, "blank", false);
        MarkedText whole = text.concat(MarkedText.trusted("\n"));
        List<Value> lines = Texts.lines(whole, false);
        MarkedText.Builder builder = new MarkedText.Builder();
        for (int i = 0; i < lines.size(); i++) {
            MarkedText line = ((Str) lines.get(i)).text();
            boolean indents = i == 0 ? first : blank || !line.isEmpty();
            builder.append(i == 0 ? "" : "\n", true).append(indents ? indent : "", true);
            builder.append(line);
        }
        return builder.build();
    }

    private static MarkedText truncated(MarkedText text, CallArguments arguments) {
        int length = arguments.integer(0, "length", 255);
        boolean kill = arguments.flag(1, "killwords", false);
        String end = arguments.find(2, "end").map(Methods::string).orElse("...");
        int leeway = arguments.integer(3, "leeway", 5);
        int size = text.text().codePointCount(0, text.length());
        if (size <= (long) length + leeway) {
            return text;
        }
        MarkedText cut = Texts.slice(text, 0, Math.max(0, length - end.length()));
        int space = cut.text().lastIndexOf(' ');
        if (!kill && space >= 0) {
            cut = cut.substring(0, space);
        }
        return cut.concat(MarkedText.trusted(end));
    }

    static MarkedText escape(MarkedText text) {
        return Texts.mapCharacters(text, Filters::escaped);
    }

    private static String escaped(int point) {
        return switch (point) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '"' -> "&#34;";
            case '\'' -> "&#39;";
            default -> Character.toString(point);
        };
    }
}
