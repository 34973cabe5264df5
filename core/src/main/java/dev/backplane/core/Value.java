package dev.backplane.core;

import java.util.List;

/// A field or attribute value. Text and JSON keep the bytes that arrived.
public sealed interface Value {
    record Text(Content content) implements Value {}

    /// A JSON array, object or other value as its exact text.
    record Json(Content content) implements Value {}

    record Binary(Content content) implements Value {}

    record Int(long value) implements Value {}

    record Real(double value) implements Value {}

    record Flag(boolean value) implements Value {}

    /// Raw attributes in the order they arrived; names may repeat (the last one counts).
    record Attributes(List<Attribute> list) implements Value {
        public Attributes {
            list = List.copyOf(list);
        }
    }

    /// Timed events inside a span (exceptions, messages in older dialects).
    record Events(List<Event> list) implements Value {
        public Events {
            list = List.copyOf(list);
        }
    }

    record Attribute(String name, Value value) {}

    /// @param timeNanos since 1970; 0 when unknown
    record Event(String name, long timeNanos, List<Attribute> attributes) {
        public Event {
            attributes = List.copyOf(attributes);
        }
    }

    static Value text(String text) {
        return new Text(Slice.of(text));
    }

    static Value text(Content content) {
        return new Text(content);
    }

    static Value json(String json) {
        return new Json(Slice.of(json));
    }

    static Value json(Content content) {
        return new Json(content);
    }

    static Value of(long value) {
        return new Int(value);
    }

    static Value of(double value) {
        return new Real(value);
    }

    static Value of(boolean value) {
        return new Flag(value);
    }
}
