package dev.backplane.server.clients;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A value that fits a JSON Schema, always the same one: text is `Oslo`, numbers are 21.
final class Sample {
    private final JsonNode root;

    private Sample(JsonNode root) {
        this.root = root;
    }

    static JsonNode of(JsonNode schema) {
        return new Sample(schema).value(schema);
    }

    private JsonNode value(JsonNode schema) {
        if (schema.has("$ref")) {
            return value(root.at(schema.path("$ref").asString().substring(1)));
        }
        for (String word : new String[] {"anyOf", "oneOf", "allOf"}) {
            if (schema.has(word)) {
                return value(schema.path(word).get(0));
            }
        }
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return schema.path("enum").get(0);
        }
        JsonNode type = schema.path("type");
        return switch ((type.isArray() ? type.get(0) : type).asString("object").toLowerCase()) {
            case "string" -> FakeModel.JSON.getNodeFactory().stringNode("Oslo");
            case "integer", "number" -> FakeModel.JSON.getNodeFactory().numberNode(21);
            case "boolean" -> FakeModel.JSON.getNodeFactory().booleanNode(true);
            case "null" -> FakeModel.JSON.getNodeFactory().nullNode();
            case "array" -> {
                ArrayNode array = FakeModel.JSON.createArrayNode();
                yield array.add(value(schema.path("items")));
            }
            default -> {
                ObjectNode object = FakeModel.JSON.createObjectNode();
                schema.path("properties")
                        .properties()
                        .forEach(member -> object.set(member.getKey(), value(member.getValue())));
                yield object;
            }
        };
    }
}
