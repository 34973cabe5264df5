package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/// The filters that work on the members of a list. Those that yield one by one in Jinja give a
/// [Seq.Kind#GENERATOR], which is true even when empty and has no length.
final class ListFilters {
    static final Set<String> NAMES =
            Set.of(
                    "batch",
                    "dictsort",
                    "first",
                    "groupby",
                    "join",
                    "last",
                    "map",
                    "max",
                    "min",
                    "reject",
                    "rejectattr",
                    "reverse",
                    "select",
                    "selectattr",
                    "slice",
                    "sort",
                    "sum",
                    "unique");

    private ListFilters() {}

    static Value apply(String name, Value value, CallArguments arguments) {
        return switch (name) {
            case "first" -> first(Operators.items(value), "first");
            case "last" -> first(Operators.items(value).reversed(), "last");
            case "join" -> join(value, arguments);
            case "map" -> Seq.generator(map(value, arguments));
            case "select" -> Seq.generator(select(value, arguments, false, true));
            case "reject" -> Seq.generator(select(value, arguments, false, false));
            case "selectattr" -> Seq.generator(select(value, arguments, true, true));
            case "rejectattr" -> Seq.generator(select(value, arguments, true, false));
            case "reverse" -> reverse(value);
            case "sort" -> Seq.list(sort(value, arguments));
            case "unique" -> Seq.generator(unique(value, arguments));
            case "min", "max" -> extreme(name, value, arguments);
            case "sum" -> sum(value, arguments);
            case "dictsort" -> dictSort(value, arguments);
            case "groupby" -> groupBy(value, arguments);
            case "batch" -> batch(value, arguments);
            default -> slices(value, arguments);
        };
    }

    private static Value first(List<Value> values, String which) {
        return values.isEmpty()
                ? new Undefined("the %s item of an empty list".formatted(which))
                : values.getFirst();
    }

    private static Value join(Value value, CallArguments arguments) {
        MarkedText separator = arguments.find(0, "d").map(PythonText::str).orElse(MarkedText.EMPTY);
        UnaryOperator<Value> member =
                arguments.find(1, "attribute").map(ListFilters::member).orElse(v -> v);
        MarkedText.Builder builder = new MarkedText.Builder();
        boolean first = true;
        for (Value item : Operators.items(value)) {
            builder.append(first ? MarkedText.EMPTY : separator);
            builder.append(PythonText.str(member.apply(item)));
            first = false;
        }
        return new Str(builder.build());
    }

    /// What an argument `attribute` names: a member, or members of members with dots between.
    private static UnaryOperator<Value> member(Value attribute) {
        if (attribute instanceof Value.None) {
            return value -> value;
        }
        if (attribute instanceof Int) {
            return value -> Members.item(value, attribute);
        }
        String[] names = Methods.string(attribute).split("\\.", -1);
        return value -> {
            Value found = value;
            for (String name : names) {
                Value key =
                        name.matches("\\d{1,9}")
                                ? Int.of(Integer.parseInt(name))
                                : Value.text(name);
                found = Members.item(found, key);
            }
            return found;
        };
    }

    /// Filters that yield take anything false for an empty list.
    private static List<Value> itemsIfTrue(Value value) {
        return Value.isTrue(value) ? Operators.items(value) : List.of();
    }

    private static List<Value> map(Value value, CallArguments arguments) {
        UnaryOperator<Value> function;
        if (arguments.positional().isEmpty() && arguments.keywords().containsKey("attribute")) {
            UnaryOperator<Value> member = member(arguments.get(9, "attribute"));
            Optional<Value> otherwise = arguments.find(9, "default");
            function =
                    item -> {
                        Value found = member.apply(item);
                        return found instanceof Undefined ? otherwise.orElse(found) : found;
                    };
        } else {
            String name = Methods.string(arguments.get(0, "name"));
            if (!Filters.isKnown(name)) {
                throw new TypeError("unknown filter '" + name + "'");
            }
            CallArguments rest =
                    new CallArguments(
                            arguments.positional().subList(1, arguments.positional().size()),
                            arguments.keywords());
            function = item -> Filters.apply(name, item, rest);
        }
        List<Value> mapped = new ArrayList<>();
        itemsIfTrue(value).forEach(item -> mapped.add(function.apply(item)));
        return mapped;
    }

    private static List<Value> select(
            Value value, CallArguments arguments, boolean byMember, boolean wanted) {
        int used = byMember ? 1 : 0;
        UnaryOperator<Value> member =
                byMember ? member(arguments.get(0, "attribute")) : item -> item;
        List<Value> positional = arguments.positional();
        List<Value> selected = new ArrayList<>();
        Optional<String> test =
                positional.size() > used
                        ? Optional.of(Methods.string(positional.get(used)))
                        : Optional.empty();
        CallArguments rest =
                new CallArguments(
                        positional.subList(
                                Math.min(used + 1, positional.size()), positional.size()),
                        arguments.keywords());
        for (Value item : itemsIfTrue(value)) {
            Value tested = member.apply(item);
            boolean holds =
                    test.isPresent() ? Tests.test(test.get(), tested, rest) : Value.isTrue(tested);
            if (holds == wanted) {
                selected.add(item);
            }
        }
        return selected;
    }

    private static Value reverse(Value value) {
        List<Value> reversed = Operators.items(value).reversed();
        return value instanceof Str ? new Str(Texts.join(reversed)) : Seq.generator(reversed);
    }

    /// Strings without their case, unless asked otherwise.
    private static Value key(Value value, boolean caseSensitive) {
        return !caseSensitive && value instanceof Str(MarkedText text, boolean _)
                ? Value.text(Texts.lower(text.text()))
                : value;
    }

    private static List<Value> sort(Value value, CallArguments arguments) {
        boolean caseSensitive = arguments.flag(1, "case_sensitive", false);
        UnaryOperator<Value> member =
                arguments.find(2, "attribute").map(ListFilters::member).orElse(v -> v);
        Comparator<Value> order =
                (a, b) ->
                        Operators.order(
                                key(member.apply(a), caseSensitive),
                                key(member.apply(b), caseSensitive));
        List<Value> sorted = new ArrayList<>(Operators.items(value));
        sorted.sort(arguments.flag(0, "reverse", false) ? order.reversed() : order);
        return sorted;
    }

    private static List<Value> unique(Value value, CallArguments arguments) {
        boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
        UnaryOperator<Value> member =
                arguments.find(1, "attribute").map(ListFilters::member).orElse(v -> v);
        Dict seen = new Dict();
        List<Value> unique = new ArrayList<>();
        for (Value item : Operators.items(value)) {
            Value key = key(member.apply(item), caseSensitive);
            if (seen.get(key).isEmpty()) {
                seen.put(key, Value.TRUE);
                unique.add(item);
            }
        }
        return unique;
    }

    private static Value extreme(String name, Value value, CallArguments arguments) {
        boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
        UnaryOperator<Value> member =
                arguments.find(1, "attribute").map(ListFilters::member).orElse(v -> v);
        Value best = new Undefined("the " + name + " of an empty list");
        for (Value item : Operators.items(value)) {
            if (best instanceof Undefined) {
                best = item;
                continue;
            }
            int order =
                    Operators.order(
                            key(member.apply(item), caseSensitive),
                            key(member.apply(best), caseSensitive));
            if (name.equals("min") ? order < 0 : order > 0) {
                best = item;
            }
        }
        return best;
    }

    private static Value sum(Value value, CallArguments arguments) {
        UnaryOperator<Value> member =
                arguments.find(0, "attribute").map(ListFilters::member).orElse(v -> v);
        Value sum = arguments.find(1, "start").orElse(Int.of(0));
        for (Value item : Operators.items(value)) {
            sum = Operators.binary("+", sum, member.apply(item));
        }
        return sum;
    }

    private static Value dictSort(Value value, CallArguments arguments) {
        if (!(value instanceof Dict dict)) {
            throw new TypeError("dictsort needs a mapping");
        }
        boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
        String by = arguments.find(1, "by").map(Methods::string).orElse("key");
        int place = by.equals("value") ? 1 : 0;
        Comparator<Value> order =
                (a, b) ->
                        Operators.order(
                                key(((Seq) a).values().get(place), caseSensitive),
                                key(((Seq) b).values().get(place), caseSensitive));
        List<Value> items = new ArrayList<>(dict.items());
        items.sort(arguments.flag(2, "reverse", false) ? order.reversed() : order);
        return Seq.list(items);
    }

    private static Value groupBy(Value value, CallArguments arguments) {
        UnaryOperator<Value> member = member(arguments.get(0, "attribute"));
        Optional<Value> otherwise = arguments.find(1, "default");
        UnaryOperator<Value> grouper =
                item -> {
                    Value found = member.apply(item);
                    return found instanceof Undefined ? otherwise.orElse(found) : found;
                };
        List<Value> sorted = new ArrayList<>(Operators.items(value));
        sorted.sort((a, b) ->
                Operators.order(key(grouper.apply(a), false), key(grouper.apply(b), false)));
        List<Value> groups = new ArrayList<>();
        List<Value> group = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            group.add(sorted.get(i));
            Value key = grouper.apply(sorted.get(i));
            boolean ends =
                    i + 1 == sorted.size()
                            || !Operators.areEqual(
                                    key(key, false), key(grouper.apply(sorted.get(i + 1)), false));
            if (ends) {
                Value first = grouper.apply(group.getFirst());
                groups.add(Seq.tuple(first, Seq.list(group)));
                group.clear();
            }
        }
        return Seq.list(groups);
    }

    private static Value batch(Value value, CallArguments arguments) {
        int size = Math.max(1, arguments.integer(0, "linecount", 1));
        Optional<Value> fill = arguments.find(1, "fill_with");
        List<Value> batches = new ArrayList<>();
        List<Value> all = Operators.items(value);
        for (int from = 0; from < all.size(); from += Math.min(size, all.size())) {
            List<Value> part =
                    new ArrayList<>(
                            all.subList(from, (int) Math.min(all.size(), (long) from + size)));
            while (fill.isPresent() && part.size() < Math.min(size, Operators.REPEAT_MAX)) {
                part.add(fill.get());
            }
            batches.add(Seq.list(part));
        }
        return Seq.generator(batches);
    }

    private static Value slices(Value value, CallArguments arguments) {
        int count = Math.clamp(arguments.integer(0, "slices", 1), 1, Operators.REPEAT_MAX);
        Optional<Value> fill = arguments.find(1, "fill_with");
        List<Value> all = Operators.items(value);
        int size = all.size() / count;
        int longer = all.size() % count;
        List<Value> slices = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + size + (i < longer ? 1 : 0);
            List<Value> part = new ArrayList<>(all.subList(from, to));
            if (i >= longer) {
                fill.ifPresent(part::add);
            }
            slices.add(Seq.list(part));
            from = to;
        }
        return Seq.generator(slices);
    }
}
