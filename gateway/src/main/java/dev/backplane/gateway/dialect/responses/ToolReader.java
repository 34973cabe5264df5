package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads the tools of a request and the choice among them.
final class ToolReader {
    /// What a custom tool takes, as a function.
    private static final Slice TEXT_INPUT =
            Slice.of(
                    "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},"
                            + "\"required\":[\"input\"],\"additionalProperties\":false}");

    private static final Set<String> KNOWN =
            Set.of("type", "name", "description", "parameters", "strict", "format");

    private final List<Tool> tools = new ArrayList<>();
    private final Set<String> functions = new HashSet<>();
    private final List<Slice> echo = new ArrayList<>();
    private final Map<String, ClientTool> renamed = new HashMap<>();
    private ToolChoice chosen = ToolChoice.UNSET;
    private Slice choiceJson = Slice.EMPTY;
    private Optional<Set<String>> allowed = Optional.empty();

    /// The tools as the response repeats them: those that the model was offered.
    List<Slice> echo() {
        return echo;
    }

    /// Tools that are more than a function to the client, by the name of the function.
    Map<String, ClientTool> renamed() {
        return renamed;
    }

    /// As it came, or empty.
    Slice choice() {
        return choiceJson;
    }

    /// Once both are read.
    void addTo(ModelRequest.Builder request, String where) {
        Set<String> wanted =
                chosen instanceof ToolChoice.Named(String name)
                        ? Set.of(name)
                        : allowed.orElse(Set.of());
        if (!functions.containsAll(wanted)) {
            throw Problem.invalid("tool_choice names a tool that is not in tools", where)
                    .fix("add the tool to tools, or choose another");
        }
        if (chosen instanceof ToolChoice.Required
                && functions.isEmpty()
                && !tools.isEmpty()
                && tools.getFirst() instanceof Tool.Other(String type, Slice _)) {
            throw hosted(type, "tool_choice");
        }
        tools.stream().filter(this::isOffered).forEach(request.tools::add);
        request.toolChoice = chosen;
    }

    private boolean isOffered(Tool tool) {
        return !(tool instanceof Tool.Function function)
                || allowed.isEmpty()
                || allowed.get().contains(function.name());
    }

    /// A tool that is run by the service that offers it has nobody here to run it. Agents offer
    /// such tools beside their own without asking whether they are there, so the model goes without
    /// it, and the provider reports the tool as ignored.
    void tool(JsonCursor cursor) {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        String path = cursor.path();
        Slice whole = cursor.raw();
        Members members = Members.of(whole, path);
        switch (members.text("type")) {
            case "function" -> {
                function(members, "", "", path);
                echo.add(echo(members));
            }
            case "custom" -> {
                custom(members, "", "", path);
                echo.add(whole);
            }
            case "namespace" -> {
                namespace(members, path);
                echo.add(whole);
            }
            case "" ->
                    throw Problem.invalid(path + " has no type", path).fix("send type: function");
            default -> tools.add(new Tool.Other(members.text("type"), whole));
        }
    }

    private static Problem hosted(String type, String path) {
        return Problem.invalid(path + " is " + type + ", a tool that no provider here runs", path)
                .fix("leave it out, or offer a function that your program runs");
    }

    /// Its description goes before that of its first tool.
    private void namespace(Members members, String path) {
        String namespace = name(members, path);
        String about = members.text("description");
        List<Slice> nested = members.array("tools");
        for (int i = 0; i < nested.size(); i++) {
            String at = path + ".tools[" + i + "]";
            Members tool = Members.of(nested.get(i), at);
            String before = i == 0 && !about.isEmpty() ? about + "\n\n" : "";
            switch (tool.text("type")) {
                case "function" -> function(tool, namespace, before, at);
                case "custom" -> custom(tool, namespace, before, at);
                default ->
                        throw Problem.invalid(at + " is neither function nor custom", at)
                                .fix("send functions and custom tools in a namespace");
            }
        }
    }

    private static String name(Members members, String path) {
        String name = members.text("name");
        if (name.isEmpty()) {
            throw Problem.invalid(path + " has no name", path).fix("name the tool");
        }
        return name;
    }

    private void function(Members members, String namespace, String before, String path) {
        Slice parameters = members.raw("parameters");
        if (!parameters.isEmpty()) {
            members.object("parameters");
        }
        add(
                new ClientTool(namespace, name(members, path), false),
                before + members.text("description"),
                parameters,
                members.has("strict") ? Optional.of(members.flag("strict")) : Optional.empty(),
                extras(members),
                path);
    }

    /// Nobody here can hold a model to a grammar; it is told, and the client can read in
    /// `X-Backplane-Ignored` that no more was done.
    private void custom(Members members, String namespace, String before, String path) {
        Members format = members.object("format");
        Extras.Builder extras = new Extras.Builder();
        extras(members).members().forEach(extras::put);
        String grammar = "";
        switch (format.text("type")) {
            case "", "text" -> {}
            case "grammar" -> {
                grammar =
                        "\n\nThe input must follow this grammar (%s):\n%s"
                                .formatted(format.text("syntax"), format.text("definition"));
                extras.put("format", members.raw("format"));
            }
            default ->
                    throw Problem.invalid(path + ".format.type is not known", path)
                            .fix("use text or grammar");
        }
        add(
                new ClientTool(namespace, name(members, path), true),
                before + members.text("description") + grammar,
                TEXT_INPUT,
                Optional.empty(),
                extras.build(),
                path);
    }

    private void add(
            ClientTool tool,
            String description,
            Slice parameters,
            Optional<Boolean> strict,
            Extras extras,
            String path) {
        String function = tool.function();
        if (!functions.add(function)) {
            throw Problem.invalid(path + " has the name of an earlier tool", path)
                    .fix("give each tool a name of its own");
        }
        if (tool.custom() || !tool.namespace().isEmpty()) {
            renamed.put(function, tool);
        }
        tools.add(
                new Tool.Function(function, description, parameters, strict, extras, Extras.NONE));
    }

    private static Extras extras(Members members) {
        Extras.Builder extras = new Extras.Builder();
        members.values()
                .forEach((name, json) -> {
                    if (!KNOWN.contains(name)) {
                        extras.put(name, json);
                    }
                });
        return extras.build();
    }

    /// A function with all that the form of a response wants.
    private static Slice echo(Members members) {
        JsonOut out = new JsonOut().beginObject().name("type").text("function");
        out.name("name").text(members.text("name"));
        for (String name : List.of("description", "parameters", "strict")) {
            Slice json = members.raw(name);
            out.name(name).json(json.isEmpty() ? Slice.of("null") : json);
        }
        extras(members).members().forEach((name, json) -> out.name(name).json(json));
        return out.endObject().slice();
    }

    void choice(JsonCursor cursor) {
        if (cursor.isNull()) {
            return;
        }
        if (cursor.isText()) {
            chosen = mode(cursor.text());
            choiceJson = cursor.raw();
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("auto, none, required or an object");
        }
        choiceJson = cursor.raw();
        Members members = Members.of(choiceJson, "tool_choice");
        String type = members.text("type");
        switch (type) {
            case "function", "custom" -> chosen = new ToolChoice.Named(chosenFunction(members));
            case "allowed_tools" -> {
                if (members.has("mode")) {
                    chosen = mode(members.text("mode"));
                } else {
                    chosen = new ToolChoice.Auto();
                    choiceJson = withMode(members);
                }
                allowed = Optional.of(allowed(members));
            }
            default -> throw hosted(type, "tool_choice");
        }
    }

    /// A choice with all that the form of a response wants.
    private static Slice withMode(Members choice) {
        JsonOut out = new JsonOut().beginObject().name("mode").text("auto");
        choice.values().forEach((name, json) -> out.name(name).json(json));
        return out.endObject().slice();
    }

    private static String chosenFunction(Members members) {
        return ClientTool.function(members.text("namespace"), members.text("name"));
    }

    /// Tools that nobody here runs are not offered anyway.
    private static Set<String> allowed(Members choice) {
        Set<String> names = new HashSet<>();
        for (Slice element : choice.array("tools")) {
            Members tool = Members.of(element, "tool_choice.tools");
            String type = tool.text("type");
            if (type.equals("function") || type.equals("custom")) {
                names.add(chosenFunction(tool));
            }
        }
        return names;
    }

    private static ToolChoice mode(String word) {
        return switch (word) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default ->
                    throw Problem.invalid("tool_choice is not known", "tool_choice")
                            .fix("send auto, none, required or an object as tool_choice");
        };
    }
}
