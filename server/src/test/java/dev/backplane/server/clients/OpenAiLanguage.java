package dev.backplane.server.clients;

import dev.backplane.server.clients.FakeModel.Call;
import dev.backplane.server.clients.FakeModel.Function;
import dev.backplane.server.clients.FakeModel.Language;
import dev.backplane.server.clients.FakeModel.Reply;
import dev.backplane.server.clients.FakeModel.Turn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `/chat/completions`.
final class OpenAiLanguage implements Language {
    /// Floats of 32 bits, little-endian, in base64.
    static String base64(float... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : numbers) {
            bytes.putFloat(number);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    @Override
    public Turn read(JsonNode body, String path) {
        String said = "";
        List<String> results = new ArrayList<>();
        List<String> media = new ArrayList<>();
        for (JsonNode message : body.path("messages").values()) {
            switch (message.path("role").asString()) {
                case "user" -> {
                    said = FakeModel.text(message.path("content"));
                    results.clear();
                    media.clear();
                    message.path("content").values().forEach(part -> media(part, media));
                }
                case "tool" -> results.add(FakeModel.text(message.path("content")));
                default -> {}
            }
        }
        List<Function> tools = new ArrayList<>();
        for (JsonNode tool : body.path("tools").values()) {
            JsonNode function = tool.path("function");
            tools.add(new Function(function.path("name").asString(), function.path("parameters")));
        }
        JsonNode schema = body.at("/response_format/json_schema/schema");
        return new Turn(
                said,
                body.path("stream").asBoolean(false),
                tools,
                results,
                media,
                schema.isObject() ? Optional.of(schema) : Optional.empty());
    }

    private static void media(JsonNode part, List<String> media) {
        String url = part.at("/image_url/url").asString("");
        if (url.startsWith("data:")) {
            media.add(url.substring(5, url.indexOf(';')));
        }
    }

    private static ObjectNode envelope(String object) {
        ObjectNode answer = FakeModel.JSON.createObjectNode().put("id", "c-1");
        return answer.put("object", object).put("created", 7).put("model", "m-1");
    }

    private static void usage(ObjectNode answer) {
        ObjectNode usage = answer.putObject("usage");
        usage.put("prompt_tokens", 9).put("completion_tokens", 4).put("total_tokens", 13);
    }

    private static ObjectNode call(ObjectNode at, int index, String name, String arguments) {
        at.put("id", "call_" + index).put("type", "function");
        at.putObject("function").put("name", name).put("arguments", arguments);
        return at;
    }

    @Override
    public JsonNode whole(Reply reply) {
        ObjectNode answer = envelope("chat.completion");
        ObjectNode choice = answer.withArray("choices").addObject().put("index", 0);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        message.put("content", reply.text().isEmpty() ? null : reply.text());
        if (!reply.thought().isEmpty()) {
            message.put("reasoning_content", reply.thought());
        }
        for (Call call : reply.calls()) {
            int index = message.withArray("tool_calls").size();
            call(
                    message.withArray("tool_calls").addObject(),
                    index,
                    call.name(),
                    call.arguments().toString());
        }
        choice.put("finish_reason", reply.calls().isEmpty() ? "stop" : "tool_calls");
        usage(answer);
        return answer;
    }

    @Override
    public List<String> stream(Reply reply) {
        List<String> frames = new ArrayList<>();
        if (!reply.thought().isEmpty()) {
            frames.add(chunk(delta -> delta.put("reasoning_content", reply.thought()), ""));
        }
        for (String piece : reply.pieces()) {
            frames.add(chunk(delta -> delta.put("content", piece), ""));
        }
        for (int i = 0; i < reply.calls().size(); i++) {
            int index = i;
            Call call = reply.calls().get(i);
            String arguments = call.arguments().toString();
            int half = arguments.length() / 2;
            frames.add(
                    chunk(
                            delta ->
                                    call(
                                            delta.withArray("tool_calls")
                                                    .addObject()
                                                    .put("index", index),
                                            index,
                                            call.name(),
                                            ""),
                            ""));
            for (String piece : List.of(arguments.substring(0, half), arguments.substring(half))) {
                frames.add(
                        chunk(
                                delta ->
                                        delta.withArray("tool_calls")
                                                .addObject()
                                                .put("index", index)
                                                .putObject("function")
                                                .put("arguments", piece),
                                ""));
            }
        }
        frames.add(chunk(_ -> {}, reply.calls().isEmpty() ? "stop" : "tool_calls"));
        ObjectNode last = envelope("chat.completion.chunk");
        last.putArray("choices");
        usage(last);
        frames.add("data: " + last);
        frames.add("data: [DONE]");
        return frames;
    }

    private interface Delta {
        void fill(ObjectNode delta);
    }

    private static String chunk(Delta content, String finish) {
        ObjectNode chunk = envelope("chat.completion.chunk");
        ObjectNode choice = chunk.withArray("choices").addObject().put("index", 0);
        content.fill(choice.putObject("delta"));
        choice.put("finish_reason", finish.isEmpty() ? null : finish);
        return "data: " + chunk;
    }

    @Override
    public JsonNode error(int status, String message) {
        ObjectNode answer = FakeModel.JSON.createObjectNode();
        answer.putObject("error").put("message", message).put("type", "x").putNull("code");
        return answer;
    }
}
