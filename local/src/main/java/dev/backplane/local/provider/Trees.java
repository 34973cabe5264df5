package dev.backplane.local.provider;

import dev.backplane.core.Json;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// Small JSON documents.
final class Trees {
    private Trees() {}

    static String text(JsonTree tree) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.generator(out)) {
            tree.write(json);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /// An object; empty text is one without members.
    ///
    /// @throws Problem when it is something else
    static Map<String, JsonTree> fields(Slice json, String where) {
        if (json.isEmpty()) {
            return Map.of();
        }
        if (JsonTree.parse(json.text(), where)
                instanceof JsonTree.Fields(Map<String, JsonTree> values)) {
            return values;
        }
        throw Problem.invalid("no object", where).fix("give an object");
    }

    static JsonTree object(Object... namesAndValues) {
        Map<String, JsonTree> fields = new java.util.LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], tree(namesAndValues[i + 1]));
        }
        return new JsonTree.Fields(fields);
    }

    private static JsonTree tree(Object value) {
        return switch (value) {
            case JsonTree tree -> tree;
            case String text -> new JsonTree.Text(text);
            case Boolean flag -> new JsonTree.Flag(flag);
            case List<?> list -> new JsonTree.Items(list.stream().map(Trees::tree).toList());
            default -> throw new IllegalArgumentException("no JSON: " + value.getClass());
        };
    }
}
