package dev.backplane.text.template;

import dev.backplane.text.MarkedText;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A value while a template is rendered: Python's, as far as templates can see them.
///
/// Truth, equality and order are Python's: `True == 1 == 1.0`, which as keys of a dict are one.
/// Strings remember which of their characters are trusted.
sealed interface Value {
    Value NONE = new None();
    Value TRUE = new Bool(true);
    Value FALSE = new Bool(false);
    Value EMPTY_TEXT = new Str(MarkedText.EMPTY);

    record None() implements Value {}

    /// What a name or member without a value gives; it prints as nothing and is false.
    ///
    /// @param what what was looked for, for messages
    record Undefined(String what) implements Value {}

    record Bool(boolean value) implements Value {}

    record Int(BigInteger value) implements Value {
        static Int of(long value) {
            return new Int(BigInteger.valueOf(value));
        }
    }

    record Real(double value) implements Value {}

    /// @param safe whether a filter said that it is HTML already: what is added to it is escaped,
    ///   which a few templates rely on
    record Str(MarkedText text, boolean safe) implements Value {
        Str(MarkedText text) {
            this(text, false);
        }
    }

    /// A list, a tuple, or what can only be walked through.
    record Seq(Kind kind, List<Value> values) implements Value {
        enum Kind {
            LIST,
            TUPLE,
            /// The keys, values or items of a dict: has a length, but no places.
            VIEW,
            /// What a filter yields: neither, and always true.
            GENERATOR
        }

        public Seq {
            values = List.copyOf(values);
        }

        static Seq list(List<Value> values) {
            return new Seq(Kind.LIST, values);
        }

        static Seq tuple(Value... values) {
            return new Seq(Kind.TUPLE, List.of(values));
        }

        static Seq generator(List<Value> values) {
            return new Seq(Kind.GENERATOR, values);
        }
    }

    /// Keys keep their order.
    final class Dict implements Value {
        private record Entry(Value key, Value value) {}

        private final Map<Object, Entry> entries = new LinkedHashMap<>();

        /// Only while the dict is made: templates cannot change one.
        Dict put(Value key, Value value) {
            Object hash = hash(key);
            Entry old = entries.get(hash);
            entries.put(hash, new Entry(old == null ? key : old.key, value));
            return this;
        }

        Optional<Value> get(Value key) {
            return Optional.ofNullable(entries.get(hash(key))).map(Entry::value);
        }

        Optional<Value> get(String key) {
            return Optional.ofNullable(entries.get(key)).map(Entry::value);
        }

        int size() {
            return entries.size();
        }

        List<Value> keys() {
            return entries.values().stream().map(Entry::key).toList();
        }

        List<Value> values() {
            return entries.values().stream().map(Entry::value).toList();
        }

        List<Value> items() {
            List<Value> items = new ArrayList<>();
            entries.values().forEach(entry -> items.add(Seq.tuple(entry.key, entry.value)));
            return items;
        }

        /// What is equal for two keys that Python takes for one.
        private static Object hash(Value key) {
            return switch (key) {
                case Str(MarkedText text, boolean _) -> text.text();
                case Bool(boolean value) -> value ? BigInteger.ONE : BigInteger.ZERO;
                case Int(BigInteger value) -> value;
                case Real(double value)
                        when value == Math.rint(value) && !Double.isInfinite(value) ->
                        new java.math.BigDecimal(value).toBigIntegerExact();
                case Real(double value) -> value;
                case None none -> none;
                case Seq(Seq.Kind kind, List<Value> values) when kind == Seq.Kind.TUPLE ->
                        values.stream().map(Dict::hash).toList();
                case Seq _, Dict _ ->
                        throw new TypeError("unhashable type: '%s'".formatted(typeName(key)));
                case Undefined _, Namespace _, Function _, Loop _ -> key;
            };
        }
    }

    /// What `namespace()` makes: the one thing that a template can change.
    final class Namespace implements Value {
        private final Map<String, Value> members = new LinkedHashMap<>();

        Optional<Value> get(String name) {
            return Optional.ofNullable(members.get(name));
        }

        void set(String name, Value value) {
            members.put(name, value);
        }
    }

    /// A macro, a method, a function of the host.
    record Function(String name, Body body) implements Value {
        interface Body {
            Value call(CallArguments arguments);
        }
    }

    /// The variable `loop`.
    final class Loop implements Value {
        final List<Value> items;
        final int depth;
        final Optional<Function> recursion;
        int index;
        Optional<List<Value>> lastChanged = Optional.empty();

        Loop(List<Value> items, int depth, Optional<Function> recursion) {
            this.items = items;
            this.depth = depth;
            this.recursion = recursion;
        }
    }

    /// The arguments of a call, evaluated.
    record CallArguments(List<Value> positional, Map<String, Value> keywords) {
        public CallArguments {
            positional = List.copyOf(positional);
        }

        static CallArguments of(Value... values) {
            return new CallArguments(List.of(values), Map.of());
        }

        /// The argument at the place or of the name.
        Optional<Value> find(int place, String name) {
            return place < positional.size()
                    ? Optional.of(positional.get(place))
                    : Optional.ofNullable(keywords.get(name));
        }

        Value get(int place, String name) {
            return find(place, name)
                    .orElseThrow(() -> new TypeError("missing argument '" + name + "'"));
        }

        boolean flag(int place, String name, boolean otherwise) {
            return find(place, name).map(Value::isTrue).orElse(otherwise);
        }

        int integer(int place, String name, int otherwise) {
            return find(place, name).map(Operators::toInt).orElse(otherwise);
        }
    }

    /// An operation that Python would refuse; the place is added by who evaluates.
    final class TypeError extends RuntimeException {
        private static final long serialVersionUID = 1;

        TypeError(String message) {
            super(message, null, false, false);
        }

        String what() {
            return String.valueOf(getMessage());
        }
    }

    static Value of(boolean value) {
        return value ? TRUE : FALSE;
    }

    /// A string of trusted characters.
    static Value text(String text) {
        return new Str(MarkedText.trusted(text));
    }

    static boolean isTrue(Value value) {
        return switch (value) {
            case None _, Undefined _ -> false;
            case Bool(boolean flag) -> flag;
            case Int(BigInteger number) -> number.signum() != 0;
            case Real(double number) -> number != 0;
            case Str(MarkedText text, boolean _) -> !text.isEmpty();
            case Seq(Seq.Kind kind, List<Value> values) ->
                    kind == Seq.Kind.GENERATOR || !values.isEmpty();
            case Dict dict -> dict.size() > 0;
            case Namespace _, Function _, Loop _ -> true;
        };
    }

    static String typeName(Value value) {
        return switch (value) {
            case None _ -> "NoneType";
            case Undefined _ -> "Undefined";
            case Bool _ -> "bool";
            case Int _ -> "int";
            case Real _ -> "float";
            case Str _ -> "str";
            case Seq(Seq.Kind kind, Collection<Value> _) ->
                    switch (kind) {
                        case LIST -> "list";
                        case TUPLE -> "tuple";
                        case VIEW -> "dict_items";
                        case GENERATOR -> "generator";
                    };
            case Dict _ -> "dict";
            case Namespace _ -> "Namespace";
            case Function _ -> "function";
            case Loop _ -> "LoopContext";
        };
    }
}
