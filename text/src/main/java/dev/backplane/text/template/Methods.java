package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Function;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/// The methods of Python's strings, lists and dicts. Those that change a list or dict are refused,
/// as by Jinja's immutable sandbox.
final class Methods {
    private static final Set<String> CHANGING =
            Set.of(
                    "append",
                    "extend",
                    "insert",
                    "remove",
                    "pop",
                    "clear",
                    "sort",
                    "reverse",
                    "update",
                    "setdefault",
                    "popitem");

    private static final Set<String> OF_TEXT =
            Set.of(
                    "capitalize",
                    "casefold",
                    "center",
                    "count",
                    "endswith",
                    "find",
                    "format",
                    "index",
                    "isalnum",
                    "isalpha",
                    "isascii",
                    "isdecimal",
                    "isdigit",
                    "islower",
                    "isnumeric",
                    "isspace",
                    "istitle",
                    "isupper",
                    "join",
                    "ljust",
                    "lower",
                    "lstrip",
                    "partition",
                    "removeprefix",
                    "removesuffix",
                    "replace",
                    "rfind",
                    "rindex",
                    "rjust",
                    "rpartition",
                    "rsplit",
                    "rstrip",
                    "split",
                    "splitlines",
                    "startswith",
                    "strip",
                    "swapcase",
                    "title",
                    "upper",
                    "zfill");

    private static final Set<String> OF_DICT = Set.of("copy", "get", "items", "keys", "values");

    private static final Set<String> OF_LIST = Set.of("copy", "count", "index");

    private Methods() {}

    static Optional<Value> find(Value object, String name) {
        boolean changes =
                CHANGING.contains(name)
                        && (object instanceof Dict
                                || object instanceof Seq seq && seq.kind() == Seq.Kind.LIST);
        if (changes && isMethod(object, name)) {
            return Optional.of(
                    new Function(
                            name,
                            _ -> {
                                throw new TypeError(
                                        "'%s' of '%s' would change it, which templates may not"
                                                .formatted(name, Value.typeName(object)));
                            }));
        }
        return switch (object) {
            case Str(MarkedText text, boolean _) when OF_TEXT.contains(name) ->
                    Optional.of(new Function(name, arguments -> ofText(name, text, arguments)));
            case Dict dict when OF_DICT.contains(name) ->
                    Optional.of(new Function(name, arguments -> ofDict(name, dict, arguments)));
            case Seq seq when Operators.isIndexed(seq) && OF_LIST.contains(name) ->
                    Optional.of(new Function(name, arguments -> ofList(name, seq, arguments)));
            default -> Optional.empty();
        };
    }

    private static boolean isMethod(Value object, String name) {
        boolean ofDict = Set.of("update", "setdefault", "popitem", "pop", "clear").contains(name);
        boolean ofList = !Set.of("update", "setdefault", "popitem").contains(name);
        return object instanceof Dict ? ofDict : ofList;
    }

    private static Value ofDict(String name, Dict dict, CallArguments arguments) {
        return switch (name) {
            case "get" ->
                    dict.get(arguments.get(0, "key"))
                            .orElse(arguments.find(1, "default").orElse(Value.NONE));
            case "keys" -> new Seq(Seq.Kind.VIEW, dict.keys());
            case "values" -> new Seq(Seq.Kind.VIEW, dict.values());
            case "items" -> new Seq(Seq.Kind.VIEW, dict.items());
            default -> dict;
        };
    }

    private static Value ofList(String name, Seq seq, CallArguments arguments) {
        if (name.equals("copy")) {
            return seq;
        }
        Value element = arguments.get(0, "value");
        if (name.equals("count")) {
            return Int.of(
                    seq.values().stream()
                            .filter(item -> Operators.areEqual(item, element))
                            .count());
        }
        for (int i = 0; i < seq.values().size(); i++) {
            if (Operators.areEqual(seq.values().get(i), element)) {
                return Int.of(i);
            }
        }
        throw new TypeError("value is not in the list");
    }

    private static Value ofText(String name, MarkedText text, CallArguments arguments) {
        return switch (name) {
            case "strip", "lstrip", "rstrip" ->
                    new Str(
                            Texts.strip(
                                    text,
                                    stripped(arguments),
                                    !name.equals("rstrip"),
                                    !name.equals("lstrip")));
            case "split", "rsplit" -> split(name.equals("rsplit"), text, arguments);
            case "splitlines" -> Seq.list(Texts.lines(text, arguments.flag(0, "keepends", false)));
            case "partition", "rpartition" -> partition(name.equals("rpartition"), text, arguments);
            case "startswith", "endswith" -> Value.of(touches(name, text, arguments));
            case "removeprefix" -> {
                String prefix = string(arguments.get(0, "prefix"));
                yield new Str(
                        text.text().startsWith(prefix) ? text.substring(prefix.length()) : text);
            }
            case "removesuffix" -> {
                String suffix = string(arguments.get(0, "suffix"));
                yield new Str(
                        text.text().endsWith(suffix)
                                ? text.substring(0, text.length() - suffix.length())
                                : text);
            }
            case "replace" ->
                    new Str(
                            Texts.replace(
                                    text,
                                    string(arguments.get(0, "old")),
                                    marked(arguments.get(1, "new")),
                                    arguments.integer(2, "count", -1)));
            case "join" -> new Str(join(text, Operators.items(arguments.get(0, "iterable"))));
            case "format" -> new Str(PrintfFormat.fields(text, arguments));
            case "find", "index", "rfind", "rindex" -> place(name, text, arguments);
            case "count" -> Int.of(count(text.text(), string(arguments.get(0, "sub"))));
            case "center" -> pad(text, arguments, 0);
            case "ljust" -> pad(text, arguments, -1);
            case "rjust" -> pad(text, arguments, 1);
            case "zfill" -> new Str(zeroFilled(text, arguments.integer(0, "width", 0)));
            default -> ofCharacters(name, text);
        };
    }

    /// Methods without arguments.
    private static Value ofCharacters(String name, MarkedText text) {
        String plain = text.text();
        return switch (name) {
            case "upper" -> new Str(Texts.mapRuns(text, Texts::upper));
            case "lower", "casefold" -> new Str(Texts.mapRuns(text, Texts::lower));
            case "title" -> new Str(Texts.title(text));
            case "capitalize" -> new Str(Texts.capitalize(text));
            case "swapcase" ->
                    new Str(
                            Texts.mapCharacters(
                                    text,
                                    point -> {
                                        String one = Character.toString(point);
                                        return Character.isUpperCase(point)
                                                ? Texts.lower(one)
                                                : Texts.upper(one);
                                    }));
            case "isalnum" -> all(plain, Character::isLetterOrDigit);
            case "isalpha" -> all(plain, Character::isLetter);
            case "isascii" -> Value.of(plain.chars().allMatch(c -> c < 0x80));
            case "isdecimal", "isdigit" -> all(plain, Character::isDigit);
            case "isnumeric" ->
                    all(
                            plain,
                            point ->
                                    Character.isDigit(point)
                                            || Character.getType(point) == Character.LETTER_NUMBER
                                            || Character.getType(point) == Character.OTHER_NUMBER);
            case "isspace" -> all(plain, Texts::isSpace);
            case "islower" -> Value.of(Tests.test("lower", new Str(text), CallArguments.of()));
            case "isupper" -> Value.of(Tests.test("upper", new Str(text), CallArguments.of()));
            default ->
                    Value.of(
                            plain.codePoints().anyMatch(Character::isLetter)
                                    && Texts.title(text).text().equals(plain));
        };
    }

    private static Value all(String text, IntPredicate chosen) {
        return Value.of(!text.isEmpty() && text.codePoints().allMatch(chosen));
    }

    static String string(Value value) {
        return marked(value).text();
    }

    static MarkedText marked(Value value) {
        if (value instanceof Str(MarkedText text, boolean _)) {
            return text;
        }
        Operators.rejectUndefined(value);
        throw new TypeError("a string is needed, not '%s'".formatted(Value.typeName(value)));
    }

    private static IntPredicate stripped(CallArguments arguments) {
        Optional<Value> characters =
                arguments.find(0, "chars").filter(value -> !(value instanceof Value.None));
        if (characters.isEmpty()) {
            return Texts::isSpace;
        }
        String chosen = string(characters.get());
        return point -> chosen.indexOf(point) >= 0;
    }

    private static Value split(boolean fromRight, MarkedText text, CallArguments arguments) {
        int most = arguments.integer(1, "maxsplit", -1);
        Optional<Value> separator =
                arguments.find(0, "sep").filter(value -> !(value instanceof Value.None));
        return Seq.list(
                separator.isPresent()
                        ? Texts.split(text, string(separator.get()), most, fromRight)
                        : Texts.splitAtSpace(text, most, fromRight));
    }

    private static Value partition(boolean fromRight, MarkedText text, CallArguments arguments) {
        MarkedText separator = marked(arguments.get(0, "sep"));
        if (separator.isEmpty()) {
            throw new TypeError("empty separator");
        }
        int at =
                fromRight
                        ? text.text().lastIndexOf(separator.text())
                        : text.text().indexOf(separator.text());
        Value whole = new Str(text);
        if (at < 0) {
            return fromRight
                    ? Seq.tuple(Value.EMPTY_TEXT, Value.EMPTY_TEXT, whole)
                    : Seq.tuple(whole, Value.EMPTY_TEXT, Value.EMPTY_TEXT);
        }
        int end = at + separator.length();
        return Seq.tuple(
                new Str(text.substring(0, at)),
                new Str(text.substring(at, end)),
                new Str(text.substring(end)));
    }

    private static boolean touches(String name, MarkedText text, CallArguments arguments) {
        Value wanted = arguments.get(0, "prefix");
        List<Value> choices =
                wanted instanceof Seq(Seq.Kind kind, List<Value> values) && kind == Seq.Kind.TUPLE
                        ? values
                        : List.of(wanted);
        int size = text.text().codePointCount(0, text.length());
        int from = Math.clamp(arguments.integer(1, "start", 0), 0, size);
        String plain = Texts.slice(text, from, size).text();
        return choices.stream()
                .map(Methods::string)
                .anyMatch(choice ->
                        name.equals("startswith")
                                ? plain.startsWith(choice)
                                : plain.endsWith(choice));
    }

    private static MarkedText join(MarkedText separator, List<Value> parts) {
        MarkedText.Builder builder = new MarkedText.Builder();
        for (int i = 0; i < parts.size(); i++) {
            builder.append(i == 0 ? MarkedText.EMPTY : separator).append(marked(parts.get(i)));
        }
        return builder.build();
    }

    private static Value place(String name, MarkedText text, CallArguments arguments) {
        String wanted = string(arguments.get(0, "sub"));
        String plain = text.text();
        int size = plain.codePointCount(0, plain.length());
        int start = Math.clamp(arguments.integer(1, "start", 0), 0, size);
        int from = plain.offsetByCodePoints(0, start);
        int at = name.startsWith("r") ? plain.lastIndexOf(wanted) : plain.indexOf(wanted, from);
        if (at < from) {
            if (name.endsWith("index")) {
                throw new TypeError("substring not found");
            }
            return Int.of(-1);
        }
        return Int.of(plain.codePointCount(0, at));
    }

    private static long count(String text, String wanted) {
        if (wanted.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1L;
        }
        long count = 0;
        int at = text.indexOf(wanted);
        while (at >= 0) {
            count++;
            at = text.indexOf(wanted, at + wanted.length());
        }
        return count;
    }

    private static Value pad(MarkedText text, CallArguments arguments, int side) {
        String fill = arguments.find(1, "fillchar").map(Methods::string).orElse(" ");
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new TypeError("the fill character must be exactly one character long");
        }
        return new Str(Texts.pad(text, arguments.integer(0, "width", 0), fill, side));
    }

    private static MarkedText zeroFilled(MarkedText text, int width) {
        boolean signed = text.text().startsWith("-") || text.text().startsWith("+");
        return signed
                ? text.substring(0, 1).concat(Texts.pad(text.substring(1), width - 1, "0", 1))
                : Texts.pad(text, width, "0", 1);
    }
}
