package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.batch.Batch;
import dev.backplane.gateway.batch.LineError;
import dev.backplane.gateway.batch.Progress;
import dev.backplane.gateway.batch.Status;
import dev.backplane.gateway.batch.Tokens;
import java.util.List;

/// Batches as OpenAI writes them (openai-openapi, `Batch` and `ListBatchesResponse`).
final class BatchObject {
    static final String WINDOW = "24h";

    private BatchObject() {}

    static Slice batch(Batch batch) {
        JsonOut out = new JsonOut();
        write(out, batch);
        return out.slice();
    }

    static Slice list(List<Batch> batches, boolean hasMore) {
        JsonOut out = new JsonOut().beginObject().name("object").text("list");
        out.name("data").beginArray();
        batches.forEach(batch -> write(out, batch));
        out.endArray();
        FileJson.ends(out, batches.stream().map(Batch::id).toList(), hasMore);
        return out.endObject().slice();
    }

    private static void write(JsonOut out, Batch batch) {
        out.beginObject().name("id").text(batch.id()).name("object").text("batch");
        out.name("endpoint").text(batch.order().endpoint());
        text(out.name("model"), batch.model());
        errors(out.name("errors"), batch.errors());
        out.name("input_file_id").text(batch.order().input());
        out.name("completion_window").text(WINDOW).name("status").text(batch.status().id());
        // Its files have ids before they are there.
        boolean made = batch.status().ended();
        text(out.name("output_file_id"), made ? batch.outputFile() : "");
        text(out.name("error_file_id"), made ? batch.errorFile() : "");
        time(out, "created_at", batch, Status.VALIDATING);
        time(out, "in_progress_at", batch, Status.IN_PROGRESS);
        out.name("expires_at").literal("" + batch.expires());
        time(out, "finalizing_at", batch, Status.FINALIZING);
        time(out, "completed_at", batch, Status.COMPLETED);
        time(out, "failed_at", batch, Status.FAILED);
        time(out, "expired_at", batch, Status.EXPIRED);
        time(out, "cancelling_at", batch, Status.CANCELLING);
        time(out, "cancelled_at", batch, Status.CANCELLED);
        progress(out, batch.progress());
        out.name("metadata");
        if (batch.order().metadata().isEmpty()) {
            out.literal("null");
        } else {
            out.json(batch.order().metadata());
        }
        out.endObject();
    }

    private static void errors(JsonOut out, List<LineError> errors) {
        if (errors.isEmpty()) {
            out.literal("null");
            return;
        }
        out.beginObject().name("object").text("list").name("data").beginArray();
        for (LineError error : errors) {
            out.beginObject().name("code").text(error.code()).name("message").text(error.message());
            text(out.name("param"), error.param());
            out.name("line").literal(error.line() == 0 ? "null" : "" + error.line()).endObject();
        }
        out.endArray().endObject();
    }

    private static void progress(JsonOut out, Progress progress) {
        out.name("request_counts").beginObject().name("total").literal("" + progress.total());
        out.name("completed").literal("" + progress.completed());
        out.name("failed").literal("" + progress.failed()).endObject();
        Tokens tokens = progress.tokens();
        out.name("usage").beginObject().name("input_tokens").literal("" + tokens.input());
        out.name("input_tokens_details").beginObject().name("cached_tokens");
        out.literal("" + tokens.cached()).endObject();
        out.name("output_tokens").literal("" + tokens.output());
        out.name("output_tokens_details").beginObject().name("reasoning_tokens");
        out.literal("" + tokens.reasoning()).endObject();
        out.name("total_tokens").literal("" + tokens.total()).endObject();
    }

    private static void text(JsonOut out, String text) {
        if (text.isEmpty()) {
            out.literal("null");
        } else {
            out.text(text);
        }
    }

    private static void time(JsonOut out, String name, Batch batch, Status status) {
        out.name(name);
        batch.time(status).ifPresentOrElse(at -> out.literal("" + at), () -> out.literal("null"));
    }
}
