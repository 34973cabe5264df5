package dev.backplane.ingest.dialect;

import dev.backplane.core.Content;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Attribute values as what a field wants. Contents are kept as they are wherever they fit: the
/// result then holds the very same slice.
final class Values {
    private static final int NUMBER_LENGTH_MAX = 32;

    private Values() {}

    /// As a payload: text that is a JSON object or array becomes JSON of the same bytes.
    static Value payload(Value value) {
        if (value instanceof Value.Text(Content content)
                && content instanceof Slice text
                && JsonBytes.valid(text)) {
            return Value.json(text);
        }
        return switch (value) {
            case Value.Text _, Value.Json _, Value.Binary _ -> value;
            case Value.Int(long number) -> Value.json(Long.toString(number));
            case Value.Real(double number) -> Value.json(new JsonOut().real(number).slice());
            case Value.Flag(boolean flag) -> Value.json(Boolean.toString(flag));
            case Value.Attributes _, Value.Events _ -> value;
        };
    }

    /// As a payload that its sender promises to be JSON: a JSON string becomes the text in it.
    static Value decoded(Value value) {
        if (value instanceof Value.Text(Content content)
                && content instanceof Slice text
                && JsonBytes.isString(text)
                && JsonBytes.end(text, 0).filter(end -> end == text.length()).isPresent()) {
            return Value.text(JsonBytes.text(text));
        }
        return payload(value);
    }

    /// The JSON object or array in a value, if it is or holds one.
    static Optional<Slice> json(Value value) {
        return payload(value) instanceof Value.Json(Content content)
                        && content instanceof Slice slice
                        && (JsonBytes.isArray(slice) || JsonBytes.isObject(slice))
                ? Optional.of(slice)
                : Optional.empty();
    }

    /// Whether a payload is a JSON array, as messages are.
    static boolean isArray(Value value) {
        return value instanceof Value.Json(Content content)
                && content instanceof Slice slice
                && JsonBytes.isArray(slice);
    }

    static String text(Value value) {
        return switch (value) {
            case Value.Text(Content content) -> read(content);
            case Value.Json(Content content) -> read(content);
            case Value.Int(long number) -> Long.toString(number);
            case Value.Real(double number) -> Double.toString(number);
            case Value.Flag(boolean flag) -> Boolean.toString(flag);
            case Value.Binary _, Value.Attributes _, Value.Events _ -> "";
        };
    }

    /// The bytes of a text or JSON value; other values as text.
    static Slice slice(Value value) {
        return switch (value) {
            case Value.Text(Content content) when content instanceof Slice slice -> slice;
            case Value.Json(Content content) when content instanceof Slice slice -> slice;
            case Value.Text _, Value.Json _, Value.Int _, Value.Real _, Value.Flag _ ->
                    Slice.of(text(value));
            case Value.Binary _, Value.Attributes _, Value.Events _ -> Slice.EMPTY;
        };
    }

    static OptionalLong number(Value value) {
        OptionalDouble real = real(value);
        if (value instanceof Value.Int(long number)) {
            return OptionalLong.of(number);
        }
        return real.isPresent() && real.getAsDouble() == Math.rint(real.getAsDouble())
                ? OptionalLong.of((long) real.getAsDouble())
                : OptionalLong.empty();
    }

    /// A finite number, also where a string holds one.
    static OptionalDouble real(Value value) {
        return switch (value) {
            case Value.Int(long number) -> OptionalDouble.of(number);
            case Value.Real(double number) -> finite(number);
            case Value.Text(Content content) when content.size() <= NUMBER_LENGTH_MAX ->
                    parse(read(content));
            case Value.Json(Content content) when content.size() <= NUMBER_LENGTH_MAX ->
                    parse(read(content));
            case Value.Text _, Value.Json _, Value.Flag _, Value.Binary _ -> OptionalDouble.empty();
            case Value.Attributes _, Value.Events _ -> OptionalDouble.empty();
        };
    }

    private static OptionalDouble parse(String text) {
        try {
            return finite(Double.parseDouble(text));
        } catch (NumberFormatException _) {
            return OptionalDouble.empty();
        }
    }

    private static OptionalDouble finite(double number) {
        return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    private static String read(Content content) {
        return content.read(Integer.MAX_VALUE).text();
    }
}
