package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// `POST /v1/embeddings`. Vectors pass through as the text that came.
public final class Embeddings {
    private Embeddings() {}

    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static Embedding.Request read(Slice body, String where) {
        return JsonCursor.read(body, where, cursor -> new RequestReader(cursor).read(where));
    }

    private static final class RequestReader {
        private final JsonCursor cursor;
        private String model = "";
        private List<Input.Prompt> inputs = List.of();
        private String format = "";
        private Slice dimensions = Slice.EMPTY;
        private String user = "";
        private final Extras.Builder extras = new Extras.Builder();

        RequestReader(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Embedding.Request read(String where) {
            cursor.object(this::member);
            if (model.isEmpty()) {
                throw Problem.invalid("model is missing", where).fix("name a model");
            }
            if (inputs.isEmpty()) {
                throw Problem.invalid("input is missing or empty", where)
                        .fix("send input, a string or an array of strings");
            }
            return new Embedding.Request(
                    DialectId.OPENAI_EMBEDDINGS,
                    model,
                    inputs,
                    format,
                    dimensions,
                    user,
                    extras.build());
        }

        private void member(String name) {
            switch (name) {
                case "model" -> model = cursor.text();
                case "input" -> inputs = Completions.prompts(cursor);
                case "encoding_format" -> format = cursor.textOrEmpty();
                case "dimensions" -> {
                    if (!cursor.isNull()) {
                        cursor.integer();
                        dimensions = cursor.raw();
                    }
                }
                case "user" -> user = cursor.textOrEmpty();
                default -> extras.put(name, cursor.raw());
            }
        }
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    public static Slice write(Embedding.Request request, Consumer<String> ignored) {
        JsonOut out = new JsonOut().beginObject().name("model").text(request.model());
        out.name("input");
        Completions.prompts(out, request.inputs());
        if (!request.format().isEmpty()) {
            out.name("encoding_format").text(request.format());
        }
        if (!request.dimensions().isEmpty()) {
            out.name("dimensions").json(request.dimensions());
        }
        if (!request.user().isEmpty()) {
            out.name("user").text(request.user());
        }
        if (request.dialect() == DialectId.OPENAI_EMBEDDINGS) {
            MessageWriter.extras(out, request.extras());
        } else {
            request.extras().members().keySet().forEach(ignored);
        }
        return out.endObject().slice();
    }

    /// @throws Problem `UNAVAILABLE` if it is no such answer
    public static Embedding.Answer readAnswer(Slice body, String where) {
        try {
            return JsonCursor.read(body, where, cursor -> new AnswerReaderOf(cursor).read());
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent no vectors: " + garbage.what(), where)
                    .fix("check that the model makes embeddings")
                    .causedBy(garbage);
        }
    }

    private static final class AnswerReaderOf {
        private final JsonCursor cursor;
        private final Map<Long, Slice> vectors = new TreeMap<>();
        private String model = "";
        private Usage usage = Usage.UNKNOWN;
        private final Extras.Builder extras = new Extras.Builder();

        AnswerReaderOf(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Embedding.Answer read() {
            cursor.object(name -> {
                switch (name) {
                    case "object" -> cursor.skip();
                    case "model" -> model = cursor.textOrEmpty();
                    case "data" -> cursor.array(this::vector);
                    case "usage" -> usage = AnswerReader.usage(cursor);
                    default -> extras.put(name, cursor.raw());
                }
            });
            return new Embedding.Answer(
                    model, new ArrayList<>(vectors.values()), usage, extras.build());
        }

        private void vector() {
            Slice[] vector = {Slice.EMPTY};
            long[] index = {vectors.size()};
            cursor.object(name -> {
                switch (name) {
                    case "index" -> index[0] = cursor.integer();
                    case "embedding" -> vector[0] = cursor.raw();
                    default -> cursor.skip();
                }
            });
            vectors.put(index[0], vector[0]);
        }
    }

    /// @param model as the client named it
    public static Slice write(Embedding.Answer answer, String model) {
        JsonOut out = new JsonOut().beginObject().name("object").text("list");
        out.name("data").beginArray();
        for (int i = 0; i < answer.vectors().size(); i++) {
            out.beginObject().name("object").text("embedding").name("index").literal("" + i);
            out.name("embedding").json(answer.vectors().get(i)).endObject();
        }
        out.endArray().name("model").text(model);
        out.name("usage").beginObject();
        out.name("prompt_tokens").literal("" + answer.usage().input().orElse(0));
        out.name("total_tokens").literal("" + answer.usage().total()).endObject();
        MessageWriter.extras(out, answer.extras());
        return out.endObject().slice();
    }
}
