package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// `allOf` of schemas for objects.
final class ObjectUnion {
    private ObjectUnion() {}

    /// One schema of several for objects, whose properties are apart.
    static JsonTree of(List<JsonTree> parts, JsonTree document, String where, String path) {
        Map<String, JsonTree> properties = new LinkedHashMap<>();
        List<JsonTree> required = new ArrayList<>();
        for (JsonTree part : parts) {
            JsonTree target = part;
            if (part instanceof JsonTree.Fields(Map<String, JsonTree> members)
                    && members.get("$ref") instanceof JsonTree.Text(String pointer)
                    && members.size() == 1) {
                target = SchemaCompiler.resolve(document, pointer).orElse(part);
            }
            if (!(target instanceof JsonTree.Fields fields)) {
                throw SchemaNode.refused("'allOf' of anything but objects", where, path);
            }
            for (String name : fields.values().keySet()) {
                if (!SchemaCompiler.ANNOTATIONS.contains(name)
                        && !Set.of("type", "properties", "required", "format").contains(name)) {
                    throw SchemaNode.refused(
                            "'allOf' with the keyword '%s'".formatted(name), where, path);
                }
            }
            JsonTree type = fields.find("type").orElse(new JsonTree.Text("object"));
            if (!type.equals(new JsonTree.Text("object"))) {
                throw SchemaNode.refused("'allOf' of anything but objects", where, path);
            }
            for (Map.Entry<String, JsonTree> entry :
                    properties(new SchemaNode(fields, where, path)).entrySet()) {
                if (properties.put(entry.getKey(), entry.getValue()) != null) {
                    throw SchemaNode.refused(
                            "'allOf' that declares '%s' twice".formatted(entry.getKey()),
                            where,
                            path);
                }
            }
            if (fields.find("required").orElse(JsonTree.NOTHING)
                    instanceof JsonTree.Items(List<JsonTree> names)) {
                required.addAll(names);
            }
        }
        Map<String, JsonTree> whole = new LinkedHashMap<>();
        whole.put("type", new JsonTree.Text("object"));
        whole.put("properties", new JsonTree.Fields(properties));
        whole.put("required", new JsonTree.Items(required));
        return new JsonTree.Fields(whole);
    }

    /// What a schema declares.
    static Map<String, JsonTree> properties(SchemaNode node) {
        return switch (node.find("properties").orElse(JsonTree.NOTHING)) {
            case JsonTree.Fields(Map<String, JsonTree> members) -> members;
            case JsonTree.Nothing _ -> Map.of();
            case JsonTree other -> throw node.refused("'properties' that is " + other.kind());
        };
    }
}
