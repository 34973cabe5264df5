package dev.backplane.ingest.dialect;

import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// A span's attributes as dialects look at them: by name, converted to what is wanted.
final class SpanView {
    private final OtelSpan span;
    private final String scopeName;
    private final Map<String, Value> byName;

    SpanView(OtelSpan span, String scopeName) {
        this.span = span;
        this.scopeName = scopeName;
        this.byName = HashMap.newHashMap(span.attributes().size());
        for (Value.Attribute attribute : span.attributes()) {
            byName.put(attribute.name(), attribute.value());
        }
    }

    String name() {
        return span.name().text();
    }

    String scopeName() {
        return scopeName;
    }

    long startNanos() {
        return span.startNanos();
    }

    List<Value.Attribute> attributes() {
        return span.attributes();
    }

    List<Value.Event> events() {
        return span.events();
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    boolean hasAny(String... names) {
        for (String name : names) {
            if (byName.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    boolean hasPrefix(String prefix) {
        for (Value.Attribute attribute : span.attributes()) {
            if (attribute.name().startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    Optional<Value> get(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /// The first of these that is there.
    Optional<Value> any(String... names) {
        for (String name : names) {
            Value value = byName.get(name);
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    /// The first of these that holds text, as a string; empty if none does.
    String text(String... names) {
        return any(names).map(Values::text).orElse("");
    }

    /// The first of these that holds text, in lower case.
    String word(String... names) {
        return text(names).toLowerCase(java.util.Locale.ROOT);
    }

    OptionalLong number(String... names) {
        for (String name : names) {
            Value value = byName.get(name);
            OptionalLong number = value == null ? OptionalLong.empty() : Values.number(value);
            if (number.isPresent()) {
                return number;
            }
        }
        return OptionalLong.empty();
    }

    OptionalDouble real(String... names) {
        for (String name : names) {
            Value value = byName.get(name);
            OptionalDouble real = value == null ? OptionalDouble.empty() : Values.real(value);
            if (real.isPresent()) {
                return real;
            }
        }
        return OptionalDouble.empty();
    }

    /// The attribute as a JSON object or array, also where a string holds one.
    Optional<Slice> json(String name) {
        return get(name).flatMap(Values::json);
    }
}
