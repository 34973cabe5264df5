package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;

/// Makes messages of items. What an assistant did in one turn comes as several items and is one
/// message here, so that calls made side by side stay side by side.
final class ItemReader {
    private final List<Message> messages = new ArrayList<>();
    private final List<Part> turn = new ArrayList<>();
    private Extras.Builder turnExtras = new Extras.Builder();

    private ItemReader() {}

    static List<Message> messages(List<Slice> items) {
        ItemReader reader = new ItemReader();
        for (int i = 0; i < items.size(); i++) {
            String path = "input[" + i + "]";
            Members item = JsonCursor.read(items.get(i), path, c -> new Members(c, path).read());
            reader.add(item);
        }
        reader.endTurn();
        return reader.messages;
    }

    private void add(Members item) {
        switch (item.type) {
            case "message", "" -> message(item);
            case "reasoning" -> turn.add(item.thought());
            case "function_call" -> turn.add(item.call(item.arguments));
            case "custom_tool_call" -> turn.add(item.call(textArguments(item.input)));
            case "function_call_output", "custom_tool_call_output" -> {
                endTurn();
                messages.add(
                        new Message(Message.Role.TOOL, List.of(item.result()), "", Extras.NONE));
            }
            default ->
                    throw Problem.invalid(
                                    item.path
                                            + " is a "
                                            + item.type
                                            + ", which no provider here understands",
                                    "input")
                            .fix("send messages, reasoning, calls of functions and their outputs");
        }
    }

    private void message(Members item) {
        switch (item.role) {
            case "assistant" -> {
                boolean spoken = turn.stream().anyMatch(part -> part instanceof Part.Text);
                boolean called = turn.stream().anyMatch(part -> part instanceof Part.ToolCall);
                if (spoken && !called) {
                    endTurn();
                }
                turn.addAll(item.content);
                item.extras.build().members().forEach(turnExtras::put);
            }
            case "user" -> say(Message.Role.USER, item);
            case "system" -> say(Message.Role.SYSTEM, item);
            case "developer" -> say(Message.Role.DEVELOPER, item);
            default ->
                    throw Problem.invalid(item.path + ".role is not known", "input")
                            .fix("use user, assistant, system or developer");
        }
    }

    private void say(Message.Role role, Members item) {
        endTurn();
        messages.add(new Message(role, item.content, "", item.extras.build()));
    }

    private void endTurn() {
        if (!turn.isEmpty()) {
            messages.add(new Message(Message.Role.ASSISTANT, turn, "", turnExtras.build()));
            turn.clear();
            turnExtras = new Extras.Builder();
        }
    }

    /// What a model is to think that it wrote, when a custom tool was a function to it.
    static String textArguments(String input) {
        return new JsonOut().beginObject().name("input").text(input).endObject().slice().text();
    }

    /// Everything an item can have. `id` and `status` are how items are kept, not what they say.
    private static final class Members {
        private final JsonCursor cursor;
        private final String path;
        private String type = "";
        private String role = "";
        private String callId = "";
        private String name = "";
        private String namespace = "";
        private String arguments = "";
        private String input = "";
        private String sealed = "";
        private final List<Part> content = new ArrayList<>();
        private final StringBuilder summary = new StringBuilder();
        private final Extras.Builder extras = new Extras.Builder();

        Members(JsonCursor cursor, String path) {
            this.cursor = cursor;
            this.path = path;
        }

        Members read() {
            cursor.object(this::member);
            return this;
        }

        private void member(String member) {
            switch (member) {
                case "type" -> type = cursor.textOrEmpty();
                case "id", "status" -> cursor.skip();
                case "role" -> role = cursor.text();
                case "call_id" -> callId = cursor.text();
                case "name" -> name = cursor.text();
                case "namespace" -> namespace = cursor.textOrEmpty();
                case "arguments" -> arguments = cursor.text();
                case "input" -> input = cursor.text();
                case "encrypted_content" -> sealed = cursor.textOrEmpty();
                case "content", "output" -> content();
                case "summary" -> cursor.array(() -> cursor.object(this::summary));
                default -> extras.put(member, cursor.raw());
            }
        }

        private void summary(String member) {
            if (member.equals("text")) {
                summary.append(summary.isEmpty() ? "" : "\n\n").append(cursor.text());
            } else {
                cursor.skip();
            }
        }

        private void content() {
            if (cursor.isText()) {
                content.add(new Part.Text(cursor.text()));
            } else if (cursor.isArray()) {
                cursor.array(() -> content.add(ContentReader.read(cursor, path)));
            } else if (!cursor.isNull()) {
                throw Problem.invalid(
                                path + "." + cursor.path() + " is neither a string nor an array",
                                "input")
                        .fix("send a string or an array of parts");
            }
        }

        /// The thought itself where there is one, else its summaries.
        Part thought() {
            StringBuilder text = new StringBuilder();
            for (Part part : content) {
                if (part instanceof Part.Text(String piece, Extras _)) {
                    text.append(piece);
                }
            }
            SealedThought seal =
                    SealedThought.parse(sealed)
                            .orElseGet(() -> {
                                if (!sealed.isEmpty()) {
                                    extras.put(
                                            "encrypted_content",
                                            new JsonOut().text(sealed).slice());
                                }
                                return new SealedThought("", "");
                            });
            if (!text.isEmpty() && !summary.isEmpty()) {
                extras.put("summary", new JsonOut().text(summary.toString()).slice());
            }
            return new Part.Reasoning(
                    text.isEmpty() ? summary.toString() : text.toString(),
                    seal.signature(),
                    seal.redacted(),
                    extras.build());
        }

        Part call(String text) {
            requireCallId();
            if (name.isEmpty()) {
                throw Problem.invalid(path + " has no name", "input").fix("name the tool");
            }
            String function = ClientTool.function(namespace, name);
            return new Part.ToolCall(callId, function, text, extras.build());
        }

        Part result() {
            requireCallId();
            return new Part.ToolResult(callId, content, false, extras.build());
        }

        private void requireCallId() {
            if (callId.isEmpty()) {
                throw Problem.invalid(path + " has no call_id", "input")
                        .fix("send the call_id of the call");
            }
        }
    }
}
