package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.gguf.ValueType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Metadata of one architecture, as it is put together from a configuration.
final class Keys {
    private final String architecture;
    private final String source;
    private final Map<String, MetadataValue> values = new LinkedHashMap<>();

    /// @param source of the configuration, for complaints
    Keys(String architecture, String source) {
        this.architecture = architecture;
        this.source = source;
        values.put("general.architecture", Text.of(architecture));
    }

    String architecture() {
        return architecture;
    }

    Map<String, MetadataValue> values() {
        return values;
    }

    /// A key that belongs to no architecture.
    void general(String key, MetadataValue value) {
        values.put(key, value);
    }

    private void put(String key, MetadataValue value) {
        values.put(architecture + "." + key, value);
    }

    void whole(String key, long value) {
        put(key, new Whole(ValueType.INT64, value));
    }

    /// @throws Problem when what was worked out is no number
    void real(String key, double value) {
        if (!Double.isFinite(value)) {
            throw Problem.invalid("'%s' comes out as %s".formatted(key, value), source)
                    .fix("use the configuration as it was saved");
        }
        put(key, new Real(ValueType.FLOAT64, value));
    }

    void text(String key, String value) {
        put(key, Text.of(value));
    }

    void flag(String key, boolean value) {
        put(key, new Flag(value));
    }

    void wholes(String key, int[] values) {
        put(key, Items.ofInts(values));
    }

    void flags(String key, List<Boolean> flags) {
        List<MetadataValue> items = flags.stream().<MetadataValue>map(Flag::new).toList();
        put(key, Items.of(ValueType.BOOL, items));
    }

    /// Copies a whole number, where the configuration has it.
    void copy(Settings settings, String name, String key) {
        if (settings.has(name)) {
            whole(key, settings.integer(name));
        }
    }

    /// Copies a number, where the configuration has it.
    void copyReal(Settings settings, String name, String key) {
        if (settings.has(name)) {
            real(key, settings.real(name));
        }
    }
}
