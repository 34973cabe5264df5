package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Whether it is plain to see that nothing is valid for two schemas at once: they allow different
/// types, different fixed values, or objects that must have a member of different fixed values.
///
/// @param document where references lead
record Disjointness(JsonTree document) {
    boolean areDisjoint(JsonTree first, JsonTree second) {
        JsonTree a = resolved(first);
        JsonTree b = resolved(second);
        Optional<Set<JsonTree>> aValues = values(a);
        Optional<Set<JsonTree>> bValues = values(b);
        if (aValues.isPresent() && bValues.isPresent()) {
            return apart(aValues.get(), bValues.get());
        }
        Set<String> aTypes = types(a);
        Set<String> bTypes = types(b);
        if (!aTypes.isEmpty() && !bTypes.isEmpty() && apart(aTypes, bTypes)) {
            boolean numbers = aTypes.contains("number") || bTypes.contains("number");
            boolean integers = aTypes.contains("integer") || bTypes.contains("integer");
            return !(numbers && integers);
        }
        return haveDifferentMember(a, b);
    }

    private static <T> boolean apart(Set<T> a, Set<T> b) {
        return a.stream().noneMatch(b::contains);
    }

    private JsonTree resolved(JsonTree schema) {
        return schema instanceof JsonTree.Fields(Map<String, JsonTree> members)
                        && members.get("$ref") instanceof JsonTree.Text(String pointer)
                ? SchemaCompiler.resolve(document, pointer).orElse(schema)
                : schema;
    }

    private static Optional<Set<JsonTree>> values(JsonTree schema) {
        if (!(schema instanceof JsonTree.Fields fields)) {
            return Optional.empty();
        }
        Optional<JsonTree> constant = fields.find("const");
        List<JsonTree> values =
                constant.isPresent()
                        ? List.of(constant.get())
                        : fields.find("enum").orElse(JsonTree.NOTHING)
                                        instanceof JsonTree.Items(List<JsonTree> items)
                                ? items
                                : List.of();
        // 1 and 1.0 are one number but two texts.
        boolean texts = values.stream().allMatch(value -> value instanceof JsonTree.Text);
        return values.isEmpty() || !texts ? Optional.empty() : Optional.of(new HashSet<>(values));
    }

    private static Set<String> types(JsonTree schema) {
        Set<String> types = new HashSet<>();
        if (schema instanceof JsonTree.Fields fields) {
            switch (fields.find("type").orElse(JsonTree.NOTHING)) {
                case JsonTree.Text(String type) -> types.add(type);
                case JsonTree.Items(List<JsonTree> items) -> {
                    for (JsonTree item : items) {
                        if (item instanceof JsonTree.Text(String type)) {
                            types.add(type);
                        }
                    }
                }
                default -> {
                    if (values(schema).isPresent()) {
                        types.add("string");
                    }
                }
            }
        }
        return types;
    }

    private boolean haveDifferentMember(JsonTree a, JsonTree b) {
        Map<String, JsonTree> aMembers = requiredMembers(a);
        Map<String, JsonTree> bMembers = requiredMembers(b);
        for (Map.Entry<String, JsonTree> member : aMembers.entrySet()) {
            JsonTree other = bMembers.get(member.getKey());
            if (other != null) {
                Optional<Set<JsonTree>> here = values(resolved(member.getValue()));
                Optional<Set<JsonTree>> there = values(resolved(other));
                if (here.isPresent() && there.isPresent() && apart(here.get(), there.get())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Map<String, JsonTree> requiredMembers(JsonTree schema) {
        if (!(schema instanceof JsonTree.Fields fields)
                || !(fields.find("properties").orElse(JsonTree.NOTHING)
                        instanceof JsonTree.Fields(Map<String, JsonTree> properties))
                || !(fields.find("required").orElse(JsonTree.NOTHING)
                        instanceof JsonTree.Items(List<JsonTree> required))) {
            return Map.of();
        }
        Map<String, JsonTree> members = new java.util.HashMap<>(properties);
        members.keySet().removeIf(name -> !required.contains(new JsonTree.Text(name)));
        return members;
    }
}
