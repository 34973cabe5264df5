package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.Tools;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads the bodies of `POST /api/chat` and `POST /api/generate`. One that asks nothing, which
/// loads or unloads the model, becomes a chat without messages.
public final class RequestReader {
    private final JsonCursor cursor;
    private final ModelRequest.Builder request = new ModelRequest.Builder(DialectId.OLLAMA);
    private final MessageReader reader = new MessageReader();
    private final List<Message> messages = new ArrayList<>();
    private final List<Part> images = new ArrayList<>();
    private String prompt = "";
    private String system = "";
    private boolean raw;

    private RequestReader(JsonCursor cursor) {
        this.cursor = cursor;
        request.stream = true;
        request.streamUsage = true;
    }

    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static ModelRequest chat(Slice body, String where) {
        return JsonCursor.read(body, where, cursor -> new RequestReader(cursor).chat(where));
    }

    /// As [#chat].
    public static ModelRequest generate(Slice body, String where) {
        return JsonCursor.read(body, where, cursor -> new RequestReader(cursor).generate(where));
    }

    private ModelRequest chat(String where) {
        cursor.object(name -> {
            if (name.equals("messages") && !cursor.isNull()) {
                cursor.array(() -> messages.add(reader.message(cursor)));
            } else if (name.equals("tools") && !cursor.isNull()) {
                cursor.array(() -> request.tools.add(Tools.read(cursor)));
            } else {
                member(name);
            }
        });
        request.input = new Input.Chat(messages);
        return named(where);
    }

    private ModelRequest generate(String where) {
        cursor.object(name -> {
            if (cursor.isNull()) {
                return;
            }
            switch (name) {
                case "prompt" -> prompt = cursor.text();
                case "system" -> system = cursor.text();
                case "images" -> cursor.array(() -> images.add(MessageReader.image(cursor.text())));
                case "raw" -> raw = cursor.flag();
                default -> member(name);
            }
        });
        if (raw || request.settings.containsKey(Setting.SUFFIX)) {
            if (!images.isEmpty() || !system.isEmpty()) {
                throw Problem.invalid("a raw prompt has no images and no system text", where)
                        .fix("put the system text into the prompt, or leave raw and suffix out");
            }
            request.input = new Input.Raw(List.of(new Input.Prompt.Text(prompt)));
        } else if (!prompt.isEmpty() || !images.isEmpty()) {
            turn();
        }
        return named(where);
    }

    private void turn() {
        if (!system.isEmpty()) {
            messages.add(Message.of(Message.Role.SYSTEM, system));
        }
        List<Part> parts = new ArrayList<>();
        if (!prompt.isEmpty()) {
            parts.add(new Part.Text(prompt));
        }
        parts.addAll(images);
        messages.add(new Message(Message.Role.USER, parts, "", Extras.NONE));
        request.input = new Input.Chat(messages);
    }

    private ModelRequest named(String where) {
        if (request.model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /api/tags");
        }
        return request.build();
    }

    private void member(String name) {
        if (cursor.isNull()) {
            return;
        }
        switch (name) {
            case "model" -> request.model = cursor.text();
            case "stream" -> request.stream = cursor.flag();
            case "options" -> options();
            case "format" -> format();
            case "think" -> think();
            default -> {
                if (!Names.MEMBERS.read(name, cursor, request)) {
                    request.extras.put(name, cursor.raw());
                }
            }
        }
    }

    private void options() {
        JsonOut rest = new JsonOut().beginObject();
        boolean[] others = {false};
        cursor.object(name -> {
            if (name.equals("stop")) {
                stop();
            } else if (isUnlimited(name) || !Names.OPTIONS.read(name, cursor, request)) {
                others[0] = true;
                rest.name(name).json(cursor.raw());
            }
        });
        if (others[0]) {
            request.extras.put("options", rest.endObject().slice());
        }
    }

    /// `num_predict` below 0 is no number of tokens but a way not to have a limit.
    private boolean isUnlimited(String name) {
        return name.equals("num_predict") && cursor.isNumber() && cursor.integer() < 0;
    }

    private void stop() {
        if (cursor.isText()) {
            request.stop.add(cursor.text());
        } else if (!cursor.isNull()) {
            cursor.array(() -> request.stop.add(cursor.text()));
        }
    }

    private void format() {
        if (cursor.isObject()) {
            Slice schema = cursor.raw();
            request.format =
                    Optional.of(
                            new OutputFormat.JsonSchema(
                                    "", "", schema, Optional.empty(), Extras.NONE));
            return;
        }
        switch (cursor.text()) {
            case "json" -> request.format = Optional.of(new OutputFormat.JsonObject());
            case "" -> {}
            default -> throw cursor.problem("is not known").fix("send json or a JSON Schema");
        }
    }

    private void think() {
        if (cursor.isText()) {
            request.settings.put(Setting.REASONING_EFFORT, cursor.raw());
        } else if (cursor.isFlag()) {
            request.extras.put("think", cursor.raw());
        } else {
            throw cursor.wrong("true, false or a string");
        }
    }
}
