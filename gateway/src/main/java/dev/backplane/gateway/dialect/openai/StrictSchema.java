package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Tool;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The part of JSON Schema that OpenAI takes where a schema is `strict`, so that a request with
/// another is refused before anybody is asked, by the place in the schema
/// (https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas").
///
/// Only what is documented as an error is refused; what else the service objects to, it says
/// itself. For one schema.
public final class StrictSchema {
    private static final Set<String> REFUSED =
            Set.of("allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else");
    private static final int DEPTH_MAX = 10;
    private static final int PROPERTIES_MAX = 5_000;
    private static final int ENUM_VALUES_MAX = 1_000;

    /// Schemas in schemas of any kind: far beyond what objects in objects may have.
    private static final int NESTING_MAX = 200;

    private int properties;
    private int enumValues;

    private StrictSchema() {}

    /// @throws Problem `INVALID` if a schema of the request is strict and OpenAI would refuse it
    public static void check(ModelRequest request) {
        if (request.format().orElse(new OutputFormat.Text())
                        instanceof OutputFormat.JsonSchema format
                && format.strict().orElse(false)) {
            check(format.schema(), "response_format.json_schema.schema");
        }
        for (Tool tool : request.tools()) {
            if (tool instanceof Tool.Function function
                    && function.strict().orElse(false)
                    && !function.parameters().isEmpty()) {
                check(function.parameters(), "tools." + function.name() + ".parameters");
            }
        }
    }

    /// @param path for messages
    static void check(Slice schema, String path) {
        Members root = Members.of(schema, path);
        if (root.has("anyOf") || !isObject(root)) {
            throw wrong(path, "is no object", "wrap it in an object");
        }
        new StrictSchema().visit(root, path, 0, 0);
    }

    private void visit(Members schema, String path, int depth, int nesting) {
        for (String name : schema.values().keySet()) {
            if (REFUSED.contains(name)) {
                throw wrong(
                        path + "." + name,
                        "is a keyword that strict schemas cannot have",
                        "say it with anyOf, or leave it out");
            }
        }
        if (nesting > NESTING_MAX) {
            throw wrong(path, "is nested too deep", "make it flatter");
        }
        if (isObject(schema)) {
            object(schema, path, depth);
        }
        enumValues += schema.array("enum").size();
        if (enumValues > ENUM_VALUES_MAX) {
            throw wrong(
                    path,
                    "has more than %,d enum values with those before".formatted(ENUM_VALUES_MAX),
                    "send fewer");
        }
        int below = isObject(schema) ? depth + 1 : depth;
        children(schema, "properties", path, below, nesting);
        children(schema, "$defs", path, 0, nesting);
        children(schema, "definitions", path, 0, nesting);
        if (schema.raw("items").text().startsWith("{")) {
            visit(schema.object("items"), path + ".items", below, nesting + 1);
        }
        List<Slice> choices = schema.array("anyOf");
        for (int i = 0; i < choices.size(); i++) {
            String at = path + ".anyOf[" + i + "]";
            visit(Members.of(choices.get(i), at), at, below, nesting + 1);
        }
    }

    private void children(Members schema, String name, String path, int depth, int nesting) {
        schema.object(name)
                .values()
                .forEach((child, json) -> {
                    String at = path + "." + name + "." + child;
                    visit(Members.of(json, at), at, depth, nesting + 1);
                });
    }

    private void object(Members schema, String path, int depth) {
        if (depth >= DEPTH_MAX) {
            throw wrong(
                    path,
                    "is an object in more than %d others".formatted(DEPTH_MAX - 1),
                    "make it flatter");
        }
        if (!schema.raw("additionalProperties").text().equals("false")) {
            throw wrong(
                    path + ".additionalProperties",
                    "is not false",
                    "send additionalProperties: false, or no strict");
        }
        Set<String> required = new HashSet<>();
        schema.array("required")
                .forEach(
                        name -> required.add(JsonCursor.read(name, path, JsonCursor::textOrEmpty)));
        Set<String> names = schema.object("properties").values().keySet();
        for (String name : names) {
            if (!required.contains(name)) {
                throw wrong(
                        path + ".required",
                        "does not name " + name,
                        "require every property; one that may be absent has null among its types");
            }
        }
        properties += names.size();
        if (properties > PROPERTIES_MAX) {
            throw wrong(
                    path,
                    "has more than %,d properties with those before".formatted(PROPERTIES_MAX),
                    "send fewer");
        }
    }

    /// `"object"`, or a list of types with it.
    private static boolean isObject(Members schema) {
        return schema.raw("type").text().contains("\"object\"");
    }

    private static Problem wrong(String path, String what, String fix) {
        return Problem.invalid(path + " " + what + ", which OpenAI refuses", path).fix(fix);
    }
}
