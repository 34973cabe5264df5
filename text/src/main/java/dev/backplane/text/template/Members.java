package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.CallArguments;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Function;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Loop;
import dev.backplane.text.template.Value.Namespace;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import dev.backplane.text.template.Value.TypeError;
import dev.backplane.text.template.Value.Undefined;
import java.util.List;
import java.util.Optional;

/// What `value.name` and `value[index]` give, as Jinja's environment looks it up: the former finds
/// methods before members, the latter members before methods.
final class Members {
    private Members() {}

    static Value attribute(Value object, String name) {
        Operators.rejectUndefined(object);
        return ofObject(object, name)
                .or(() -> object instanceof Dict dict ? dict.get(name) : Optional.empty())
                .orElseGet(() -> new Undefined("'%s'".formatted(name)));
    }

    static Value item(Value object, Value index) {
        Operators.rejectUndefined(object);
        if (index instanceof Seq) {
            return object instanceof Dict dict
                    ? dict.get(index).orElseGet(() -> new Undefined("a member"))
                    : new Undefined("an item");
        }
        return switch (object) {
            case Dict dict ->
                    dict.get(index)
                            .or(() ->
                                    index instanceof Str(MarkedText name, boolean _)
                                            ? ofObject(object, name.text())
                                            : Optional.empty())
                            .orElseGet(() -> new Undefined(shown(index)));
            case Seq seq when Operators.isIndexed(seq) && Operators.isNumber(index) ->
                    at(seq.values(), index);
            case Str(MarkedText text, boolean _) when Operators.isNumber(index) ->
                    character(text, index);
            default ->
                    index instanceof Str(MarkedText name, boolean _)
                            ? ofObject(object, name.text())
                                    .orElseGet(() -> new Undefined(shown(index)))
                            : new Undefined(shown(index));
        };
    }

    private static String shown(Value index) {
        return index instanceof Str(MarkedText name, boolean _)
                ? "'" + name.text() + "'"
                : PythonText.str(index).text();
    }

    private static Value at(List<Value> values, Value index) {
        if (index instanceof Value.Real) {
            return new Undefined(shown(index));
        }
        int place = Operators.toInt(index);
        place = place < 0 ? place + values.size() : place;
        return place < 0 || place >= values.size()
                ? new Undefined("item " + shown(index) + " of a list")
                : values.get(place);
    }

    private static Value character(MarkedText text, Value index) {
        if (index instanceof Value.Real) {
            return new Undefined(shown(index));
        }
        int size = text.text().codePointCount(0, text.length());
        int place = Operators.toInt(index);
        place = place < 0 ? place + size : place;
        return place < 0 || place >= size
                ? new Undefined("character " + shown(index) + " of a string")
                : new Str(Texts.slice(text, place, place + 1));
    }

    /// What the object has by itself, not as a dict.
    static Optional<Value> ofObject(Value object, String name) {
        return switch (object) {
            case Namespace namespace -> namespace.get(name);
            case Loop loop -> ofLoop(loop, name);
            case Function(String function, Function.Body _) when name.equals("name") ->
                    Optional.of(Value.text(function));
            default -> Methods.find(object, name);
        };
    }

    private static Optional<Value> ofLoop(Loop loop, String name) {
        int index = loop.index;
        int size = loop.items.size();
        return Optional.ofNullable(
                switch (name) {
                    case "index" -> Int.of(index + 1L);
                    case "index0" -> Int.of(index);
                    case "revindex" -> Int.of((long) size - index);
                    case "revindex0" -> Int.of(size - index - 1L);
                    case "first" -> Value.of(index == 0);
                    case "last" -> Value.of(index == size - 1);
                    case "length" -> Int.of(size);
                    case "depth" -> Int.of(loop.depth + 1L);
                    case "depth0" -> Int.of(loop.depth);
                    case "previtem" ->
                            index == 0
                                    ? new Undefined("there is no previous item")
                                    : loop.items.get(index - 1);
                    case "nextitem" ->
                            index == size - 1
                                    ? new Undefined("there is no next item")
                                    : loop.items.get(index + 1);
                    case "cycle" -> new Function(name, arguments -> cycle(loop, arguments));
                    case "changed" -> new Function(name, arguments -> changed(loop, arguments));
                    default -> null;
                });
    }

    private static Value cycle(Loop loop, CallArguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new TypeError("no items for cycling given");
        }
        return arguments.positional().get(loop.index % arguments.positional().size());
    }

    private static Value changed(Loop loop, CallArguments arguments) {
        boolean same =
                loop.lastChanged.isPresent()
                        && Operators.areEqual(
                                Seq.list(loop.lastChanged.get()), Seq.list(arguments.positional()));
        loop.lastChanged = Optional.of(arguments.positional());
        return Value.of(!same);
    }
}
