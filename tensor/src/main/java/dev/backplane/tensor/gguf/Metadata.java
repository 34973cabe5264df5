package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a file says about its model, by key, in the order of the file.
///
/// Questions come in two kinds: with an answer for when the key is absent, and without, when it
/// must be there. A key of another type or out of range is a [Problem] that names the file, the key
/// and what would be accepted. Immutable.
public final class Metadata {
    /// Longer texts are not made into strings: the largest that models have, a tokenizer of Hugging
    /// Face, has about a third of this.
    public static final long TEXT_BYTES_MAX = 64L << 20;

    private final String source;
    private final Map<String, MetadataValue> values;

    /// @param source where it comes from, for messages
    public Metadata(String source, Map<String, MetadataValue> values) {
        this.source = source;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    public String source() {
        return source;
    }

    public Map<String, MetadataValue> values() {
        return values;
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public Optional<MetadataValue> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    private MetadataValue value(String key) {
        return find(key)
                .orElseThrow(() ->
                        Problem.invalid("no key '" + key + "'", source)
                                .fix("use a file that was converted with this key in it"));
    }

    /// A whole number from `min` to `max`, which must be there.
    public long integer(String key, long min, long max) {
        return whole(key, value(key), min, max);
    }

    /// A whole number from `min` to `max`, or `otherwise`.
    public long integer(String key, long min, long max, long otherwise) {
        return has(key) ? integer(key, min, max) : otherwise;
    }

    private long whole(String key, MetadataValue value, long min, long max) {
        if (value instanceof Whole(ValueType type, long number)
                && number >= min
                && number <= max
                && !(type == ValueType.UINT64 && number < 0)) {
            return number;
        }
        throw unfit(key, value, "a whole number from %,d to %,d".formatted(min, max));
    }

    /// A finite number, which must be there; whole ones count.
    public double real(String key) {
        return number(key, value(key));
    }

    /// A finite number, or `otherwise`.
    public double real(String key, double otherwise) {
        return has(key) ? real(key) : otherwise;
    }

    private double number(String key, MetadataValue value) {
        if (value instanceof Real(_, double number) && Double.isFinite(number)) {
            return number;
        }
        if (value instanceof Whole(_, long number)) {
            return number;
        }
        throw unfit(key, value, "a finite number");
    }

    public boolean flag(String key, boolean otherwise) {
        return switch (values.get(key)) {
            case null -> otherwise;
            case Flag(boolean flag) -> flag;
            case MetadataValue other -> throw unfit(key, other, "true or false");
        };
    }

    /// A text of at most [#TEXT_BYTES_MAX], which must be there.
    public String text(String key) {
        MetadataValue value = value(key);
        if (value instanceof Text text && text.utf8().byteSize() <= TEXT_BYTES_MAX) {
            return text.text();
        }
        throw unfit(key, value, "a text of at most %,d bytes".formatted(TEXT_BYTES_MAX));
    }

    public Optional<String> findText(String key) {
        return has(key) ? Optional.of(text(key)) : Optional.empty();
    }

    /// An array of texts, at most `most`; empty without the key.
    public List<String> texts(String key, int most) {
        return items(key, most, "an array of at most %,d texts".formatted(most)).stream()
                .map(value -> {
                    if (value instanceof Text text && text.utf8().byteSize() <= TEXT_BYTES_MAX) {
                        return text.text();
                    }
                    throw unfit(key, value, "an array of texts");
                })
                .toList();
    }

    /// An array of whole numbers from `min` to `max`, at most `most`; empty without the key.
    public long[] integers(String key, int most, long min, long max) {
        return items(key, most, "an array of at most %,d whole numbers".formatted(most)).stream()
                .mapToLong(value -> whole(key, value, min, max))
                .toArray();
    }

    /// An array of finite numbers, at most `most`; empty without the key.
    public double[] reals(String key, int most) {
        return items(key, most, "an array of at most %,d numbers".formatted(most)).stream()
                .mapToDouble(value -> number(key, value))
                .toArray();
    }

    /// A whole number for each of `layers` layers: the key holds one for all, or an array.
    public long[] integersPerLayer(String key, int layers, long min, long max) {
        MetadataValue value = value(key);
        if (value instanceof Items(_, long size, _)) {
            if (size != layers) {
                throw unfit(key, value, "one whole number or an array of %d".formatted(layers));
            }
            return integers(key, layers, min, max);
        }
        long[] numbers = new long[layers];
        Arrays.fill(numbers, whole(key, value, min, max));
        return numbers;
    }

    private List<MetadataValue> items(String key, int most, String wanted) {
        MetadataValue value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof Items items && items.size() <= most) {
            return items.values();
        }
        throw unfit(key, value, wanted);
    }

    private Problem unfit(String key, MetadataValue value, String wanted) {
        return ValueCodec.unfit(source, key, value, wanted);
    }
}
