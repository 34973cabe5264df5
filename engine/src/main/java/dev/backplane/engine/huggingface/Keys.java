package dev.backplane.engine.huggingface;

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
    private final Map<String, MetadataValue> values = new LinkedHashMap<>();

    Keys(String architecture) {
        this.architecture = architecture;
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

    void real(String key, double value) {
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
