package dev.backplane.server.dataset;

import dev.backplane.core.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Messages of spans, whichever provider or convention wrote them, in the form of OpenAI's chat
/// completions, which tools for training read:
///
/// | what | becomes |
/// |---|---|
/// | roles `human`, `model`, `developer`, … | `user`, `assistant`, `system` |
/// | blocks of text | one text, or parts |
/// | `tool_use`, `function_call`, `functionCall`, … | `tool_calls` with arguments as JSON text |
/// | `tool_result`, `function_call_output`, … | a message of the role `tool` |
/// | thoughts | `reasoning_content` |
/// | images | `image_url` |
/// | anything else | a part as it came |
///
/// Calls and results without an id get one, in their order.
final class ChatMessages {
    static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();

    private static final Map<String, String> ROLES =
            Map.of(
                    "developer", "system",
                    "human", "user",
                    "ai", "assistant",
                    "model", "assistant",
                    "function", "tool");
    private static final Set<String> ITEMS =
            Set.of("message", "function_call", "function_call_output", "reasoning");

    private final ArrayNode messages = MAPPER.createArrayNode();

    /// Ids of calls whose result has not come.
    private final Deque<String> open = new ArrayDeque<>();

    private int calls;

    private ChatMessages() {}

    /// What a payload says.
    ///
    /// @param role of a payload that is one text
    static ArrayNode of(JsonNode payload, String role) {
        ChatMessages all = new ChatMessages();
        all.payload(parsed(payload), role);
        return all.messages;
    }

    /// Definitions of tools in OpenAI's form.
    static ArrayNode tools(JsonNode payload) {
        ArrayNode tools = MAPPER.createArrayNode();
        for (JsonNode given : parsed(payload)) {
            JsonNode tool = parsed(given);
            if (!tool.isObject() || tool.has("function") || !tool.has("name")) {
                tools.add(tool);
                continue;
            }
            ObjectNode function = tools.addObject().put("type", "function").putObject("function");
            function.put("name", tool.path("name").asString(""));
            if (tool.path("description").isString()) {
                function.set("description", tool.path("description"));
            }
            JsonNode schema =
                    tool.has("parameters") ? tool.path("parameters") : tool.path("input_schema");
            function.set("parameters", schema.isObject() ? schema : MAPPER.createObjectNode());
        }
        return tools;
    }

    /// JSON that came as a text.
    static JsonNode parsed(JsonNode value) {
        if (value.isString() && value.stringValue().stripLeading().matches("(?s)[\\[{].*")) {
            try {
                return MAPPER.readTree(value.stringValue());
            } catch (JacksonException text) {
                return value;
            }
        }
        return value;
    }

    private void payload(JsonNode value, String role) {
        if (areMessages(value)) {
            value.forEach(this::message);
        } else if (isMessage(value)) {
            message(value);
        } else if (value.isObject() && wrapped(value)) {
            return;
        } else if (!value.isNull() && !value.isMissingNode()) {
            String text = value.isString() ? value.stringValue() : value.toString();
            messages.addObject().put("role", role).put("content", text);
        }
    }

    /// Whether an object holds messages; those are added then.
    private boolean wrapped(JsonNode value) {
        for (String member : List.of("messages", "input", "contents", "output")) {
            if (areMessages(value.path(member))) {
                for (String system : List.of("system", "instructions")) {
                    if (value.path(system).isString()) {
                        messages.addObject()
                                .put("role", "system")
                                .set("content", value.path(system));
                    }
                }
                value.path(member).forEach(this::message);
                return true;
            }
        }
        JsonNode message = value.path("choices").path(0).path("message");
        if (message.isObject()) {
            message(message);
        }
        return message.isObject();
    }

    private static boolean areMessages(JsonNode value) {
        if (!value.isArray() || value.isEmpty()) {
            return false;
        }
        for (JsonNode item : value) {
            if (!isMessage(item)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMessage(JsonNode item) {
        return item.isObject()
                && (item.path("role").isString() || ITEMS.contains(item.path("type").asString("")));
    }

    /// A message as it is put together.
    private static final class Draft {
        final ArrayNode parts = MAPPER.createArrayNode();
        final ArrayNode calls = MAPPER.createArrayNode();
        final List<String> thoughts = new ArrayList<>();

        /// Whether it held results, which are messages of their own.
        boolean results;
    }

    private void message(JsonNode item) {
        String type = item.path("type").asString("");
        String sent = item.path("role").asString("assistant");
        String role = ROLES.getOrDefault(sent, sent);
        Draft draft = new Draft();
        for (String field : List.of("reasoning_content", "reasoning", "thinking")) {
            thought(draft, item.path(field));
        }
        switch (type) {
            case "function_call" ->
                    call(draft, item.path("call_id"), item.path("name"), item.path("arguments"));
            case "function_call_output" -> result(draft, item.path("call_id"), item.path("output"));
            case "reasoning" ->
                    item.path("summary").forEach(part -> thought(draft, part.path("text")));
            default -> {
                JsonNode said = item.has("content") ? item.path("content") : item.path("parts");
                if (role.equals("tool") && !hasResults(said)) {
                    result(draft, item.path("tool_call_id"), said);
                } else {
                    content(draft, said);
                }
            }
        }
        for (JsonNode call : item.path("tool_calls")) {
            JsonNode function = call.has("function") ? call.path("function") : call;
            call(draft, call.path("id"), function.path("name"), arguments(function));
        }
        if (item.path("function_call").isObject()) {
            JsonNode function = item.path("function_call");
            call(draft, item.path("none"), function.path("name"), arguments(function));
        }
        if (item.path("refusal").isString()) {
            text(draft, item.path("refusal").stringValue());
        }
        add(draft, role.equals("tool") ? "user" : role, item);
    }

    private static JsonNode arguments(JsonNode function) {
        return function.has("arguments") ? function.path("arguments") : function.path("args");
    }

    private static boolean hasResults(JsonNode content) {
        for (JsonNode block : content) {
            if (block.path("type").asString("").startsWith("tool_")) {
                return true;
            }
        }
        return false;
    }

    private void add(Draft draft, String role, JsonNode item) {
        boolean said = !draft.parts.isEmpty() || !draft.calls.isEmpty();
        if (!said && draft.thoughts.isEmpty() && draft.results) {
            return;
        }
        ObjectNode message = messages.addObject().put("role", role);
        if (item.path("role").isString() && item.path("name").isString()) {
            message.set("name", item.path("name"));
        }
        if (draft.parts.isEmpty()) {
            message.put("content", draft.calls.isEmpty() ? "" : null);
        } else if (draft.parts.size() == 1 && draft.parts.get(0).path("text").isString()) {
            message.set("content", draft.parts.get(0).path("text"));
        } else {
            message.set("content", draft.parts);
        }
        if (!draft.thoughts.isEmpty()) {
            message.put("reasoning_content", String.join("\n\n", draft.thoughts));
        }
        if (!draft.calls.isEmpty()) {
            message.set("tool_calls", draft.calls);
        }
    }

    private void content(Draft draft, JsonNode content) {
        if (content.isString()) {
            text(draft, content.stringValue());
        } else if (content.isArray()) {
            content.forEach(block -> block(draft, block));
        } else if (content.isObject()) {
            block(draft, content);
        }
    }

    private void block(Draft draft, JsonNode block) {
        if (block.isString()) {
            text(draft, block.stringValue());
            return;
        }
        JsonNode text = block.has("text") ? block.path("text") : block.path("content");
        switch (block.path("type").asString("")) {
            case "text", "input_text", "output_text" -> text(draft, text.asString(""));
            case "thinking", "reasoning" ->
                    thought(draft, block.has("thinking") ? block.path("thinking") : text);
            case "tool_use" ->
                    call(draft, block.path("id"), block.path("name"), block.path("input"));
            case "tool_call" ->
                    call(draft, block.path("id"), block.path("name"), block.path("arguments"));
            case "tool_result" -> result(draft, block.path("tool_use_id"), block.path("content"));
            case "tool_call_response" ->
                    result(
                            draft,
                            block.path("id"),
                            block.has("response") ? block.path("response") : block.path("result"));
            case "input_image", "image" -> image(draft, block);
            default -> untyped(draft, block);
        }
    }

    private void untyped(Draft draft, JsonNode block) {
        if (block.path("functionCall").isObject()) {
            JsonNode call = block.path("functionCall");
            call(draft, call.path("id"), call.path("name"), call.path("args"));
        } else if (block.path("functionResponse").isObject()) {
            JsonNode result = block.path("functionResponse");
            result(draft, result.path("id"), result.path("response"));
        } else if (block.path("inlineData").isObject()) {
            JsonNode data = block.path("inlineData");
            image(
                    draft,
                    "data:%s;base64,%s"
                            .formatted(
                                    data.path("mimeType").asString(""),
                                    data.path("data").asString("")));
        } else if (block.path("text").isString() && !block.has("type")) {
            if (block.path("thought").asBoolean(false)) {
                thought(draft, block.path("text"));
            } else {
                text(draft, block.path("text").stringValue());
            }
        } else {
            draft.parts.add(block);
        }
    }

    private static void image(Draft draft, JsonNode block) {
        JsonNode source = block.path("source");
        if (block.path("image_url").isString()) {
            image(draft, block.path("image_url").stringValue());
        } else if (source.path("data").isString()) {
            image(
                    draft,
                    "data:%s;base64,%s"
                            .formatted(
                                    source.path("media_type").asString("image/png"),
                                    source.path("data").stringValue()));
        } else if (source.path("url").isString()) {
            image(draft, source.path("url").stringValue());
        } else {
            draft.parts.add(block);
        }
    }

    private static void image(Draft draft, String address) {
        draft.parts.addObject().put("type", "image_url").putObject("image_url").put("url", address);
    }

    private static void text(Draft draft, String text) {
        if (!text.isEmpty()) {
            draft.parts.addObject().put("type", "text").put("text", text);
        }
    }

    private static void thought(Draft draft, JsonNode text) {
        if (text.isString() && !text.stringValue().isEmpty()) {
            draft.thoughts.add(text.stringValue());
        }
    }

    private void call(Draft draft, JsonNode id, JsonNode name, JsonNode arguments) {
        String known = id.asString("");
        String used = known.isEmpty() ? "call_" + ++calls : known;
        open.add(used);
        draft.calls
                .addObject()
                .put("id", used)
                .put("type", "function")
                .putObject("function")
                .put("name", name.asString(""))
                .put("arguments", text(arguments, "{}"));
    }

    private void result(Draft draft, JsonNode id, JsonNode content) {
        draft.results = true;
        String known = id.asString("");
        String used = known.isEmpty() ? (open.isEmpty() ? "" : open.getFirst()) : known;
        open.remove(used);
        messages.addObject()
                .put("role", "tool")
                .put("tool_call_id", used)
                .put("content", text(flat(content), ""));
    }

    /// Results are often texts in a list.
    private static JsonNode flat(JsonNode content) {
        if (!content.isArray() || content.isEmpty()) {
            return content;
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode block : content) {
            if (!block.path("text").isString()) {
                return content;
            }
            texts.add(block.path("text").stringValue());
        }
        return MAPPER.getNodeFactory().stringNode(String.join("\n", texts));
    }

    private static String text(JsonNode value, String otherwise) {
        return value.isString()
                ? value.stringValue()
                : value.isMissingNode() || value.isNull() ? otherwise : value.toString();
    }
}
