package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.TextFiles;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.local.ModelFiles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// A request's messages and tools in the form that chat templates expect: content is one text,
/// arguments are objects, thoughts are `reasoning_content`, and a result says which function it is
/// of.
final class Conversation {
    private final ModelFiles files;
    private final String template;
    private final Map<String, String> functions = new HashMap<>();

    /// @param template its source: what it names, it knows
    Conversation(ModelFiles files, String template) {
        this.files = files;
        this.template = template;
    }

    /// What begins every conversation with the model, then the request's messages.
    ///
    /// @param objects whether arguments are objects where they can be, or always text
    List<JsonTree> messages(List<Message> messages, boolean objects) {
        List<JsonTree> all = new ArrayList<>();
        boolean instructed =
                messages.stream()
                        .anyMatch(message ->
                                message.role() == Message.Role.SYSTEM
                                        || message.role() == Message.Role.DEVELOPER);
        if (!instructed) {
            files.system().ifPresent(text -> all.add(message("system", text)));
        }
        if (files.messages().orElse(JsonTree.NOTHING) instanceof JsonTree.Items(List<JsonTree> m)) {
            all.addAll(m);
        }
        for (int i = 0; i < messages.size(); i++) {
            add(messages.get(i), "messages[%d]".formatted(i), objects, all);
        }
        return all;
    }

    private static JsonTree message(String role, String text) {
        Map<String, JsonTree> message = new LinkedHashMap<>();
        message.put("role", new JsonTree.Text(role));
        message.put("content", new JsonTree.Text(text));
        return new JsonTree.Fields(message);
    }

    private void add(Message message, String where, boolean objects, List<JsonTree> all) {
        StringBuilder thoughts = new StringBuilder();
        List<String> texts = new ArrayList<>();
        List<JsonTree> calls = new ArrayList<>();
        boolean results = false;
        for (Part part : message.parts()) {
            switch (part) {
                case Part.Reasoning thought -> thoughts.append(thought.text());
                case Part.ToolCall call -> {
                    functions.put(call.id(), call.name());
                    calls.add(call(call, objects));
                }
                case Part.ToolResult result -> {
                    results = true;
                    all.add(result(result, where));
                }
                case Part.Text _,
                        Part.Image _,
                        Part.Audio _,
                        Part.File _,
                        Part.Refusal _,
                        Part.Other _ ->
                        texts.add(text(part, where));
            }
        }
        if (results && texts.isEmpty() && calls.isEmpty()) {
            return;
        }
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        fields.put("role", new JsonTree.Text(role(message.role())));
        fields.put("content", new JsonTree.Text(String.join("\n", texts)));
        if (!thoughts.isEmpty()) {
            fields.put("reasoning_content", new JsonTree.Text(thoughts.toString()));
        }
        if (!calls.isEmpty()) {
            fields.put("tool_calls", new JsonTree.Items(calls));
        }
        if (!message.name().isEmpty()) {
            fields.put("name", new JsonTree.Text(message.name()));
        }
        all.add(new JsonTree.Fields(fields));
    }

    private String role(Message.Role role) {
        boolean unknown = role == Message.Role.DEVELOPER && !template.contains(role.id());
        return unknown ? Message.Role.SYSTEM.id() : role.id();
    }

    private static JsonTree call(Part.ToolCall call, boolean objects) {
        Map<String, JsonTree> function = new LinkedHashMap<>();
        function.put("name", new JsonTree.Text(call.name()));
        function.put("arguments", arguments(call.arguments(), objects));
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        fields.put("id", new JsonTree.Text(call.id()));
        fields.put("type", new JsonTree.Text("function"));
        fields.put("function", new JsonTree.Fields(function));
        return new JsonTree.Fields(fields);
    }

    /// What a model once wrote need not be JSON; it is shown to it again as it was.
    private static JsonTree arguments(String text, boolean objects) {
        if (objects && text.isBlank()) {
            return new JsonTree.Fields(Map.of());
        }
        if (objects) {
            try {
                return JsonTree.parse(text, "arguments");
            } catch (Problem noJson) {
                return new JsonTree.Text(text);
            }
        }
        return new JsonTree.Text(text);
    }

    private JsonTree result(Part.ToolResult result, String where) {
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        fields.put("role", new JsonTree.Text("tool"));
        fields.put("tool_call_id", new JsonTree.Text(result.callId()));
        Optional.ofNullable(functions.get(result.callId()))
                .ifPresent(name -> fields.put("name", new JsonTree.Text(name)));
        fields.put(
                "content",
                new JsonTree.Text(
                        result.content().stream()
                                .map(part -> text(part, where))
                                .collect(Collectors.joining("\n"))));
        return new JsonTree.Fields(fields);
    }

    private static String text(Part part, String where) {
        return switch (part) {
            case Part.Text text -> text.text();
            case Part.Refusal refusal -> refusal.text();
            case Part.File(Media.Base64(String type, String data), String _, Extras _)
                    when type.startsWith("text/") ->
                    TextFiles.decode(data)
                            .map(Slice::text)
                            .orElseThrow(() -> cannot("a file that is not base64", where));
            case Part.Image _ -> throw cannot("an image", where);
            case Part.Audio _ -> throw cannot("sound", where);
            case Part.File _ -> throw cannot("a file that is not text", where);
            case Part.Other other -> throw cannot("a part of type " + other.type(), where);
            case Part.ToolCall _, Part.ToolResult _, Part.Reasoning _ ->
                    throw cannot("a call, result or thought as content", where);
        };
    }

    private static Problem cannot(String what, String where) {
        return Problem.invalid(what + " cannot be read by a local model", where)
                .fix("send text, or use a model of another provider");
    }

    /// The tools that the model may call; empty if it may not.
    static Optional<JsonTree> tools(ModelRequest request, CallContext context) {
        List<Tool> tools = new ArrayList<>();
        for (Tool tool : request.tools()) {
            switch (tool) {
                case Tool.Function function -> tools.add(function);
                case Tool.Other other -> context.ignored("tools." + other.type());
            }
        }
        if (request.toolChoice() instanceof ToolChoice.None) {
            tools.clear();
        }
        return tools.isEmpty()
                ? Optional.empty()
                : Optional.of(JsonTree.parse(ChatRequestWriter.tools(tools).text(), "tools"));
    }
}
