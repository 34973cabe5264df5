package dev.backplane.core;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/// The fields of a span or of an event about one: a small typed map. Immutable.
public final class SpanData {
    public static final SpanData EMPTY = new Builder().build();

    private final EnumMap<Field, Value> fields;

    private SpanData(EnumMap<Field, Value> fields) {
        this.fields = fields;
    }

    public static Builder builder() {
        return new Builder();
    }

    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.fields.putAll(fields);
        return builder;
    }

    public Optional<Value> get(Field field) {
        return Optional.ofNullable(fields.get(field));
    }

    public boolean has(Field field) {
        return fields.containsKey(field);
    }

    /// A short text field, or the empty string.
    public String text(Field field) {
        return fields.get(field) instanceof Value.Text(Content content)
                ? content.read(1 << 20).text()
                : "";
    }

    /// A whole number, or `otherwise` where the field is absent.
    public long number(Field field, long otherwise) {
        return fields.get(field) instanceof Value.Int(long value) ? value : otherwise;
    }

    public Set<Field> present() {
        return Map.copyOf(fields).keySet();
    }

    /// Visits the present fields in the order of [Field].
    public void forEach(BiConsumer<Field, Value> visitor) {
        fields.forEach(visitor);
    }

    public boolean isEmpty() {
        return fields.isEmpty();
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof SpanData other && fields.equals(other.fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    @Override
    public String toString() {
        return fields.toString();
    }

    /// Collects fields; the last value for a field counts.
    public static final class Builder {
        private final EnumMap<Field, Value> fields = new EnumMap<>(Field.class);

        private Builder() {}

        public Builder put(Field field, Value value) {
            fields.put(field, value);
            return this;
        }

        /// Sets a text field unless `text` is empty.
        public Builder put(Field field, String text) {
            if (!text.isEmpty()) {
                fields.put(field, Value.text(text));
            }
            return this;
        }

        public Builder put(Field field, long value) {
            return put(field, Value.of(value));
        }

        public Builder remove(Field field) {
            fields.remove(field);
            return this;
        }

        public boolean has(Field field) {
            return fields.containsKey(field);
        }

        public Optional<Value> get(Field field) {
            return Optional.ofNullable(fields.get(field));
        }

        public SpanData build() {
            return new SpanData(new EnumMap<>(fields));
        }
    }
}
