package dev.backplane.gateway.model;

import dev.backplane.core.Json;
import dev.backplane.core.Slice;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import tools.jackson.core.JsonParser;

/// The [Setting]s of a request that were set. Immutable.
public final class Settings {
    public static final Settings NONE = new Settings(new EnumMap<>(Setting.class));

    private final EnumMap<Setting, Slice> values;

    private Settings(EnumMap<Setting, Slice> values) {
        this.values = values;
    }

    public static Settings of(Map<Setting, Slice> values) {
        EnumMap<Setting, Slice> copy = new EnumMap<>(Setting.class);
        copy.putAll(values);
        return new Settings(copy);
    }

    /// The value's exact JSON.
    public Optional<Slice> json(Setting setting) {
        return Optional.ofNullable(values.get(setting));
    }

    public boolean has(Setting setting) {
        return values.containsKey(setting);
    }

    public OptionalLong integer(Setting setting) {
        Slice json = values.get(setting);
        return json == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(json.text()));
    }

    public OptionalDouble number(Setting setting) {
        Slice json = values.get(setting);
        return json == null
                ? OptionalDouble.empty()
                : OptionalDouble.of(Double.parseDouble(json.text()));
    }

    public Optional<Boolean> flag(Setting setting) {
        return json(setting).map(json -> json.text().equals("true"));
    }

    public Optional<String> text(Setting setting) {
        return json(setting)
                .map(json -> {
                    try (JsonParser parser = Json.parser(json)) {
                        parser.nextToken();
                        return parser.getString();
                    }
                });
    }

    public void forEach(BiConsumer<Setting, Slice> visitor) {
        values.forEach(visitor);
    }

    /// These with one set anew.
    public Settings with(Setting setting, Slice json) {
        EnumMap<Setting, Slice> copy = new EnumMap<>(values);
        copy.put(setting, json);
        return new Settings(copy);
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Settings other && values.equals(other.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
