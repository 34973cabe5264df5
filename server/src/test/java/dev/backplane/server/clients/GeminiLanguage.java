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

/// `:generateContent` and `:streamGenerateContent`.
final class GeminiLanguage implements Language {
    @Override
    public Turn read(JsonNode body, String path) {
        String said = "";
        List<String> results = new ArrayList<>();
        List<String> media = new ArrayList<>();
        for (JsonNode content : body.path("contents").values()) {
            results.clear();
            if (content.path("role").asString().equals("model")) {
                continue;
            }
            for (JsonNode part : content.path("parts").values()) {
                if (part.has("functionResponse")) {
                    results.add(result(part.at("/functionResponse/response")));
                } else if (part.has("text")) {
                    said = part.path("text").asString();
                    media.clear();
                    content.path("parts").values().forEach(other -> media(other, media));
                }
            }
        }
        List<Function> tools = new ArrayList<>();
        for (JsonNode tool : body.at("/tools/0/functionDeclarations").values()) {
            JsonNode schema = tool.path("parametersJsonSchema");
            tools.add(new Function(tool.path("name").asString(), schema));
        }
        JsonNode schema = body.at("/generationConfig/responseJsonSchema");
        return new Turn(
                said,
                path.endsWith(":streamGenerateContent"),
                tools,
                results,
                media,
                schema.isObject() ? Optional.of(schema) : Optional.empty());
    }

    /// Text that is no object comes as one member of one.
    private static String result(JsonNode response) {
        return response.size() == 1
                ? response.values().iterator().next().asString()
                : response.toString();
    }

    private static void media(JsonNode part, List<String> media) {
        String type = part.at("/inlineData/mimeType").asString("");
        if (!type.isEmpty()) {
            media.add(type);
        }
    }

    private static ObjectNode envelope() {
        ObjectNode answer = FakeModel.JSON.createObjectNode();
        answer.withArray("candidates").addObject().put("index", 0);
        return answer.put("modelVersion", "m-1").put("responseId", "g-1");
    }

    private static ObjectNode part(ObjectNode answer) {
        ObjectNode candidate = (ObjectNode) answer.path("candidates").get(0);
        ObjectNode content = candidate.withObject("content").put("role", "model");
        return content.withArray("parts").addObject();
    }

    private static void end(ObjectNode answer) {
        ((ObjectNode) answer.path("candidates").get(0)).put("finishReason", "STOP");
        ObjectNode usage = answer.putObject("usageMetadata").put("promptTokenCount", 9);
        usage.put("candidatesTokenCount", 4).put("totalTokenCount", 13);
    }

    private static void call(ObjectNode part, Call call) {
        part.putObject("functionCall").put("name", call.name()).set("args", call.arguments());
    }

    @Override
    public JsonNode whole(Reply reply) {
        ObjectNode answer = envelope();
        if (!reply.thought().isEmpty()) {
            part(answer).put("text", reply.thought()).put("thought", true);
        }
        if (!reply.text().isEmpty()) {
            part(answer).put("text", reply.text());
        }
        reply.calls().forEach(call -> call(part(answer), call));
        end(answer);
        return answer;
    }

    @Override
    public List<String> stream(Reply reply) {
        List<ObjectNode> answers = new ArrayList<>();
        if (!reply.thought().isEmpty()) {
            answers.add(envelope());
            part(answers.getLast()).put("text", reply.thought()).put("thought", true);
        }
        for (String piece : reply.pieces()) {
            answers.add(envelope());
            part(answers.getLast()).put("text", piece);
        }
        for (Call call : reply.calls()) {
            answers.add(envelope());
            call(part(answers.getLast()), call);
        }
        end(answers.getLast());
        return answers.stream().map(answer -> "data: " + answer).toList();
    }

    @Override
    public JsonNode error(int status, String message) {
        ObjectNode answer = FakeModel.JSON.createObjectNode();
        answer.putObject("error")
                .put("code", status)
                .put("message", message)
                .put("status", "INTERNAL");
        return answer;
    }
}
