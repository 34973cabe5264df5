package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ModelInfo;
import java.util.ArrayList;
import java.util.List;

/// `GET /models`: `{"models":[{"name":"models/NAME",…}…]}`.
public final class Models {
    private static final String PREFIX = "models/";

    private Models() {}

    /// @throws Problem `UNAVAILABLE` if it is no list of models
    public static List<ModelInfo> read(Slice body, String where) {
        List<ModelInfo> models = new ArrayList<>();
        try {
            JsonCursor.read(
                    body,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            if (name.equals("models")) {
                                cursor.array(() ->
                                        cursor.object(member -> {
                                            if (member.equals("name")) {
                                                models.add(model(cursor.text()));
                                            } else {
                                                cursor.skip();
                                            }
                                        }));
                            } else {
                                cursor.skip();
                            }
                        });
                        return true;
                    });
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent no list of models: " + garbage.what(), where)
                    .fix("check that the address is that of Gemini's API")
                    .causedBy(garbage);
        }
        return models;
    }

    private static ModelInfo model(String name) {
        String id = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        return new ModelInfo(id, 0, "google");
    }
}
