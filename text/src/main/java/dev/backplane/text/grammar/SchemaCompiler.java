package dev.backplane.text.grammar;

import dev.backplane.core.Json;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes rules of a JSON Schema (draft 2020-12), so that what they allow is valid for it.
///
/// Not everything that is valid is allowed: members come in the order of `properties`; members that
/// are not declared come last, and only if `additionalProperties` says so or nothing is declared;
/// numbers have at most 18 digits before and after the point; white space is one space or one
/// indented line between parts.
///
/// Accepted are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`,
/// `prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, `pattern`, the formats of
/// [StringSchema], bounds of numbers, `anyOf`, `oneOf` of alternatives that exclude each other,
/// `allOf` of objects, and `$ref` within the document. Annotations say nothing about validity. Any
/// other keyword is refused, because an answer could then be invalid.
final class SchemaCompiler {
    private static final int NODES_MAX = 50_000;
    static final Set<String> ANNOTATIONS =
            Set.of(
                    "$schema",
                    "$id",
                    "$anchor",
                    "$comment",
                    "$defs",
                    "definitions",
                    "title",
                    "description",
                    "default",
                    "examples",
                    "example",
                    "deprecated",
                    "readOnly",
                    "writeOnly",
                    "contentEncoding",
                    "contentMediaType");

    /// Of strings a rule; of other types, such as `int32`, it says nothing about validity.
    private static final String FORMAT = "format";

    private static final Set<String> ARRAY = Set.of("items", "prefixItems", "minItems", "maxItems");
    private static final Set<String> OBJECT =
            Set.of("properties", "required", "additionalProperties");

    private final JsonTree document;
    private final String where;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final ObjectRules objects = new ObjectRules(rules);
    private int nodes;

    SchemaCompiler(JsonTree document, String where) {
        this.document = document;
        this.where = where;
    }

    Map<String, Rule> run() {
        JsonRules.define(rules);
        // First by number, so that it is the root.
        rules.put("root", Rule.EMPTY);
        rules.put("root", rule(document, "#"));
        return rules;
    }

    private Problem refused(String what, String path) {
        return SchemaNode.refused(what, where, path);
    }

    private Rule rule(JsonTree schema, String path) {
        if (++nodes > NODES_MAX) {
            throw Problem.tooLarge("a schema of too many parts", where)
                    .fix("at most %,d are accepted".formatted(NODES_MAX));
        }
        if (schema instanceof JsonTree.Flag(boolean allows)) {
            if (allows) {
                return new Rule.Reference(JsonRules.VALUE);
            }
            throw refused("a schema that nothing is valid for", path);
        }
        if (!(schema instanceof JsonTree.Fields fields)) {
            throw refused("a schema that is " + schema.kind(), path);
        }
        Set<String> keywords = new LinkedHashSet<>(fields.values().keySet());
        keywords.removeIf(name -> ANNOTATIONS.contains(name) || name.startsWith("x-"));
        if (isFalse(fields, "uniqueItems")) {
            keywords.remove("uniqueItems");
        }
        for (String combining : List.of("$ref", "anyOf", "oneOf", "allOf")) {
            if (keywords.contains(combining)) {
                if (!StringSchema.isRule(fields.find(FORMAT).orElse(JsonTree.NOTHING))) {
                    keywords.remove(FORMAT);
                }
                return combined(combining, fields, keywords, path);
            }
        }
        if (keywords.contains("const") || keywords.contains("enum")) {
            keywords.remove(FORMAT);
            return values(fields, keywords, path);
        }
        Set<String> types = types(fields, keywords, path);
        List<Rule> options = new ArrayList<>();
        Set<String> used = new LinkedHashSet<>(Set.of("type"));
        for (String type : types) {
            options.add(typed(type, fields, used, path));
        }
        keywords.removeAll(used);
        if (!keywords.isEmpty()) {
            throw refused("the keyword '%s'".formatted(keywords.iterator().next()), path);
        }
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    private static boolean isFalse(JsonTree.Fields fields, String name) {
        return fields.find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Flag(boolean flag)
                && !flag;
    }

    private Rule combined(
            String combining, JsonTree.Fields fields, Set<String> keywords, String path) {
        if (keywords.size() > 1) {
            keywords.remove(combining);
            throw refused(
                    "'%s' beside '%s'".formatted(combining, keywords.iterator().next()), path);
        }
        JsonTree value = fields.values().getOrDefault(combining, JsonTree.NOTHING);
        if (combining.equals("$ref")) {
            return reference(value, path);
        }
        if (!(value instanceof JsonTree.Items(List<JsonTree> parts)) || parts.isEmpty()) {
            throw refused("'%s' that is no list of schemas".formatted(combining), path);
        }
        if (combining.equals("allOf")) {
            return parts.size() == 1
                    ? rule(parts.getFirst(), path + "/allOf/0")
                    : rule(ObjectUnion.of(parts, document, where, path), path + "/allOf");
        }
        List<Rule> options = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            for (int j = 0; combining.equals("oneOf") && j < i; j++) {
                if (!new Disjointness(document).areDisjoint(parts.get(i), parts.get(j))) {
                    throw refused("'oneOf' whose alternatives may overlap; use 'anyOf'", path);
                }
            }
            options.add(rule(parts.get(i), "%s/%s/%d".formatted(path, combining, i)));
        }
        return new Rule.Choice(options);
    }

    private Rule reference(JsonTree value, String path) {
        if (!(value instanceof JsonTree.Text(String pointer))) {
            throw refused("'$ref' that is no string", path);
        }
        String name = "ref " + pointer;
        if (!rules.containsKey(name)) {
            JsonTree target =
                    resolve(document, pointer)
                            .orElseThrow(() ->
                                    refused(
                                            "'$ref' to '%s', which is not here".formatted(pointer),
                                            path));
            rules.put(name, Rule.EMPTY);
            rules.put(name, rule(target, pointer));
        }
        return new Rule.Reference(name);
    }

    /// What a pointer into the document names.
    static Optional<JsonTree> resolve(JsonTree document, String pointer) {
        if (!pointer.equals("#") && !pointer.startsWith("#/")) {
            return Optional.empty();
        }
        Optional<JsonTree> found = Optional.of(document);
        String[] names = pointer.equals("#") ? new String[0] : pointer.substring(2).split("/", -1);
        for (String name : names) {
            String key = name.replace("~1", "/").replace("~0", "~");
            found =
                    found.flatMap(value ->
                            switch (value) {
                                case JsonTree.Fields fields -> fields.find(key);
                                case JsonTree.Items(List<JsonTree> items)
                                        when key.matches("\\d{1,6}")
                                                && Integer.parseInt(key) < items.size() ->
                                        Optional.of(items.get(Integer.parseInt(key)));
                                default -> Optional.empty();
                            });
        }
        return found;
    }

    /// `const` and `enum`: the values as they are, of those types that `type` allows.
    private Rule values(JsonTree.Fields fields, Set<String> keywords, String path) {
        Set<String> types =
                fields.find("type").isPresent() ? types(fields, keywords, path) : Set.of();
        List<JsonTree> allowed =
                fields.find("const")
                        .map(List::of)
                        .orElseGet(() ->
                                fields.find("enum").orElse(JsonTree.NOTHING)
                                                instanceof JsonTree.Items(List<JsonTree> items)
                                        ? items
                                        : List.of());
        keywords.removeAll(Set.of("type", fields.find("const").isPresent() ? "const" : "enum"));
        if (!keywords.isEmpty()) {
            throw refused("'%s' beside fixed values".formatted(keywords.iterator().next()), path);
        }
        List<Rule> options = new ArrayList<>();
        for (JsonTree value : allowed) {
            if (types.isEmpty() || types.stream().anyMatch(type -> isOf(value, type))) {
                options.add(Rule.literal(Json.write(value::write)));
            }
        }
        if (options.isEmpty()) {
            throw refused("a schema that nothing is valid for", path);
        }
        return options.size() == 1 ? options.getFirst() : new Rule.Choice(options);
    }

    private static boolean isOf(JsonTree value, String type) {
        return switch (value) {
            case JsonTree.Text _ -> type.equals("string");
            case JsonTree.Number number ->
                    type.equals("number") || type.equals("integer") && number.isWhole();
            case JsonTree.Flag _ -> type.equals("boolean");
            case JsonTree.Nothing _ -> type.equals("null");
            case JsonTree.Items _ -> type.equals("array");
            case JsonTree.Fields _ -> type.equals("object");
        };
    }

    /// The types that are declared, or else the one that the other keywords speak of.
    private Set<String> types(JsonTree.Fields fields, Set<String> keywords, String path) {
        Set<String> types = new LinkedHashSet<>();
        switch (fields.find("type").orElse(JsonTree.NOTHING)) {
            case JsonTree.Text(String type) -> types.add(type);
            case JsonTree.Items(List<JsonTree> items) -> {
                for (JsonTree item : items) {
                    if (!(item instanceof JsonTree.Text(String type))) {
                        throw refused("a type that is " + item.kind(), path);
                    }
                    types.add(type);
                }
            }
            case JsonTree.Nothing _ -> {
                if (keywords.stream().anyMatch(OBJECT::contains)) {
                    types.add("object");
                } else if (keywords.stream().anyMatch(ARRAY::contains)) {
                    types.add("array");
                } else if (keywords.stream().anyMatch(StringSchema.KEYWORDS::contains)) {
                    types.add("string");
                } else if (keywords.stream().anyMatch(NumberSchema.KEYWORDS::contains)) {
                    types.add("integer");
                } else {
                    types.add("any");
                }
            }
            case JsonTree other -> throw refused("a type that is " + other.kind(), path);
        }
        if (types.isEmpty()) {
            throw refused("a schema that nothing is valid for", path);
        }
        return types;
    }

    private Rule typed(String type, JsonTree.Fields fields, Set<String> used, String path) {
        switch (type) {
            case "any" -> {
                return new Rule.Reference(JsonRules.VALUE);
            }
            case "null", "boolean" -> {
                used.add(FORMAT);
                return new Rule.Reference(type);
            }
            case "number" -> {
                used.addAll(NumberSchema.KEYWORDS);
                used.add(FORMAT);
                return NumberSchema.number(new SchemaNode(fields, where, path));
            }
            case "integer" -> {
                used.addAll(NumberSchema.KEYWORDS);
                used.add(FORMAT);
                return NumberSchema.integer(new SchemaNode(fields, where, path));
            }
            case "string" -> {
                used.addAll(StringSchema.KEYWORDS);
                return StringSchema.rule(new SchemaNode(fields, where, path));
            }
            case "array" -> {
                used.addAll(ARRAY);
                used.add(FORMAT);
                return array(new SchemaNode(fields, where, path));
            }
            case "object" -> {
                used.addAll(OBJECT);
                used.add(FORMAT);
                return object(fields, path);
            }
            default -> throw refused("the type '%s'".formatted(type), path);
        }
    }

    private Rule array(SchemaNode node) {
        String path = node.path();
        List<Rule> first = new ArrayList<>();
        if (node.find("prefixItems").isPresent()) {
            if (!(node.find("prefixItems").orElseThrow()
                    instanceof JsonTree.Items(List<JsonTree> list))) {
                throw refused("'prefixItems' that is no list", path);
            }
            for (JsonTree item : list) {
                first.add(rule(item, "%s/prefixItems/%d".formatted(path, first.size())));
            }
        }
        JsonTree items = node.fields().find("items").orElse(new JsonTree.Flag(first.isEmpty()));
        boolean more = !(items instanceof JsonTree.Flag(boolean allows) && !allows);
        int min = node.count("minItems", 0);
        int max = node.count("maxItems", -1);
        int most = more ? max : max < 0 ? first.size() : Math.min(max, first.size());
        if (most >= 0 && most < min) {
            throw refused("a schema that nothing is valid for", path);
        }
        Rule item = more ? rule(items, path + "/items") : Rule.EMPTY;
        String name = "array " + rules.size();
        rules.put(name, Rule.EMPTY);
        rules.put(name, item);
        return Rule.sequence(
                Rule.literal("["),
                JsonRules.SPACE,
                ArrayRules.items(0, first, new Rule.Reference(name), min, most),
                Rule.literal("]"));
    }

    private Rule object(JsonTree.Fields fields, String path) {
        Map<String, JsonTree> declared =
                ObjectUnion.properties(new SchemaNode(fields, where, path));
        Set<String> required = new LinkedHashSet<>();
        switch (fields.find("required").orElse(JsonTree.NOTHING)) {
            case JsonTree.Nothing _ -> {}
            case JsonTree.Items(List<JsonTree> names) -> {
                for (JsonTree name : names) {
                    if (!(name instanceof JsonTree.Text(String text))) {
                        throw refused("'required' that names " + name.kind(), path);
                    }
                    required.add(text);
                }
            }
            case JsonTree other -> throw refused("'required' that is " + other.kind(), path);
        }
        JsonTree additional =
                fields.find("additionalProperties")
                        .orElse(new JsonTree.Flag(declared.isEmpty() && required.isEmpty()));
        Optional<Rule> others =
                additional.equals(new JsonTree.Flag(false))
                        ? Optional.empty()
                        : Optional.of(rule(additional, path + "/additionalProperties"));
        List<ObjectRules.Member> members = new ArrayList<>();
        declared.forEach((name, schema) ->
                members.add(
                        new ObjectRules.Member(
                                name,
                                rule(schema, path + "/properties/" + name),
                                required.contains(name))));
        for (String name : required) {
            if (!declared.containsKey(name)) {
                boolean said = fields.find("additionalProperties").isPresent();
                if (said && others.isEmpty()) {
                    throw refused("'%s', which is required and forbidden".formatted(name), path);
                }
                members.add(
                        new ObjectRules.Member(
                                name, others.orElse(new Rule.Reference(JsonRules.VALUE)), true));
            }
        }
        return objects.object(members, others);
    }
}
