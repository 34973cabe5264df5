package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads the body of `POST /v1/messages`.
public final class MessagesRequestReader {
    private final JsonCursor cursor;
    private final ModelRequest.Builder request = new ModelRequest.Builder(DialectId.ANTHROPIC);
    private final List<Message> messages = new ArrayList<>();
    private Optional<Message> system = Optional.empty();
    private boolean hasMessages;

    private MessagesRequestReader(JsonCursor cursor) {
        this.cursor = cursor;
    }

    /// @param headers that it came with
    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static ModelRequest read(Slice body, Headers headers, String where) {
        ModelRequest request = unlimited(body, headers, where);
        if (!request.settings().has(Setting.MAX_TOKENS)) {
            throw Problem.invalid("max_tokens is missing", where)
                    .fix("send max_tokens, the limit of tokens to make");
        }
        return request;
    }

    /// A body that need not say how much is to be made: that of `count_tokens`.
    static ModelRequest unlimited(Slice body, Headers headers, String where) {
        return JsonCursor.read(
                body, where, cursor -> new MessagesRequestReader(cursor).request(headers, where));
    }

    private ModelRequest request(Headers headers, String where) {
        cursor.object(this::member);
        if (request.model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /v1/models");
        }
        if (!hasMessages) {
            throw Problem.invalid("messages is missing", where)
                    .fix("send messages, an array of objects with role and content");
        }
        system.ifPresent(messages::addFirst);
        request.input = new Input.Chat(messages);
        request.streamUsage = true;
        headers.put(request.extras);
        return request.build();
    }

    private void member(String name) {
        if (cursor.isNull() && !name.equals("model") && !name.equals("messages")) {
            return;
        }
        switch (name) {
            case "model" -> request.model = cursor.text();
            case "messages" -> {
                hasMessages = true;
                cursor.array(() -> messages.add(message()));
            }
            case "system" ->
                    system =
                            Optional.of(
                                    new Message(
                                            Message.Role.SYSTEM,
                                            BlockReader.content(cursor),
                                            "",
                                            Extras.NONE));
            case "tools" -> cursor.array(() -> request.tools.add(tool()));
            case "tool_choice" -> toolChoice();
            case "stop_sequences" -> cursor.array(() -> request.stop.add(cursor.text()));
            case "stream" -> request.stream = cursor.flag();
            case "metadata" -> metadata();
            case "thinking" -> thinking();
            case "output_config" -> outputConfig();
            default -> {
                if (!Names.SETTINGS.read(name, cursor, request)) {
                    request.extras.put(name, cursor.raw());
                }
            }
        }
    }

    private Message message() {
        String path = cursor.path();
        String[] role = {""};
        List<Part> parts = new ArrayList<>();
        Extras.Builder extras = new Extras.Builder();
        cursor.object(name -> {
            switch (name) {
                case "role" -> role[0] = cursor.text();
                case "content" -> parts.addAll(BlockReader.content(cursor));
                default -> extras.put(name, cursor.raw());
            }
        });
        Message.Role who =
                switch (role[0]) {
                    case "user" -> Message.Role.USER;
                    case "assistant" -> Message.Role.ASSISTANT;
                    case "system" -> Message.Role.SYSTEM;
                    default ->
                            throw Problem.invalid(path + ".role is not known", "messages")
                                    .fix("use user or assistant; system stands beside messages");
                };
        return new Message(who, parts, "", extras.build());
    }

    private Tool tool() {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        String path = cursor.path();
        Slice whole = cursor.raw();
        String type = JsonCursor.read(whole, path, BlockReader::type);
        return type.isEmpty() || type.equals("custom")
                ? JsonCursor.read(whole, path, MessagesRequestReader::function)
                : new Tool.Other(type, whole);
    }

    private static Tool function(JsonCursor cursor) {
        String[] texts = {"", ""};
        Slice[] schema = {Slice.EMPTY};
        List<Boolean> strict = new ArrayList<>();
        Extras.Builder extras = new Extras.Builder();
        cursor.object(name -> {
            if (cursor.isNull()) {
                return;
            }
            switch (name) {
                case "type" -> cursor.skip();
                case "name" -> texts[0] = cursor.text();
                case "description" -> texts[1] = cursor.text();
                case "input_schema" -> schema[0] = object(cursor);
                case "strict" -> strict.add(cursor.flag());
                default -> extras.put(name, cursor.raw());
            }
        });
        if (texts[0].isEmpty()) {
            throw cursor.problem("is a tool without a name").fix("name the tool");
        }
        return new Tool.Function(
                texts[0],
                texts[1],
                schema[0],
                strict.stream().findFirst(),
                extras.build(),
                Extras.NONE);
    }

    private static Slice object(JsonCursor cursor) {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        return cursor.raw();
    }

    private void toolChoice() {
        Slice whole = object(cursor);
        String[] texts = {"", ""};
        List<Boolean> sequential = new ArrayList<>();
        boolean[] plain = {true};
        JsonCursor.read(
                whole,
                "tool_choice",
                choice -> {
                    choice.object(name -> {
                        switch (name) {
                            case "type" -> texts[0] = choice.text();
                            case "name" -> texts[1] = choice.text();
                            case "disable_parallel_tool_use" -> sequential.add(choice.flag());
                            default -> {
                                plain[0] = false;
                                choice.skip();
                            }
                        }
                    });
                    return choice;
                });
        boolean none = texts[0].equals("none");
        boolean named = texts[0].equals("tool");
        if (!plain[0] || named == texts[1].isEmpty() || (none && !sequential.isEmpty())) {
            request.toolChoice = new ToolChoice.Other(whole);
            return;
        }
        request.toolChoice =
                switch (texts[0]) {
                    case "auto" -> new ToolChoice.Auto();
                    case "any" -> new ToolChoice.Required();
                    case "none" -> new ToolChoice.None();
                    case "tool" -> new ToolChoice.Named(texts[1]);
                    default -> new ToolChoice.Other(whole);
                };
        if (!sequential.isEmpty() && !(request.toolChoice instanceof ToolChoice.Other)) {
            request.settings.put(
                    Setting.PARALLEL_TOOL_CALLS, Slice.of("" + !sequential.getFirst()));
        }
    }

    private void metadata() {
        Slice whole = object(cursor);
        Extras rest =
                others(whole, Set.of("user_id"), (_, value) -> request.user = value.textOrEmpty());
        keep("metadata", rest);
    }

    /// Anything but a plain budget is Anthropic's alone.
    private void thinking() {
        Slice whole = object(cursor);
        String type = JsonCursor.read(whole, "thinking", BlockReader::type);
        Slice[] budget = {Slice.EMPTY};
        Extras rest =
                others(
                        whole,
                        Set.of("type", "budget_tokens"),
                        (name, value) -> {
                            if (name.equals("budget_tokens")) {
                                value.integer();
                                budget[0] = value.raw();
                            }
                        });
        if (type.equals("enabled") && rest.isEmpty() && !budget[0].isEmpty()) {
            request.settings.put(Setting.REASONING_BUDGET, budget[0]);
        } else {
            request.extras.put("thinking", whole);
        }
    }

    private void outputConfig() {
        Slice whole = object(cursor);
        Extras rest =
                others(
                        whole,
                        Set.of("effort", "format"),
                        (name, value) -> {
                            if (name.equals("format")) {
                                request.format = Optional.of(format(value));
                            } else {
                                value.text();
                                request.settings.put(Setting.REASONING_EFFORT, value.raw());
                            }
                        });
        keep("output_config", rest);
    }

    private static OutputFormat format(JsonCursor cursor) {
        Slice whole = object(cursor);
        String type = JsonCursor.read(whole, "output_config.format", BlockReader::type);
        Slice[] schema = {Slice.EMPTY};
        Extras rest =
                others(
                        whole,
                        Set.of("type", "schema"),
                        (name, value) -> {
                            if (name.equals("schema")) {
                                schema[0] = object(value);
                            }
                        });
        return type.equals("json_schema") && rest.isEmpty() && !schema[0].isEmpty()
                ? new OutputFormat.JsonSchema("", "", schema[0], Optional.empty(), Extras.NONE)
                : new OutputFormat.Other(whole);
    }

    private void keep(String name, Extras rest) {
        if (!rest.isEmpty()) {
            JsonOut out = new JsonOut().beginObject();
            rest.members().forEach((member, json) -> out.name(member).json(json));
            request.extras.put(name, out.endObject().slice());
        }
    }

    private interface Member {
        void read(String name, JsonCursor value);
    }

    /// Reads known members that are not null and returns the others.
    private static Extras others(Slice object, Set<String> known, Member member) {
        Extras.Builder others = new Extras.Builder();
        return JsonCursor.read(
                object,
                "body",
                cursor -> {
                    cursor.object(name -> {
                        if (!known.contains(name)) {
                            others.put(name, cursor.raw());
                        } else if (!cursor.isNull()) {
                            member.read(name, cursor);
                            cursor.skip();
                        }
                    });
                    return others.build();
                });
    }
}
