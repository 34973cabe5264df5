package dev.backplane.gateway.batch;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// A batch as the object store has it, in `batches/PROJECT/ID.json`:
///
/// ```
/// {"version":1,"status":"in_progress","times":{"validating":1700000000,"in_progress":1700000001},
///  "expires":1700086400,
///  "order":{"key":"key_…","user_agent":"…","session":"","tags":[],
///           "endpoint":"/v1/chat/completions","input":"file-…","metadata":{},
///           "output_expires":3600},
///  "errors":[{"code":"…","message":"…","param":"","line":3}],
///  "progress":{"total":2,"completed":0,"failed":0,
///              "input_tokens":0,"cached_tokens":0,"output_tokens":0,"reasoning_tokens":0},
///  "model":"…","output_file":"","error_file":""}
/// ```
///
/// Validity: version is 1; `metadata` and `output_expires` may be missing; other members are passed
/// over. While a batch runs, its progress is counted from its results, not from here.
final class BatchJson {
    private BatchJson() {}

    static Slice write(Batch batch) {
        JsonOut out = new JsonOut().beginObject().name("version").literal("1");
        out.name("status").text(batch.status().id()).name("times").beginObject();
        batch.times().forEach((status, at) -> out.name(status.id()).literal("" + at));
        out.endObject().name("expires").literal("" + batch.expires());
        order(out.name("order"), batch.order());
        out.name("errors").beginArray();
        for (LineError error : batch.errors()) {
            out.beginObject().name("code").text(error.code()).name("message").text(error.message());
            out.name("param").text(error.param()).name("line").literal("" + error.line());
            out.endObject();
        }
        progress(out.endArray().name("progress"), batch.progress());
        out.name("model").text(batch.model()).name("output_file").text(batch.outputFile());
        return out.name("error_file").text(batch.errorFile()).endObject().slice();
    }

    private static void order(JsonOut out, Order order) {
        out.beginObject().name("key").text(order.key()).name("user_agent").text(order.userAgent());
        out.name("session").text(order.session()).name("tags").beginArray();
        order.tags().forEach(out::text);
        out.endArray().name("endpoint").text(order.endpoint()).name("input").text(order.input());
        if (!order.metadata().isEmpty()) {
            out.name("metadata").json(order.metadata());
        }
        order.outputExpires()
                .ifPresent(seconds -> out.name("output_expires").literal("" + seconds));
        out.endObject();
    }

    private static void progress(JsonOut out, Progress progress) {
        out.beginObject().name("total").literal("" + progress.total());
        out.name("completed").literal("" + progress.completed());
        out.name("failed").literal("" + progress.failed());
        out.name("input_tokens").literal("" + progress.tokens().input());
        out.name("cached_tokens").literal("" + progress.tokens().cached());
        out.name("output_tokens").literal("" + progress.tokens().output());
        out.name("reasoning_tokens").literal("" + progress.tokens().reasoning()).endObject();
    }

    /// @throws Problem `INTERNAL` if it is no such object
    static Batch read(String project, String id, Slice json) {
        try {
            Members members = Members.of(json, id);
            if (members.integer("version").orElse(0) != 1) {
                throw damaged(id);
            }
            Map<Status, Long> times = new EnumMap<>(Status.class);
            Members reached = members.object("times");
            for (String name : reached.values().keySet()) {
                times.put(status(name, id), number(reached, name));
            }
            return new Batch(
                    id,
                    order(project, members.object("order")),
                    status(members.text("status"), id),
                    times,
                    number(members, "expires"),
                    errors(members.array("errors"), id),
                    progress(members.object("progress")),
                    members.text("model"),
                    members.text("output_file"),
                    members.text("error_file"));
        } catch (Problem malformed) {
            throw damaged(id).causedBy(malformed);
        }
    }

    private static Status status(String name, String id) {
        return Status.byId(name).orElseThrow(() -> damaged(id));
    }

    private static Order order(String project, Members order) {
        List<String> tags = new ArrayList<>();
        for (Slice tag : order.array("tags")) {
            tags.add(JsonCursor.read(tag, "tags", JsonCursor::text));
        }
        return new Order(
                project,
                order.text("key"),
                order.text("user_agent"),
                order.text("session"),
                tags,
                order.text("endpoint"),
                order.text("input"),
                order.raw("metadata").copy(),
                order.integer("output_expires"));
    }

    private static List<LineError> errors(List<Slice> array, String id) {
        List<LineError> errors = new ArrayList<>();
        for (Slice element : array) {
            Members error = Members.of(element, id);
            errors.add(
                    new LineError(
                            error.text("code"),
                            error.text("message"),
                            error.text("param"),
                            number(error, "line")));
        }
        return errors;
    }

    private static Progress progress(Members progress) {
        return new Progress(
                (int) number(progress, "total"),
                (int) number(progress, "completed"),
                (int) number(progress, "failed"),
                new Tokens(
                        number(progress, "input_tokens"),
                        number(progress, "cached_tokens"),
                        number(progress, "output_tokens"),
                        number(progress, "reasoning_tokens")));
    }

    private static long number(Members members, String name) {
        return members.integer(name).orElse(0);
    }

    private static Problem damaged(String id) {
        return Problem.internal("state of a batch is damaged", id)
                .fix("restore the object from a backup, or delete it");
    }
}
