package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.ModelInfo;
import java.time.Instant;
import java.util.List;

/// `GET /v1/models` and `GET /v1/models/{model}`, as Anthropic's SDKs read them
/// (anthropic-sdk-python, `types/model_info.py` and `types/model_list_params.py`). What is not
/// known of a model is null.
public final class ModelList {
    private ModelList() {}

    /// Which models a page is to show.
    ///
    /// @param after id of the model before the page's first, or empty
    /// @param before id of the model after the page's last, or empty
    public record Page(String after, String before, int limit) {}

    /// @throws Problem `NOT_FOUND` if there is no model `after` or `before`
    public static Slice write(List<ModelInfo> models, Page page) {
        boolean backward = page.after().isEmpty() && !page.before().isEmpty();
        int from = page.after().isEmpty() ? 0 : index(models, page.after()) + 1;
        int end = backward ? index(models, page.before()) : models.size();
        int first = backward ? Math.max(from, end - page.limit()) : from;
        int last = Math.min(end, first + page.limit());
        List<ModelInfo> shown = models.subList(first, last);
        JsonOut out = new JsonOut().beginObject().name("data").beginArray();
        shown.forEach(model -> out.json(write(model)));
        out.endArray().name("has_more").literal("" + (backward ? first > 0 : last < end));
        if (shown.isEmpty()) {
            out.name("first_id").literal("null").name("last_id").literal("null");
        } else {
            out.name("first_id").text(shown.getFirst().id());
            out.name("last_id").text(shown.getLast().id());
        }
        return out.endObject().slice();
    }

    private static int index(List<ModelInfo> models, String id) {
        for (int i = 0; i < models.size(); i++) {
            if (models.get(i).id().equals(id)) {
                return i;
            }
        }
        throw Problem.notFound("there is no such model to go on from", "models")
                .fix("use first_id or last_id of another page");
    }

    public static Slice write(ModelInfo model) {
        JsonOut out = new JsonOut().beginObject().name("type").text("model");
        out.name("id").text(model.id()).name("display_name").text(model.id());
        out.name("created_at").text(Instant.ofEpochSecond(model.createdSeconds()).toString());
        out.name("lifecycle").text("active");
        for (String unknown :
                List.of(
                        "capabilities",
                        "deprecated_at",
                        "line",
                        "max_input_tokens",
                        "max_tokens",
                        "retires_at")) {
            out.name(unknown).literal("null");
        }
        return out.endObject().slice();
    }
}
