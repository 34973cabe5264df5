package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Requests of `POST /v1/completions`; [AnswerReader] and [AnswerWriter] do the answers.
public final class Completions {
    private Completions() {}

    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static ModelRequest read(Slice body, String where) {
        ModelRequest.Builder request = new ModelRequest.Builder(DialectId.OPENAI_COMPLETIONS);
        List<Input.Prompt> prompts = new ArrayList<>();
        JsonCursor.read(
                body,
                where,
                cursor -> {
                    cursor.object(name -> member(name, cursor, request, prompts));
                    return request;
                });
        if (request.model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /v1/models");
        }
        if (prompts.isEmpty()) {
            throw Problem.invalid("prompt is missing", where).fix("send prompt, a string");
        }
        request.input = new Input.Raw(prompts);
        return request.build();
    }

    private static void member(
            String name,
            JsonCursor cursor,
            ModelRequest.Builder request,
            List<Input.Prompt> prompts) {
        switch (name) {
            case "model" -> request.model = cursor.text();
            case "prompt" -> prompts.addAll(prompts(cursor));
            case "stop" -> ChatRequestReader.stop(cursor, request.stop);
            case "stream" -> request.stream = !cursor.isNull() && cursor.flag();
            case "stream_options" -> ChatRequestReader.streamOptions(cursor, request);
            case "user" -> request.user = cursor.textOrEmpty();
            default -> {
                if (!Names.COMPLETIONS.read(name, cursor, request)) {
                    request.extras.put(name, cursor.raw());
                }
            }
        }
    }

    /// A string, token ids, or an array of either.
    static List<Input.Prompt> prompts(JsonCursor cursor) {
        if (cursor.isText()) {
            return List.of(new Input.Prompt.Text(cursor.text()));
        }
        String allowed = "a string, an array of strings or of token ids";
        if (!cursor.isArray()) {
            throw cursor.wrong(allowed);
        }
        Slice whole = cursor.raw();
        List<Input.Prompt> prompts = new ArrayList<>();
        boolean[] tokens = {false};
        JsonCursor.read(
                whole,
                "prompt",
                inner -> {
                    inner.array(() -> {
                        if (inner.isText()) {
                            prompts.add(new Input.Prompt.Text(inner.text()));
                        } else if (inner.isArray()) {
                            prompts.add(new Input.Prompt.Tokens(inner.raw()));
                        } else if (inner.isNumber()) {
                            inner.integer();
                            tokens[0] = true;
                        } else {
                            throw inner.wrong(allowed);
                        }
                    });
                    return inner;
                });
        return tokens[0] && prompts.isEmpty() ? List.of(new Input.Prompt.Tokens(whole)) : prompts;
    }

    static void prompts(JsonOut out, List<Input.Prompt> prompts) {
        if (prompts.size() == 1) {
            prompt(out, prompts.getFirst());
            return;
        }
        out.beginArray();
        prompts.forEach(prompt -> prompt(out, prompt));
        out.endArray();
    }

    private static void prompt(JsonOut out, Input.Prompt prompt) {
        switch (prompt) {
            case Input.Prompt.Text(String text) -> out.text(text);
            case Input.Prompt.Tokens(Slice json) -> out.json(json);
        }
    }

    /// Raw prompts alone, as spans hold them.
    public static Slice prompts(List<Input.Prompt> prompts) {
        JsonOut out = new JsonOut();
        prompts(out, prompts);
        return out.slice();
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    public static Slice write(ModelRequest request, Consumer<String> ignored) {
        if (!(request.input() instanceof Input.Raw(List<Input.Prompt> prompts))) {
            throw new IllegalArgumentException("a chat is no raw prompt");
        }
        JsonOut out = new JsonOut().beginObject().name("model").text(request.model());
        out.name("prompt");
        prompts(out, prompts);
        Names.COMPLETIONS.write(request.settings(), out, ignored);
        if (!request.stop().isEmpty()) {
            out.name("stop").beginArray();
            request.stop().forEach(out::text);
            out.endArray();
        }
        if (request.stream()) {
            out.name("stream").literal("true").name("stream_options").beginObject();
            out.name("include_usage").literal("true").endObject();
        }
        if (!request.user().isEmpty()) {
            out.name("user").text(request.user());
        }
        boolean own = request.dialect() == DialectId.OPENAI_COMPLETIONS;
        request.extras()
                .members()
                .forEach((name, json) -> {
                    if (own && !name.equals("stream_options")) {
                        out.name(name).json(json);
                    } else {
                        ignored.accept(name);
                    }
                });
        return out.endObject().slice();
    }
}
