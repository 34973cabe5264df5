package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ModelInfo;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/// The lists of models. Of models elsewhere there is no file to tell the size, the family or the
/// template of: those are 0 and empty. The digest, of which clients show the beginning, is that of
/// the name.
public final class Catalogue {
    /// Of the API that is spoken here; clients look at it before they use a part of it.
    private static final String VERSION = "0.30.0";

    private Catalogue() {}

    /// `GET /api/tags`.
    ///
    /// @param here those of this machine, as JSON
    /// @param models those elsewhere
    public static Slice tags(List<Slice> here, List<ModelInfo> models) {
        JsonOut out = new JsonOut().beginObject().name("models").beginArray();
        here.forEach(out::json);
        for (ModelInfo model : models) {
            out.beginObject().name("name").text(model.id()).name("model").text(model.id());
            out.name("modified_at").text(modified(model)).name("size").literal("0");
            out.name("digest").text(digest(model.id())).name("details");
            details(out);
            out.endObject();
        }
        return out.endArray().endObject().slice();
    }

    /// `GET /api/version`.
    public static Slice version() {
        JsonOut out = new JsonOut().beginObject().name("version").text(VERSION);
        return out.endObject().slice();
    }

    /// The model that a body of `/api/show` names.
    ///
    /// @throws Problem `INVALID` if it names none
    public static String readShow(Slice body, String where) {
        Members request = Members.of(body, where);
        String name = request.text(request.has("model") ? "model" : "name");
        if (name.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /api/tags");
        }
        return name;
    }

    /// `POST /api/show`.
    ///
    /// @param embeds whether it makes vectors
    public static Slice show(ModelInfo model, boolean embeds) {
        JsonOut out = new JsonOut().beginObject().name("modelfile").text("");
        out.name("parameters").text("").name("template").text("").name("details");
        details(out);
        out.name("model_info").beginObject();
        out.name("general.basename").text(model.id()).endObject();
        out.name("capabilities").beginArray().text("completion").text("tools").text("vision");
        if (embeds) {
            out.text("embedding");
        }
        out.endArray().name("modified_at").text(modified(model));
        return out.endObject().slice();
    }

    private static void details(JsonOut out) {
        out.beginObject().name("parent_model").text("").name("format").text("");
        out.name("family").text("").name("families").beginArray().endArray();
        out.name("parameter_size").text("").name("quantization_level").text("").endObject();
    }

    private static String modified(ModelInfo model) {
        return Instant.ofEpochSecond(model.createdSeconds()).toString();
    }

    private static String digest(String name) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(Slice.of(name).bytes()));
        } catch (NoSuchAlgorithmException missing) {
            throw Problem.internal("SHA-256 is missing", "list of models").causedBy(missing);
        }
    }
}
