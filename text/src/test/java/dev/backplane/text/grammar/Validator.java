package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Whether a value is valid for a schema, by the words of the standard, for the keywords of the
/// tests.
record Validator(JsonTree document) {
    boolean isValid(JsonTree schema, JsonTree value) {
        if (schema instanceof JsonTree.Flag(boolean allows)) {
            return allows;
        }
        return ((JsonTree.Fields) schema)
                .values().entrySet().stream()
                        .allMatch(entry ->
                                holds(
                                        entry.getKey(),
                                        entry.getValue(),
                                        (JsonTree.Fields) schema,
                                        value));
    }

    private boolean holds(String keyword, JsonTree given, JsonTree.Fields schema, JsonTree value) {
        return switch (keyword) {
            case "type" ->
                    given instanceof JsonTree.Items(List<JsonTree> types)
                            ? types.stream().anyMatch(type -> isOf(type, value))
                            : isOf(given, value);
            case "const" -> given.equals(value);
            case "enum" -> list(given).contains(value);
            case "anyOf" -> list(given).stream().anyMatch(part -> isValid(part, value));
            case "oneOf" -> list(given).stream().filter(part -> isValid(part, value)).count() == 1;
            case "allOf" -> list(given).stream().allMatch(part -> isValid(part, value));
            case "$ref" ->
                    isValid(
                            SchemaCompiler.resolve(document, ((JsonTree.Text) given).value())
                                    .orElseThrow(),
                            value);
            case "$defs" -> true;
            case "items" -> items(schema, given, value);
            case "additionalProperties" -> others(schema, given, value);
            case "prefixItems" -> prefix(list(given), value);
            case "minItems" -> !(value instanceof JsonTree.Items) || size(value) >= n(given);
            case "maxItems" -> !(value instanceof JsonTree.Items) || size(value) <= n(given);
            case "minLength" -> !(value instanceof JsonTree.Text t) || length(t) >= n(given);
            case "maxLength" -> !(value instanceof JsonTree.Text t) || length(t) <= n(given);
            case "pattern" ->
                    !(value instanceof JsonTree.Text(String text))
                            || Pattern.compile(((JsonTree.Text) given).value())
                                    .matcher(text)
                                    .find();
            case "minimum" -> !(value instanceof JsonTree.Number v) || order(v, given) >= 0;
            case "exclusiveMaximum" -> !(value instanceof JsonTree.Number v) || order(v, given) < 0;
            case "properties" ->
                    !(value instanceof JsonTree.Fields(Map<String, JsonTree> members))
                            || ((JsonTree.Fields) given)
                                    .values().entrySet().stream()
                                            .allMatch(entry ->
                                                    !members.containsKey(entry.getKey())
                                                            || isValid(
                                                                    entry.getValue(),
                                                                    members.get(entry.getKey())));
            case "required" ->
                    !(value instanceof JsonTree.Fields fields)
                            || list(given).stream()
                                    .allMatch(name ->
                                            fields.find(((JsonTree.Text) name).value())
                                                    .isPresent());
            default -> throw new AssertionError(keyword);
        };
    }

    private static List<JsonTree> list(JsonTree items) {
        return ((JsonTree.Items) items).values();
    }

    private static int size(JsonTree items) {
        return list(items).size();
    }

    private static int n(JsonTree number) {
        return Integer.parseInt(((JsonTree.Number) number).digits());
    }

    private static int length(JsonTree.Text text) {
        return text.value().codePointCount(0, text.value().length());
    }

    private static int order(JsonTree.Number value, JsonTree bound) {
        return new BigDecimal(value.digits())
                .compareTo(new BigDecimal(((JsonTree.Number) bound).digits()));
    }

    private static boolean isOf(JsonTree type, JsonTree value) {
        return switch (((JsonTree.Text) type).value()) {
            case "string" -> value instanceof JsonTree.Text;
            case "number" -> value instanceof JsonTree.Number;
            case "integer" -> value instanceof JsonTree.Number number && number.isWhole();
            case "boolean" -> value instanceof JsonTree.Flag;
            case "null" -> value instanceof JsonTree.Nothing;
            case "array" -> value instanceof JsonTree.Items;
            default -> value instanceof JsonTree.Fields;
        };
    }

    private boolean prefix(List<JsonTree> schemas, JsonTree value) {
        if (!(value instanceof JsonTree.Items(List<JsonTree> values))) {
            return true;
        }
        for (int i = 0; i < Math.min(schemas.size(), values.size()); i++) {
            if (!isValid(schemas.get(i), values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean items(JsonTree.Fields schema, JsonTree items, JsonTree value) {
        int from = schema.find("prefixItems").map(list -> list(list).size()).orElse(0);
        return !(value instanceof JsonTree.Items(List<JsonTree> values))
                || values.stream().skip(from).allMatch(item -> isValid(items, item));
    }

    private boolean others(JsonTree.Fields schema, JsonTree others, JsonTree value) {
        Map<String, JsonTree> declared =
                schema.find("properties")
                        .map(properties -> ((JsonTree.Fields) properties).values())
                        .orElse(Map.of());
        return !(value instanceof JsonTree.Fields(Map<String, JsonTree> members))
                || members.entrySet().stream()
                        .allMatch(entry ->
                                declared.containsKey(entry.getKey())
                                        || isValid(others, entry.getValue()));
    }
}
