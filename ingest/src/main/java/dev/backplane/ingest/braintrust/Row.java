package dev.backplane.ingest.braintrust;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.dialect.BraintrustFields;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.json.JsonValues;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads one row of a `logs3` request. For one row, one thread.
final class Row {
    private static final Set<Field> FEEDBACK =
            EnumSet.of(Field.SCORES, Field.EXPECTED, Field.COMMENTS, Field.TAGS);

    private static final Set<String> NOT_OF_A_COMMENT =
            Set.of("comment", "origin", "project_id", "log_id");

    private final Slice row;
    private final String id;
    private final Logs3.Places places;
    private final SpanData.Builder data = SpanData.builder();
    private final JsonOut extra = new JsonOut().beginObject();
    private final List<List<String>> mergePaths = new ArrayList<>();
    private final List<SpanEvent.Deletion> deletions = new ArrayList<>();
    private Optional<Slice> metrics = Optional.empty();
    private Optional<Slice> metadata = Optional.empty();
    private Optional<Slice> attributes = Optional.empty();
    private Optional<Slice> created = Optional.empty();
    private Optional<Slice> comment = Optional.empty();
    private Optional<String> project = Optional.empty();
    private Optional<RowKey> identity = Optional.empty();
    private final Map<String, String> containers = new HashMap<>();
    private String commented = "";
    private String span = "";
    private String root = "";
    private boolean merge;
    private boolean delete;
    private boolean hasExtra;

    Row(Slice row, String id, Logs3.Places places) {
        this.row = row;
        this.id = id;
        this.places = places;
    }

    /// The same for the same row, so that a retry is recognised.
    static String madeUpId(Slice row) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(row.array(), row.offset(), row.length());
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    SpanEvent event(IngestContext context) {
        if (!JsonBytes.isObject(row)) {
            throw bad("row is not an object", "send one object a row");
        }
        JsonBytes.members(row, this::member);
        RowKey identified = identity(context);
        identity = Optional.of(identified);
        SpanKey key = key(identified);
        if (delete) {
            return SpanEvent.delete(key);
        }
        if (isComment()) {
            data.put(Field.COMMENTS, commentOfItsOwn());
            return SpanEvent.feedback(key, data.build());
        }
        comment.ifPresent(said -> data.put(Field.COMMENTS, comment(said)));
        boolean feedback = merge && isFeedback();
        times();
        if (hasExtra) {
            data.put(Field.EXTRA, Value.json(extra.endObject().slice()));
        }
        if (feedback) {
            return SpanEvent.feedback(key, data.build());
        }
        BraintrustFields.put(data, attributes, metadata, metrics, !merge, context);
        return merge
                ? SpanEvent.merge(
                        key, data.build(), new SpanEvent.MergeRules(mergePaths, deletions))
                : SpanEvent.insert(key, data.build());
    }

    /// The row that this one writes to: itself, or for a comment the one that is commented. Known
    /// once there is an event.
    RowKey identity() {
        return identity.orElseThrow();
    }

    private RowKey identity(IngestContext context) {
        return new RowKey(
                places.project(project.orElse(context.project())),
                RowKey.container(name -> Optional.ofNullable(containers.get(name))),
                isComment() ? commented : id);
    }

    /// A row that is there keeps its place, whatever span ids a later write of it names. Only a
    /// first write that names its own span is not looked for: it makes the row.
    private SpanKey key(RowKey identity) {
        boolean placed = !span.isEmpty() || !root.isEmpty();
        String spanId = span.isEmpty() ? identity.spanId() : span;
        SpanKey own = new SpanKey(identity.project(), root.isEmpty() ? spanId : root, spanId);
        return placed && !merge && !delete ? own : places.locate(identity, own).orElse(own);
    }

    /// What SDKs send to comment on a row: a row of its own with nothing but the comment and whose
    /// `origin` names the row that is meant.
    private boolean isComment() {
        return comment.isPresent() && !commented.isEmpty() && span.isEmpty() && root.isEmpty();
    }

    private boolean isFeedback() {
        return mergePaths.isEmpty()
                && deletions.isEmpty()
                && metrics.isEmpty()
                && attributes.isEmpty()
                && !data.build().isEmpty()
                && FEEDBACK.containsAll(data.build().present());
    }

    private void member(String name, Slice value) {
        if (JsonBytes.isNull(value)) {
            return;
        }
        switch (name) {
            case "span_id" -> span = string(name, value);
            case "root_span_id" -> root = string(name, value);
            case "span_parents" -> parents(value);
            case "_is_merge" -> merge = JsonBytes.first(value) == 't';
            case "_object_delete" -> objectDelete(value);
            case "_array_delete" -> deletions(value);
            case "_merge_paths" -> JsonBytes.elements(value, path -> mergePaths.add(path(path)));
            case "created" -> created = Optional.of(value);
            case "input" -> data.put(Field.INPUT, JsonValues.payload(value));
            case "output" -> data.put(Field.OUTPUT, JsonValues.payload(value));
            case "expected" -> data.put(Field.EXPECTED, JsonValues.payload(value));
            case "error" -> {
                data.put(Field.ERROR, JsonValues.payload(value));
                data.put(Field.STATUS, "error");
            }
            case "scores" -> data.put(Field.SCORES, object(name, value));
            case "tags" -> data.put(Field.TAGS, array(name, value));
            case "comment" -> comment = Optional.of(value);
            case "origin" -> {
                commented = RowKey.text(value, "id").orElse("");
                extra(name, value);
            }
            case "experiment_id", "dataset_id", "prompt_session_id", "log_id" -> {
                containers.put(name, string(name, value));
                extra(name, value);
            }
            case "project_id" -> {
                project = Optional.of(string(name, value)).filter(id -> !id.isEmpty());
                extra(name, value);
            }
            case "metadata" -> metadata = Optional.of(value);
            case "metrics" -> metrics = Optional.of(value);
            case "span_attributes" -> {
                attributes = Optional.of(value);
                extra(name, value);
            }
            default -> extra(name, value);
        }
        if (name.equals("metadata")) {
            data.put(Field.METADATA, object(name, value));
        }
    }

    private void extra(String name, Slice value) {
        extra.name(name).json(value);
        hasExtra = true;
    }

    private void parents(Slice value) {
        List<String> parents = path(value);
        if (!parents.isEmpty()) {
            data.put(Field.PARENT_ID, parents.getFirst());
        }
        if (parents.size() > 1) {
            extra("span_parents", value);
        }
    }

    private void objectDelete(Slice value) {
        if (JsonBytes.isArray(value)) {
            deletions(value);
        } else {
            delete = JsonBytes.first(value) == 't';
        }
    }

    /// `[{"path":["tags"],"delete":["a"]}]`.
    private void deletions(Slice value) {
        JsonBytes.elements(
                value,
                deletion -> {
                    List<String> elements = new ArrayList<>();
                    JsonBytes.member(deletion, "delete")
                            .ifPresent(list ->
                                    JsonBytes.elements(
                                            list, element -> elements.add(element.text())));
                    List<String> path =
                            JsonBytes.member(deletion, "path").map(Row::path).orElse(List.of());
                    if (path.isEmpty()) {
                        throw bad("deletion without a path", "send {\"path\":[…],\"delete\":[…]}");
                    }
                    deletions.add(new SpanEvent.Deletion(path, elements));
                });
    }

    private static List<String> path(Slice value) {
        List<String> path = new ArrayList<>();
        JsonBytes.elements(
                value,
                step -> path.add(JsonBytes.isString(step) ? JsonBytes.string(step) : step.text()));
        return path;
    }

    private static Value comment(Slice value) {
        JsonOut out = new JsonOut().beginArray();
        if (JsonBytes.isObject(value)) {
            out.json(value);
        } else {
            out.beginObject().name("text").json(value).endObject();
        }
        return Value.json(out.endArray().slice());
    }

    /// Keeps what else the row says about the comment, such as its id and time, beside its text.
    private Value commentOfItsOwn() {
        JsonOut out = new JsonOut().beginArray().beginObject();
        comment.ifPresent(said -> {
            if (JsonBytes.isObject(said)) {
                JsonBytes.members(said, (name, value) -> out.name(name).json(value));
            } else {
                out.name("text").json(said);
            }
        });
        JsonBytes.members(
                row,
                (name, value) -> {
                    if (!NOT_OF_A_COMMENT.contains(name) && !JsonBytes.isNull(value)) {
                        out.name(name).json(value);
                    }
                });
        return Value.json(out.endObject().endArray().slice());
    }

    /// The start of a span is `metrics.start`, or `created` in the row that makes it; a later row's
    /// `created` says only when that row was written.
    private void times() {
        Optional<Long> start = time("start");
        if (start.isEmpty() && !merge) {
            start =
                    created.filter(JsonBytes::isString)
                            .map(text -> JsonValues.time(JsonBytes.string(text)));
        } else {
            created.ifPresent(text -> extra("created", text));
        }
        start.ifPresent(nanos -> data.put(Field.START_TIME, nanos));
        time("end").ifPresent(nanos -> data.put(Field.END_TIME, nanos));
    }

    private Optional<Long> time(String name) {
        return metrics.flatMap(object -> JsonBytes.member(object, name))
                .flatMap(JsonValues::nanosOfSeconds);
    }

    private static String string(String name, Slice value) {
        if (!JsonBytes.isString(value)) {
            throw bad(name + " is not a string", "send a string");
        }
        return JsonBytes.string(value);
    }

    private static Value object(String name, Slice value) {
        if (!JsonBytes.isObject(value)) {
            throw bad(name + " is not an object", "send an object");
        }
        return Value.json(value);
    }

    private static Value array(String name, Slice value) {
        if (!JsonBytes.isArray(value)) {
            throw bad(name + " is not an array", "send an array");
        }
        return Value.json(value);
    }

    private static Problem bad(String what, String fix) {
        return Problem.invalid(what, "row").fix(fix);
    }
}
