package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Cannot;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Usage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// `POST /models/NAME:batchEmbedContents`, which takes one text as well as many. Vectors are arrays
/// of numbers; those that are wanted as base64 are converted, to 32-bit floats, little-endian.
public final class Embeddings {
    private Embeddings() {}

    /// @param ignored told the name of each field that cannot be said in this dialect
    /// @throws Problem `INVALID` for inputs that are no text
    public static Slice write(Embedding.Request request, Consumer<String> ignored) {
        JsonOut out = new JsonOut().beginObject().name("requests").beginArray();
        for (Input.Prompt prompt : request.inputs()) {
            if (!(prompt instanceof Input.Prompt.Text(String text))) {
                throw Cannot.send("an input of token ids");
            }
            out.beginObject().name("model").text("models/" + request.model());
            out.name("content").beginObject().name("parts").beginArray();
            out.beginObject().name("text").text(text).endObject().endArray().endObject();
            if (!request.dimensions().isEmpty()) {
                out.name("outputDimensionality").json(request.dimensions());
            }
            out.endObject();
        }
        if (!request.user().isEmpty()) {
            ignored.accept("user");
        }
        request.extras().members().keySet().forEach(ignored);
        return out.endArray().endObject().slice();
    }

    /// @throws Problem `UNAVAILABLE` if it holds no vectors
    public static Embedding.Answer read(Slice body, Embedding.Request request, String where) {
        List<Slice> vectors = new ArrayList<>();
        Usage[] usage = {Usage.UNKNOWN};
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            switch (name) {
                                case "embeddings" ->
                                        cursor.array(() -> vectors.add(values(cursor)));
                                case "usageMetadata" -> usage[0] = GenerateReader.usage(cursor);
                                default -> cursor.skip();
                            }
                        });
                        return true;
                    });
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent no vectors: " + garbage.what(), where)
                    .fix("check that the model makes embeddings")
                    .causedBy(garbage);
        }
        if (vectors.size() != request.inputs().size()) {
            throw Problem.unavailable(
                            "provider sent %d vectors for %d inputs"
                                    .formatted(vectors.size(), request.inputs().size()),
                            where)
                    .fix("try again");
        }
        boolean base64 = request.format().equals("base64");
        List<Slice> wanted =
                base64 ? vectors.stream().map(vector -> base64(vector, where)).toList() : vectors;
        return new Embedding.Answer(request.model(), wanted, usage[0], Extras.NONE);
    }

    private static Slice values(JsonCursor cursor) {
        Slice[] values = {Slice.EMPTY};
        cursor.object(name -> {
            if (name.equals("values") && cursor.isArray()) {
                values[0] = cursor.raw();
            } else {
                cursor.skip();
            }
        });
        if (values[0].isEmpty()) {
            throw cursor.problem("has no values");
        }
        return values[0];
    }

    private static Slice base64(Slice vector, String where) {
        List<Float> numbers = new ArrayList<>();
        JsonCursor.read(
                vector,
                where,
                cursor -> {
                    cursor.array(() -> numbers.add(Float.parseFloat(cursor.raw().text())));
                    return true;
                });
        ByteBuffer bytes =
                ByteBuffer.allocate(numbers.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        numbers.forEach(bytes::putFloat);
        return new JsonOut().base64(Slice.of(bytes.array())).slice();
    }
}
