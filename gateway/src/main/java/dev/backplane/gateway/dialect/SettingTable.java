package dev.backplane.gateway.dialect;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/// What the [Setting]s are called in a dialect. Immutable.
public final class SettingTable {
    private final Map<String, Setting> settings = new HashMap<>();
    private final Map<Setting, String> names = new EnumMap<>(Setting.class);

    private SettingTable(Map<String, Setting> names) {
        names.forEach((name, setting) -> {
            settings.put(name, setting);
            this.names.put(setting, name);
        });
    }

    public static SettingTable of(Map<String, Setting> names) {
        return new SettingTable(names);
    }

    /// Takes the value under the cursor if its name is one of these. Null is as if it were absent.
    ///
    /// @return whether it was
    /// @throws dev.backplane.core.Problem `INVALID` for a value of another type
    public boolean read(String name, JsonCursor cursor, ModelRequest.Builder request) {
        Setting setting = settings.get(name);
        if (setting == null) {
            return false;
        }
        if (!cursor.isNull()) {
            request.settings.put(setting, value(setting, cursor));
        }
        return true;
    }

    private static Slice value(Setting setting, JsonCursor cursor) {
        boolean fits =
                switch (setting.type()) {
                    case INTEGER -> isInteger(cursor);
                    case NUMBER -> cursor.isNumber();
                    case FLAG -> cursor.isFlag();
                    case TEXT -> cursor.isText();
                    case OBJECT -> cursor.isObject();
                    case ANY -> true;
                };
        if (!fits) {
            throw cursor.wrong(setting.type().text());
        }
        return cursor.raw();
    }

    private static boolean isInteger(JsonCursor cursor) {
        if (!cursor.isNumber()) {
            return false;
        }
        cursor.integer();
        return true;
    }

    /// Writes those that the dialect has a name for; the others are told to `ignored`.
    public void write(Settings values, JsonOut out, Consumer<String> ignored) {
        values.forEach((setting, json) -> {
            String name = names.get(setting);
            if (name == null) {
                ignored.accept(setting.id());
            } else {
                out.name(name).json(json);
            }
        });
    }
}
