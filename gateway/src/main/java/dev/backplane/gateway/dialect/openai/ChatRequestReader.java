package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads the body of `POST /v1/chat/completions`.
public final class ChatRequestReader {
    private final JsonCursor cursor;
    private final ModelRequest.Builder request = new ModelRequest.Builder(DialectId.OPENAI_CHAT);
    private final List<Message> messages = new ArrayList<>();
    private boolean hasMessages;
    private Slice verbatim = Slice.EMPTY;

    private ChatRequestReader(JsonCursor cursor) {
        this.cursor = cursor;
    }

    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static ModelRequest read(Slice body, String where) {
        return JsonCursor.read(body, where, cursor -> new ChatRequestReader(cursor).request(where));
    }

    private ModelRequest request(String where) {
        cursor.object(this::member);
        if (request.model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /v1/models");
        }
        if (!hasMessages) {
            throw Problem.invalid("messages is missing", where)
                    .fix("send messages, an array of objects with role and content");
        }
        request.input = new Input.Chat(messages, verbatim);
        return request.build();
    }

    private void member(String name) {
        switch (name) {
            case "model" -> request.model = cursor.text();
            case "messages" -> messages();
            case "tools" -> {
                if (!cursor.isNull()) {
                    cursor.array(() -> request.tools.add(tool(cursor)));
                }
            }
            case "tool_choice" -> request.toolChoice = toolChoice(cursor);
            case "stop" -> stop(cursor, request.stop);
            case "response_format" -> format();
            case "stream" -> request.stream = !cursor.isNull() && cursor.flag();
            case "stream_options" -> streamOptions(cursor, request);
            case "user" -> request.user = cursor.textOrEmpty();
            case "metadata" -> request.metadata = metadata(cursor);
            default -> {
                if (!Names.CHAT.read(name, cursor, request)) {
                    request.extras.put(name, cursor.raw());
                }
            }
        }
    }

    /// They are sent on and kept as they came. Where there are line breaks or more than a space
    /// between them they are written anew, because the store only finds messages again in arrays
    /// that are written alike.
    private void messages() {
        boolean once = !hasMessages;
        hasMessages = true;
        int mark = cursor.mark();
        int[] end = {mark};
        boolean[] dense = {once};
        cursor.array(() -> {
            int start = cursor.mark();
            dense[0] &= start - end[0] <= (messages.isEmpty() ? 1 : 2);
            messages.add(new MessageReader(cursor).message());
            end[0] = mark + cursor.since(mark).length();
        });
        Slice whole = cursor.since(mark);
        dense[0] &= mark + whole.length() - end[0] <= 1;
        verbatim = dense[0] ? whole : Slice.EMPTY;
    }

    static Slice metadata(JsonCursor cursor) {
        if (cursor.isNull()) {
            return Slice.EMPTY;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        return cursor.raw();
    }

    static void stop(JsonCursor cursor, List<String> stop) {
        if (cursor.isText()) {
            stop.add(cursor.text());
        } else if (cursor.isArray()) {
            cursor.array(() -> stop.add(cursor.text()));
        } else if (!cursor.isNull()) {
            throw cursor.wrong("a string or an array of strings");
        }
    }

    /// Options besides `include_usage` are kept as they came.
    static void streamOptions(JsonCursor cursor, ModelRequest.Builder request) {
        if (cursor.isNull()) {
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        Slice whole = cursor.raw();
        boolean[] others = {false};
        JsonCursor.read(
                whole,
                "stream_options",
                options -> {
                    options.object(name -> {
                        if (name.equals("include_usage")) {
                            request.streamUsage = !options.isNull() && options.flag();
                        } else {
                            others[0] = true;
                            options.skip();
                        }
                    });
                    return request;
                });
        if (others[0]) {
            request.extras.put("stream_options", whole);
        }
    }

    static Tool tool(JsonCursor cursor) {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        return new ToolReader(cursor).tool();
    }

    private static final class ToolReader {
        private final JsonCursor cursor;
        private String type = "function";
        private String name = "";
        private String description = "";
        private Slice parameters = Slice.EMPTY;
        private Optional<Boolean> strict = Optional.empty();
        private final Extras.Builder extras = new Extras.Builder();
        private final Extras.Builder outer = new Extras.Builder();

        ToolReader(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Tool tool() {
            int mark = cursor.mark();
            cursor.object(member -> {
                switch (member) {
                    case "type" -> type = cursor.text();
                    case "function" -> cursor.object(this::function);
                    default -> outer.put(member, cursor.raw());
                }
            });
            if (!type.equals("function")) {
                return new Tool.Other(type, cursor.since(mark));
            }
            if (name.isEmpty()) {
                throw cursor.problem("has a function without a name").fix("name the function");
            }
            return new Tool.Function(
                    name,
                    description,
                    parameters,
                    strict,
                    extras.build(),
                    outer.build(),
                    cursor.since(mark));
        }

        private void function(String member) {
            switch (member) {
                case "name" -> name = cursor.text();
                case "description" -> description = cursor.textOrEmpty();
                case "parameters" -> parameters = metadata(cursor);
                case "strict" ->
                        strict = cursor.isNull() ? Optional.empty() : Optional.of(cursor.flag());
                default -> extras.put(member, cursor.raw());
            }
        }
    }

    static ToolChoice toolChoice(JsonCursor cursor) {
        if (cursor.isNull()) {
            return ToolChoice.UNSET;
        }
        if (cursor.isText()) {
            return switch (cursor.text()) {
                case "auto" -> new ToolChoice.Auto();
                case "none" -> new ToolChoice.None();
                case "required" -> new ToolChoice.Required();
                default -> throw cursor.wrong("auto, none, required or an object");
            };
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("auto, none, required or an object");
        }
        Slice whole = cursor.raw();
        String[] name = {""};
        boolean[] plain = {true};
        JsonCursor.read(
                whole,
                "tool_choice",
                choice -> {
                    choice.object(member -> {
                        switch (member) {
                            case "type" -> plain[0] &= choice.text().equals("function");
                            case "function" ->
                                    choice.object(part -> {
                                        plain[0] &= part.equals("name");
                                        if (part.equals("name")) {
                                            name[0] = choice.text();
                                        } else {
                                            choice.skip();
                                        }
                                    });
                            default -> {
                                plain[0] = false;
                                choice.skip();
                            }
                        }
                    });
                    return choice;
                });
        return plain[0] && !name[0].isEmpty()
                ? new ToolChoice.Named(name[0])
                : new ToolChoice.Other(whole);
    }

    private void format() {
        if (cursor.isNull()) {
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        Slice whole = cursor.raw();
        FormatReader reader = new FormatReader();
        request.format =
                Optional.of(
                        JsonCursor.read(whole, "response_format", f -> reader.format(f, whole)));
    }

    private static final class FormatReader {
        private String type = "";
        private String name = "";
        private String description = "";
        private Slice schema = Slice.EMPTY;
        private Optional<Boolean> strict = Optional.empty();
        private final Extras.Builder extras = new Extras.Builder();
        private boolean plain = true;

        OutputFormat format(JsonCursor cursor, Slice whole) {
            cursor.object(member -> {
                switch (member) {
                    case "type" -> type = cursor.text();
                    case "json_schema" -> cursor.object(part -> schema(part, cursor));
                    default -> {
                        plain = false;
                        cursor.skip();
                    }
                }
            });
            if (!plain) {
                return new OutputFormat.Other(whole);
            }
            return switch (type) {
                case "text" -> new OutputFormat.Text();
                case "json_object" -> new OutputFormat.JsonObject();
                case "json_schema" ->
                        new OutputFormat.JsonSchema(
                                name, description, schema, strict, extras.build());
                default -> new OutputFormat.Other(whole);
            };
        }

        private void schema(String member, JsonCursor cursor) {
            switch (member) {
                case "name" -> name = cursor.text();
                case "description" -> description = cursor.textOrEmpty();
                case "schema" -> schema = metadata(cursor);
                case "strict" ->
                        strict = cursor.isNull() ? Optional.empty() : Optional.of(cursor.flag());
                default -> extras.put(member, cursor.raw());
            }
        }
    }
}
