package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// `POST /api/embed`, and `/api/embeddings`, which was there before it and takes one prompt.
/// Vectors pass through as the text that came.
public final class Embeddings {
    private Embeddings() {}

    /// @param single whether it is the older of the two
    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static Embedding.Request read(Slice body, boolean single, String where) {
        String[] model = {""};
        Slice[] dimensions = {Slice.EMPTY};
        List<Input.Prompt> inputs = new ArrayList<>();
        Extras.Builder extras = new Extras.Builder();
        String member = single ? "prompt" : "input";
        JsonCursor.read(
                body,
                where,
                cursor -> {
                    cursor.object(name -> {
                        if (name.equals("model")) {
                            model[0] = cursor.text();
                        } else if (name.equals(member)) {
                            inputs.addAll(inputs(cursor, single));
                        } else if (name.equals("dimensions") && !cursor.isNull()) {
                            cursor.integer();
                            dimensions[0] = cursor.raw();
                        } else if (!cursor.isNull()) {
                            extras.put(name, cursor.raw());
                        }
                    });
                    return inputs;
                });
        if (model[0].isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /api/tags");
        }
        if (inputs.isEmpty()) {
            throw Problem.invalid(member + " is missing or empty", where)
                    .fix("send " + member + ", the text to embed");
        }
        return new Embedding.Request(
                DialectId.OLLAMA, model[0], inputs, "", dimensions[0], "", extras.build());
    }

    private static List<Input.Prompt> inputs(JsonCursor cursor, boolean single) {
        List<Input.Prompt> inputs = new ArrayList<>();
        if (single || cursor.isText()) {
            inputs.add(new Input.Prompt.Text(cursor.text()));
        } else if (cursor.isArray()) {
            cursor.array(() -> inputs.add(new Input.Prompt.Text(cursor.text())));
        } else {
            throw cursor.wrong("a string or an array of strings");
        }
        return inputs;
    }

    /// The body of `/api/embed`.
    ///
    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws Problem `INVALID` for token ids
    public static Slice write(Embedding.Request request, Consumer<String> ignored) {
        JsonOut out = new JsonOut().beginObject().name("model").text(request.model());
        out.name("input").beginArray();
        for (Input.Prompt input : request.inputs()) {
            switch (input) {
                case Input.Prompt.Text(String text) -> out.text(text);
                case Input.Prompt.Tokens _ ->
                        throw Problem.invalid("token ids cannot be sent to this provider", "input")
                                .fix("send the text");
            }
        }
        out.endArray();
        if (!request.dimensions().isEmpty()) {
            out.name("dimensions").json(request.dimensions());
        }
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        request.extras()
                .members()
                .forEach((name, json) -> {
                    if (request.dialect() == DialectId.OLLAMA) {
                        out.name(name).json(json);
                    } else {
                        ignored.accept(name);
                    }
                });
        return out.endObject().slice();
    }

    /// @throws Problem `UNAVAILABLE` if it is no such answer
    public static Embedding.Answer readAnswer(Slice body, String where) {
        try {
            Members answer = Members.of(body, where);
            OptionalLong input = answer.integer("prompt_eval_count");
            Usage usage = input.isEmpty() ? Usage.UNKNOWN : Usage.of(input.getAsLong(), 0);
            return new Embedding.Answer(
                    answer.text("model"), answer.array("embeddings"), usage, Extras.NONE);
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent no vectors: " + garbage.what(), where)
                    .fix("check that the model makes embeddings")
                    .causedBy(garbage);
        }
    }

    /// The answer of `/api/embed`.
    ///
    /// @param model as the client named it
    public static Slice write(Embedding.Answer answer, String model, Timing timing) {
        JsonOut out = new JsonOut().beginObject().name("model").text(model);
        out.name("embeddings").beginArray();
        answer.vectors().forEach(out::json);
        out.endArray();
        timing.writeInput(out, answer.usage());
        return out.endObject().slice();
    }

    /// The answer of `/api/embeddings`.
    public static Slice writeSingle(Embedding.Answer answer) {
        JsonOut out = new JsonOut().beginObject().name("embedding");
        out.json(answer.vectors().isEmpty() ? Slice.of("[]") : answer.vectors().getFirst());
        return out.endObject().slice();
    }
}
