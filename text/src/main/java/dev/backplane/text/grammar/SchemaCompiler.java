package dev.backplane.text.grammar;

import dev.backplane.core.Json;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import java.math.BigDecimal;
import java.math.RoundingMode;
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
/// `prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, `pattern`, bounds of integers,
/// `anyOf`, `oneOf` of alternatives that exclude each other, `allOf` of objects, and `$ref` within
/// the document. Annotations, `format` among them, say nothing about validity. Any other keyword is
/// refused, because an answer could then be invalid.
final class SchemaCompiler {
    private static final int NODES_MAX = 50_000;
    private static final Set<String> ANNOTATIONS =
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
                    "format",
                    "contentEncoding",
                    "contentMediaType");
    private static final Set<String> STRING = Set.of("minLength", "maxLength", "pattern");
    private static final Set<String> BOUNDS =
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
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
        return Problem.of(Problem.Kind.UNSUPPORTED, what, "%s, %s".formatted(where, path))
                .fix(
                        "use the keywords type, enum, const, properties, required,"
                                + " additionalProperties, items, prefixItems, minItems, maxItems,"
                                + " minLength, maxLength, pattern, bounds of integers, anyOf,"
                                + " oneOf, allOf and $ref");
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
                return combined(combining, fields, keywords, path);
            }
        }
        if (keywords.contains("const") || keywords.contains("enum")) {
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
                    : rule(merged(parts, path), path + "/allOf");
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

    /// One schema of several for objects, whose properties are apart.
    private JsonTree merged(List<JsonTree> parts, String path) {
        Map<String, JsonTree> properties = new LinkedHashMap<>();
        List<JsonTree> required = new ArrayList<>();
        for (JsonTree part : parts) {
            JsonTree target = part;
            if (part instanceof JsonTree.Fields(Map<String, JsonTree> members)
                    && members.get("$ref") instanceof JsonTree.Text(String pointer)
                    && members.size() == 1) {
                target = resolve(document, pointer).orElse(part);
            }
            if (!(target instanceof JsonTree.Fields fields)) {
                throw refused("'allOf' of anything but objects", path);
            }
            for (String name : fields.values().keySet()) {
                if (!ANNOTATIONS.contains(name)
                        && !Set.of("type", "properties", "required").contains(name)) {
                    throw refused("'allOf' with the keyword '%s'".formatted(name), path);
                }
            }
            JsonTree type = fields.find("type").orElse(new JsonTree.Text("object"));
            if (!type.equals(new JsonTree.Text("object"))) {
                throw refused("'allOf' of anything but objects", path);
            }
            for (Map.Entry<String, JsonTree> entry : properties(fields, path).entrySet()) {
                if (properties.put(entry.getKey(), entry.getValue()) != null) {
                    throw refused(
                            "'allOf' that declares '%s' twice".formatted(entry.getKey()), path);
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

    private Map<String, JsonTree> properties(JsonTree.Fields fields, String path) {
        return switch (fields.find("properties").orElse(JsonTree.NOTHING)) {
            case JsonTree.Fields(Map<String, JsonTree> members) -> members;
            case JsonTree.Nothing _ -> Map.of();
            case JsonTree other -> throw refused("'properties' that is " + other.kind(), path);
        };
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
                } else if (keywords.stream().anyMatch(STRING::contains)) {
                    types.add("string");
                } else if (keywords.stream().anyMatch(BOUNDS::contains)) {
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
            case "null", "boolean", "number" -> {
                return new Rule.Reference(type);
            }
            case "integer" -> {
                used.addAll(BOUNDS);
                return integer(fields, path);
            }
            case "string" -> {
                used.addAll(STRING);
                return string(fields, path);
            }
            case "array" -> {
                used.addAll(ARRAY);
                return array(fields, path);
            }
            case "object" -> {
                used.addAll(OBJECT);
                return object(fields, path);
            }
            default -> throw refused("the type '%s'".formatted(type), path);
        }
    }

    private int count(JsonTree.Fields fields, String name, int otherwise, String path) {
        return switch (fields.find(name).orElse(JsonTree.NOTHING)) {
            case JsonTree.Nothing _ -> otherwise;
            case JsonTree.Number number when number.digits().matches("\\d{1,6}") ->
                    Integer.parseInt(number.digits());
            case JsonTree _ ->
                    throw refused(
                            "'%s' that is no whole number up to 999,999".formatted(name), path);
        };
    }

    private Rule string(JsonTree.Fields fields, String path) {
        int min = count(fields, "minLength", 0, path);
        int max = count(fields, "maxLength", -1, path);
        if (fields.find("pattern").isPresent()) {
            if (min > 0 || max >= 0) {
                throw refused("'pattern' beside a length", path);
            }
            if (!(fields.values().get("pattern") instanceof JsonTree.Text(String pattern))) {
                throw refused("'pattern' that is no string", path);
            }
            Rule any = new Rule.Repeat(new Rule.Characters(CharSet.ALL), 0, -1);
            Rule matched =
                    new RegexParser(pattern, "%s, %s/pattern".formatted(where, path))
                            .somewhere(any);
            return JsonRules.quoted(JsonRules.written(matched));
        }
        if (max >= 0 && max < min) {
            throw refused("a schema that nothing is valid for", path);
        }
        return min == 0 && max < 0
                ? new Rule.Reference("string")
                : JsonRules.quoted(new Rule.Repeat(JsonRules.CHARACTER, min, max));
    }

    private Rule integer(JsonTree.Fields fields, String path) {
        long low = -JsonRules.INTEGER_MAX;
        long high = JsonRules.INTEGER_MAX;
        for (String name : BOUNDS) {
            JsonTree value = fields.find(name).orElse(JsonTree.NOTHING);
            if (value instanceof JsonTree.Nothing) {
                continue;
            }
            if (!(value instanceof JsonTree.Number number) || number.digits().length() > 30) {
                throw refused("'%s' that is no number".formatted(name), path);
            }
            BigDecimal bound = new BigDecimal(number.digits());
            boolean upper = name.toLowerCase(java.util.Locale.ROOT).endsWith("maximum");
            boolean exclusive = name.startsWith("exclusive");
            BigDecimal whole = bound.setScale(0, upper ? RoundingMode.FLOOR : RoundingMode.CEILING);
            if (exclusive && whole.compareTo(bound) == 0) {
                whole = whole.add(upper ? BigDecimal.ONE.negate() : BigDecimal.ONE);
            }
            long limit =
                    whole.max(BigDecimal.valueOf(-JsonRules.INTEGER_MAX - 1))
                            .min(BigDecimal.valueOf(JsonRules.INTEGER_MAX + 1))
                            .longValueExact();
            low = upper ? low : Math.max(low, limit);
            high = upper ? Math.min(high, limit) : high;
        }
        if (low > high) {
            throw refused("a schema that nothing is valid for, with 18 digits", path);
        }
        boolean open = low == -JsonRules.INTEGER_MAX && high == JsonRules.INTEGER_MAX;
        return open ? new Rule.Reference("integer") : JsonRules.integer(low, high);
    }

    private Rule array(JsonTree.Fields fields, String path) {
        List<Rule> first = new ArrayList<>();
        if (fields.find("prefixItems").isPresent()) {
            if (!(fields.values().get("prefixItems")
                    instanceof JsonTree.Items(List<JsonTree> list))) {
                throw refused("'prefixItems' that is no list", path);
            }
            for (JsonTree item : list) {
                first.add(rule(item, "%s/prefixItems/%d".formatted(path, first.size())));
            }
        }
        JsonTree items = fields.find("items").orElse(new JsonTree.Flag(first.isEmpty()));
        boolean more = !(items instanceof JsonTree.Flag(boolean allows) && !allows);
        int min = count(fields, "minItems", 0, path);
        int max = count(fields, "maxItems", -1, path);
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
                tail(0, first, new Rule.Reference(name), min, most),
                Rule.literal("]"));
    }

    /// The items from one place on, with what separates them.
    private static Rule tail(int place, List<Rule> first, Rule item, int min, int max) {
        if (max >= 0 && place >= max) {
            return Rule.EMPTY;
        }
        if (place >= first.size() && place > 0) {
            int least = Math.max(0, min - place);
            Rule more = Rule.sequence(JsonRules.COMMA, item, JsonRules.SPACE);
            return new Rule.Repeat(more, least, max < 0 ? -1 : max - place);
        }
        Rule here = place < first.size() ? first.get(place) : item;
        Rule rest =
                Rule.sequence(
                        place == 0 ? Rule.EMPTY : JsonRules.COMMA,
                        here,
                        JsonRules.SPACE,
                        tail(place + 1, first, item, min, max));
        return place >= min ? Rule.optional(rest) : rest;
    }

    private Rule object(JsonTree.Fields fields, String path) {
        Map<String, JsonTree> declared = properties(fields, path);
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
