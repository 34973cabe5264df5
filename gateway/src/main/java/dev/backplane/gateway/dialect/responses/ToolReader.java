package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads the tools of a request and the choice among them.
final class ToolReader {
    /// What a custom tool takes, as a function.
    private static final Slice TEXT_INPUT =
            Slice.of(
                    "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},"
                            + "\"required\":[\"input\"],\"additionalProperties\":false}");

    private final List<Tool.Function> tools = new ArrayList<>();
    private final List<Slice> echo = new ArrayList<>();
    private final Set<String> custom = new HashSet<>();
    private ToolChoice chosen = ToolChoice.UNSET;
    private Slice choiceJson = Slice.EMPTY;
    private Optional<Set<String>> allowed = Optional.empty();

    /// The tools as the response repeats them.
    List<Slice> echo() {
        return echo;
    }

    Set<String> custom() {
        return custom;
    }

    /// As it came, or empty.
    Slice choice() {
        return choiceJson;
    }

    /// Once both are read.
    void addTo(ModelRequest.Builder request, String where) {
        Set<String> names = new HashSet<>();
        tools.forEach(tool -> names.add(tool.name()));
        Set<String> wanted =
                chosen instanceof ToolChoice.Named(String name)
                        ? Set.of(name)
                        : allowed.orElse(Set.of());
        for (String name : wanted) {
            if (!names.contains(name)) {
                throw Problem.invalid("tool_choice names a tool that is not in tools", where)
                        .fix("add the tool to tools, or choose another");
            }
        }
        tools.stream()
                .filter(tool -> allowed.isEmpty() || allowed.get().contains(tool.name()))
                .forEach(request.tools::add);
        request.toolChoice = chosen;
    }

    /// A tool that is run by the service that offers it has nobody here to run it.
    void tool(JsonCursor cursor) {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        String path = cursor.path();
        Slice whole = cursor.raw();
        Members members = JsonCursor.read(whole, path, inner -> new Members(inner).read());
        switch (members.type) {
            case "function" -> function(members, path);
            case "custom" -> custom(members, whole, path);
            case "" ->
                    throw Problem.invalid(path + " has no type", path).fix("send type: function");
            default -> throw hosted(members.type, path);
        }
    }

    private static Problem hosted(String type, String path) {
        return Problem.invalid(path + " is " + type + ", a tool that no provider here runs", path)
                .fix("leave it out, or offer a function that your program runs");
    }

    private void function(Members members, String path) {
        members.requireName(path);
        tools.add(
                new Tool.Function(
                        members.name,
                        members.description,
                        members.parameters,
                        members.strict,
                        members.extras.build(),
                        Extras.NONE));
        JsonOut out = new JsonOut().beginObject().name("type").text("function");
        out.name("name").text(members.name).name("description");
        if (members.description.isEmpty()) {
            out.literal("null");
        } else {
            out.text(members.description);
        }
        out.name("parameters");
        if (members.parameters.isEmpty()) {
            out.literal("null");
        } else {
            out.json(members.parameters);
        }
        out.name("strict").literal(members.strict.map(String::valueOf).orElse("null"));
        members.extras.build().members().forEach((name, json) -> out.name(name).json(json));
        echo.add(out.endObject().slice());
    }

    private void custom(Members members, Slice whole, String path) {
        members.requireName(path);
        if (!members.format.isEmpty() && !members.format.equals("text")) {
            throw Problem.invalid(
                            path
                                    + " is a custom tool with a "
                                    + members.format
                                    + ", which no provider here keeps to",
                            path)
                    .fix("use format text, or a function with a schema");
        }
        custom.add(members.name);
        tools.add(
                new Tool.Function(
                        members.name,
                        members.description,
                        TEXT_INPUT,
                        Optional.empty(),
                        members.extras.build(),
                        Extras.NONE));
        echo.add(whole);
    }

    void choice(JsonCursor cursor) {
        if (cursor.isNull()) {
            return;
        }
        if (cursor.isText()) {
            chosen = mode(cursor.text(), cursor);
            choiceJson = cursor.raw();
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("auto, none, required or an object");
        }
        choiceJson = cursor.raw();
        JsonCursor.read(
                choiceJson,
                "tool_choice",
                inner -> {
                    choose(new Members(inner).read(), inner);
                    return inner;
                });
    }

    private void choose(Members members, JsonCursor cursor) {
        switch (members.type) {
            case "function", "custom" -> chosen = new ToolChoice.Named(members.name);
            case "allowed_tools" -> {
                chosen = mode(members.mode, cursor);
                allowed = Optional.of(Set.copyOf(members.allowed));
            }
            default -> throw hosted(members.type, "tool_choice");
        }
    }

    private static ToolChoice mode(String word, JsonCursor cursor) {
        return switch (word) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default -> throw cursor.wrong("auto, none, required or an object");
        };
    }

    /// Of a tool or a choice.
    private static final class Members {
        private final JsonCursor cursor;
        private String type = "";
        private String name = "";
        private String description = "";
        private String format = "";
        private String mode = "";
        private Slice parameters = Slice.EMPTY;
        private Optional<Boolean> strict = Optional.empty();
        private final Set<String> allowed = new HashSet<>();
        private final Extras.Builder extras = new Extras.Builder();

        Members(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Members read() {
            cursor.object(this::member);
            return this;
        }

        void requireName(String path) {
            if (name.isEmpty()) {
                throw Problem.invalid(path + " has no name", path).fix("name the tool");
            }
        }

        private void member(String member) {
            switch (member) {
                case "type" -> type = cursor.text();
                case "name" -> name = cursor.text();
                case "description" -> description = cursor.textOrEmpty();
                case "mode" -> mode = cursor.text();
                case "strict" ->
                        strict = cursor.isNull() ? Optional.empty() : Optional.of(cursor.flag());
                case "parameters" -> {
                    if (cursor.isObject()) {
                        parameters = cursor.raw();
                    } else if (!cursor.isNull()) {
                        throw cursor.wrong("an object");
                    }
                }
                case "format" ->
                        cursor.object(part -> {
                            if (part.equals("type")) {
                                format = cursor.text();
                            } else {
                                cursor.skip();
                            }
                        });
                case "tools" -> cursor.array(() -> cursor.object(this::allowed));
                default -> extras.put(member, cursor.raw());
            }
        }

        private void allowed(String member) {
            switch (member) {
                case "name" -> allowed.add(cursor.text());
                case "type" -> {
                    String kind = cursor.text();
                    if (!kind.equals("function") && !kind.equals("custom")) {
                        throw hosted(kind, "tool_choice." + cursor.path());
                    }
                }
                default -> cursor.skip();
            }
        }
    }
}
