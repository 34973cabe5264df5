package dev.backplane.bench.runs;

import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.Message.Part;
import java.util.List;

/// Messages and tools in the form of OpenAI's chat API.
public final class OpenAiChat {
    private OpenAiChat() {}

    /// The members `messages` and `tools` of a request, without the brackets around them.
    public static String request(ModelCall call) {
        StringBuilder out = new StringBuilder("\"messages\":[");
        List<Message> messages = call.input();
        for (int i = 0; i < messages.size(); i++) {
            message(messages.get(i), i == 0 ? out : out.append(','));
        }
        out.append(']');
        if (!call.tools().isEmpty()) {
            out.append(",\"tools\":").append(tools(call.tools()));
        }
        return out.toString();
    }

    private static void message(Message message, StringBuilder out) {
        out.append("{\"role\":\"").append(message.role().id()).append("\",\"content\":");
        JsonString.append(out, message.text());
        String calls = calls(message);
        if (!calls.isEmpty()) {
            out.append(",\"tool_calls\":").append(calls);
        }
        if (message.parts().getFirst() instanceof Part.ToolResult(String id, _)) {
            out.append(",\"tool_call_id\":\"").append(id).append('"');
        }
        out.append('}');
    }

    /// Tool calls, a JSON array; empty where there are none.
    public static String calls(Message message) {
        StringBuilder json = new StringBuilder();
        for (Part part : message.parts()) {
            if (part instanceof Part.ToolCall(String id, String tool, String arguments)) {
                json.append(json.isEmpty() ? "[" : ",").append("{\"id\":\"").append(id);
                json.append("\",\"type\":\"function\",\"function\":{\"name\":\"").append(tool);
                json.append("\",\"arguments\":");
                JsonString.append(json, arguments).append("}}");
            }
        }
        return json.isEmpty() ? "" : json.append(']').toString();
    }

    /// From the form of the GenAI conventions, as [Documents] writes it.
    private static String tools(String definitions) {
        return definitions
                .replace(
                        "{\"type\":\"function\",\"name\":",
                        "{\"type\":\"function\",\"function\":{\"name\":")
                .replace("\"additionalProperties\":false}}", "\"additionalProperties\":false}}}");
    }
}
