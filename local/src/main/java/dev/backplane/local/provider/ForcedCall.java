package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import dev.backplane.gateway.parse.CallFormat;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.parse.Shape;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.text.grammar.Grammar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A call that the request insists on: the answer is held to one JSON object, `{"name": f,
/// "arguments": {…}}` with arguments that are valid for the tool's schema, and read as such,
/// whatever form the model's family has for calls. The prompt goes on with the family's opening
/// marker, where its calls are such objects, so that the model is where it usually calls.
final class ForcedCall {
    private static final List<String> NAME = List.of("name");
    private static final List<String> ARGUMENTS = List.of("arguments");

    private ForcedCall() {}

    /// The functions of which one must be called; empty where none must.
    static List<Tool.Function> of(ModelRequest request) {
        List<Tool.Function> functions = new ArrayList<>();
        for (Tool tool : request.tools()) {
            if (tool instanceof Tool.Function function) {
                functions.add(function);
            }
        }
        return switch (request.toolChoice()) {
            case ToolChoice.Required _ -> functions;
            case ToolChoice.Named(String name) -> {
                functions.removeIf(function -> !function.name().equals(name));
                if (functions.isEmpty()) {
                    throw Problem.invalid("there is no tool '%s'".formatted(name), "tool_choice")
                            .fix("name one of the tools");
                }
                yield functions;
            }
            case ToolChoice.Unset _, ToolChoice.Auto _, ToolChoice.None _, ToolChoice.Other _ ->
                    List.of();
        };
    }

    /// What the prompt ends with.
    static String opening(ReplyFormat format) {
        return format.calls()
                .filter(calls -> !calls.open().isEmpty())
                .filter(calls ->
                        calls.shapes().getFirst() instanceof Shape.Json json
                                && json.name().equals(NAME))
                .map(calls -> calls.open().getFirst() + "\n")
                .orElse("");
    }

    /// How the answer is read.
    static ReplyFormat format(ReplyFormat format) {
        CallFormat bare =
                new CallFormat(
                        "forced",
                        List.of(),
                        true,
                        "",
                        "",
                        List.of(new Shape.Json(NAME, ARGUMENTS, List.of())),
                        false,
                        format.calls().map(CallFormat::ids).orElse(CallFormat.Ids.ANY));
        return new ReplyFormat(Optional.of(bare), Optional.empty(), false);
    }

    /// What the answer is held to. A schema that cannot be held to is told, and any object goes.
    static JsonTree schema(List<Tool.Function> functions, CallContext context) {
        List<JsonTree> calls = new ArrayList<>();
        for (int i = 0; i < functions.size(); i++) {
            Tool.Function function = functions.get(i);
            JsonTree parameters = parameters(function);
            JsonTree moved = moved(parameters, "#/anyOf/%d/properties/arguments".formatted(i));
            JsonTree call = call(function.name(), moved);
            try {
                Grammar.jsonSchema(parameters, "tools");
            } catch (Problem unsupported) {
                context.ignored("tools." + function.name() + ".parameters");
                call = call(function.name(), Trees.object("type", "object"));
            }
            calls.add(call);
        }
        return Trees.object("anyOf", calls);
    }

    private static JsonTree parameters(Tool.Function function) {
        return function.parameters().isEmpty()
                ? Trees.object("type", "object")
                : JsonTree.parse(function.parameters().text(), "tools");
    }

    private static JsonTree call(String name, JsonTree parameters) {
        return Trees.object(
                "type",
                "object",
                "properties",
                Trees.object("name", Trees.object("const", name), "arguments", parameters),
                "required",
                List.of("name", "arguments"),
                "additionalProperties",
                false);
    }

    /// The schema with references that go to where it now is.
    private static JsonTree moved(JsonTree schema, String to) {
        return switch (schema) {
            case JsonTree.Fields(Map<String, JsonTree> values) -> {
                Map<String, JsonTree> fields = new LinkedHashMap<>();
                values.forEach((name, value) -> {
                    boolean reference =
                            name.equals("$ref")
                                    && value instanceof JsonTree.Text(String text)
                                    && text.startsWith("#");
                    fields.put(
                            name,
                            reference
                                    ? new JsonTree.Text(
                                            to + ((JsonTree.Text) value).value().substring(1))
                                    : moved(value, to));
                });
                yield new JsonTree.Fields(fields);
            }
            case JsonTree.Items(List<JsonTree> values) ->
                    new JsonTree.Items(values.stream().map(value -> moved(value, to)).toList());
            case JsonTree.Text _, JsonTree.Number _, JsonTree.Flag _, JsonTree.Nothing _ -> schema;
        };
    }
}
