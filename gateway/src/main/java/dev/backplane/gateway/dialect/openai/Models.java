package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ModelInfo;
import java.util.ArrayList;
import java.util.List;

/// `GET /v1/models`.
public final class Models {
    private Models() {}

    public static Slice write(List<ModelInfo> models) {
        JsonOut out = new JsonOut().beginObject().name("object").text("list");
        out.name("data").beginArray();
        models.forEach(model -> out.json(write(model)));
        return out.endArray().endObject().slice();
    }

    public static Slice write(ModelInfo model) {
        JsonOut out = new JsonOut().beginObject().name("id").text(model.id());
        out.name("object").text("model");
        out.name("created").literal("" + model.createdSeconds());
        return out.name("owned_by").text(model.owner()).endObject().slice();
    }

    /// @throws Problem `UNAVAILABLE` if it is no list of models
    public static List<ModelInfo> read(Slice body, String where) {
        List<ModelInfo> models = new ArrayList<>();
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            if (name.equals("data") && cursor.isArray()) {
                                cursor.array(() -> models.add(model(cursor)));
                            } else {
                                cursor.skip();
                            }
                        });
                        return models;
                    });
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent no list of models: " + garbage.what(), where)
                    .fix("check that the address is that of a model's API")
                    .causedBy(garbage);
        }
        return models;
    }

    private static ModelInfo model(JsonCursor cursor) {
        String[] texts = {"", ""};
        long[] created = {0};
        cursor.object(name -> {
            switch (name) {
                case "id" -> texts[0] = cursor.text();
                case "owned_by" -> texts[1] = cursor.textOrEmpty();
                case "created" -> {
                    if (cursor.isNumber()) {
                        created[0] = cursor.integer();
                    }
                }
                default -> cursor.skip();
            }
        });
        return new ModelInfo(texts[0], created[0], texts[1]);
    }
}
