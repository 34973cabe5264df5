package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.io.IOException;

/// A call of a function or of a custom tool. What a custom tool gets is a string within the
/// arguments, and is sent in one piece when it is whole.
final class CallItem extends OpenItem {
    private final int call;
    private final String callId;
    private final ClientTool tool;
    private final StringBuilder arguments = new StringBuilder();

    /// @param call the model's count of the call
    CallItem(Frames frames, String id, int index, int call, String callId, ClientTool tool) {
        super(frames, id, index);
        this.call = call;
        this.callId = callId;
        this.tool = tool;
    }

    int call() {
        return call;
    }

    @Override
    Slice json(String status) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id).name("type");
        out.text(tool.custom() ? "custom_tool_call" : "function_call");
        out.name("status").text(status).name("call_id").text(callId);
        out.name("name").text(tool.name());
        if (!tool.namespace().isEmpty()) {
            out.name("namespace").text(tool.namespace());
        }
        if (tool.custom()) {
            out.name("input").text(input());
        } else {
            out.name("arguments").text(arguments.toString());
        }
        return out.endObject().slice();
    }

    void add(String piece) throws IOException {
        arguments.append(piece);
        if (!tool.custom()) {
            frames.send(
                    "response.function_call_arguments.delta",
                    out -> place(out).name("delta").text(piece));
        }
    }

    /// The string in the arguments; the arguments themselves, if the model wrote something else.
    private String input() {
        String written = arguments.toString();
        String[] input = {written};
        if (!written.isBlank()) {
            try {
                JsonCursor.read(
                        Slice.of(written),
                        "arguments",
                        cursor -> {
                            cursor.object(member -> {
                                if (member.equals("input") && cursor.isText()) {
                                    input[0] = cursor.text();
                                } else {
                                    cursor.skip();
                                }
                            });
                            return input;
                        });
            } catch (Problem notJson) {
                return written;
            }
        }
        return input[0];
    }

    @Override
    void endParts() throws IOException {
        if (tool.custom()) {
            String input = input();
            frames.send(
                    "response.custom_tool_call_input.delta",
                    out -> place(out).name("delta").text(input));
            frames.send(
                    "response.custom_tool_call_input.done",
                    out -> place(out).name("input").text(input));
        } else {
            frames.send(
                    "response.function_call_arguments.done",
                    out ->
                            place(out)
                                    .name("name")
                                    .text(tool.name())
                                    .name("arguments")
                                    .text(arguments.toString()));
        }
    }
}
