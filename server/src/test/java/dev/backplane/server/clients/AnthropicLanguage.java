package dev.backplane.server.clients;

import dev.backplane.server.clients.FakeModel.Call;
import dev.backplane.server.clients.FakeModel.Function;
import dev.backplane.server.clients.FakeModel.Language;
import dev.backplane.server.clients.FakeModel.Reply;
import dev.backplane.server.clients.FakeModel.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `/messages`.
final class AnthropicLanguage implements Language {
    @Override
    public Turn read(JsonNode body, String path) {
        String said = "";
        List<String> results = new ArrayList<>();
        List<String> media = new ArrayList<>();
        for (JsonNode message : body.path("messages").values()) {
            if (!message.path("role").asString().equals("user")) {
                continue;
            }
            results.clear();
            JsonNode content = message.path("content");
            if (content.isString()) {
                said = content.asString();
                media.clear();
                continue;
            }
            for (JsonNode block : content.values()) {
                switch (block.path("type").asString()) {
                    case "tool_result" -> results.add(FakeModel.text(block.path("content")));
                    case "text" -> {
                        said = block.path("text").asString();
                        media.clear();
                        content.values().forEach(part -> media(part, media));
                    }
                    default -> {}
                }
            }
        }
        List<Function> tools = new ArrayList<>();
        for (JsonNode tool : body.path("tools").values()) {
            tools.add(new Function(tool.path("name").asString(), tool.path("input_schema")));
        }
        JsonNode schema = body.at("/output_config/format/schema");
        return new Turn(
                said,
                body.path("stream").asBoolean(false),
                tools,
                results,
                media,
                schema.isObject() ? Optional.of(schema) : Optional.empty());
    }

    private static void media(JsonNode block, List<String> media) {
        String type = block.at("/source/media_type").asString("");
        if (!type.isEmpty()) {
            media.add(type);
        }
    }

    private static ObjectNode message() {
        ObjectNode message = FakeModel.JSON.createObjectNode().put("id", "msg_1");
        message.put("type", "message").put("role", "assistant").put("model", "m-1");
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.putObject("usage").put("input_tokens", 9).put("output_tokens", 1);
        return message;
    }

    private static String reason(Reply reply) {
        return reply.calls().isEmpty() ? "end_turn" : "tool_use";
    }

    private static ObjectNode block(String type) {
        return FakeModel.JSON.createObjectNode().put("type", type);
    }

    private static ObjectNode thinking(String text, String signature) {
        return block("thinking").put("thinking", text).put("signature", signature);
    }

    private static ObjectNode use(int index, Call call) {
        return block("tool_use").put("id", "toolu_" + index).put("name", call.name());
    }

    @Override
    public JsonNode whole(Reply reply) {
        ObjectNode message = message();
        if (!reply.thought().isEmpty()) {
            message.withArray("content").add(thinking(reply.thought(), "c2lnbmVk"));
        }
        if (!reply.text().isEmpty()) {
            message.withArray("content").add(block("text").put("text", reply.text()));
        }
        for (int i = 0; i < reply.calls().size(); i++) {
            Call call = reply.calls().get(i);
            message.withArray("content").add(use(i, call).set("input", call.arguments()));
        }
        message.put("stop_reason", reason(reply));
        message.withObject("usage").put("output_tokens", 4);
        return message;
    }

    @Override
    public List<String> stream(Reply reply) {
        Frames frames = new Frames();
        frames.event("message_start", event -> event.set("message", message()));
        if (!reply.thought().isEmpty()) {
            frames.start(thinking("", ""));
            frames.delta(block("thinking_delta").put("thinking", reply.thought()));
            frames.delta(block("signature_delta").put("signature", "c2lnbmVk"));
            frames.stop();
        }
        if (!reply.text().isEmpty()) {
            frames.start(block("text").put("text", ""));
            reply.pieces().forEach(piece -> frames.delta(block("text_delta").put("text", piece)));
            frames.stop();
        }
        for (int i = 0; i < reply.calls().size(); i++) {
            ObjectNode use = use(i, reply.calls().get(i));
            use.putObject("input");
            frames.start(use);
            String arguments = reply.calls().get(i).arguments().toString();
            int half = arguments.length() / 2;
            for (String piece : List.of(arguments.substring(0, half), arguments.substring(half))) {
                frames.delta(block("input_json_delta").put("partial_json", piece));
            }
            frames.stop();
        }
        frames.event(
                "message_delta",
                event -> {
                    ObjectNode delta = event.putObject("delta").put("stop_reason", reason(reply));
                    delta.putNull("stop_sequence");
                    event.putObject("usage").put("output_tokens", 4);
                });
        frames.event("message_stop", _ -> {});
        return frames.all;
    }

    private static final class Frames {
        private final List<String> all = new ArrayList<>();
        private int index;

        private interface Content {
            void fill(ObjectNode event);
        }

        void event(String type, Content content) {
            ObjectNode event = block(type);
            content.fill(event);
            all.add("event: " + type + "\ndata: " + event);
        }

        void start(ObjectNode block) {
            event(
                    "content_block_start",
                    event -> event.put("index", index).set("content_block", block));
        }

        void delta(ObjectNode delta) {
            event("content_block_delta", event -> event.put("index", index).set("delta", delta));
        }

        void stop() {
            event("content_block_stop", event -> event.put("index", index));
            index++;
        }
    }

    @Override
    public JsonNode error(int status, String message) {
        ObjectNode answer = block("error");
        answer.putObject("error").put("type", "x").put("message", message);
        return answer;
    }
}
