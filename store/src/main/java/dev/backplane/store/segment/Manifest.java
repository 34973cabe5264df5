package dev.backplane.store.segment;

import dev.backplane.core.Json;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Which segments make up the store: one JSON object `manifest/NUMBER.json` (16 hexadecimal digits)
/// a state, the highest number being the current one.
///
/// A new state is written under the next number if there is none yet: whoever comes second sees a
/// conflict, so two processes cannot both believe that they own the store (and no object is ever
/// rewritten, which some buckets allow only once a second). A few old states are kept for people.
///
/// @param flushed log generations up to this are in segments
/// @param receivedBytes of payload accepted up to then, before deduplication
public record Manifest(long number, long flushed, long receivedBytes, List<SegmentInfo> segments) {
    public static final Manifest EMPTY = new Manifest(0, 0, 0, List.of());

    private static final int VERSION = 1;
    private static final String PREFIX = "manifest/";
    private static final int KEPT = 4;
    private static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();

    public Manifest {
        segments = List.copyOf(segments);
    }

    private static String key(long number) {
        return PREFIX + "%016x.json".formatted(number);
    }

    /// The current state; [#EMPTY] when there is none.
    public static Manifest load(ObjectStore objects) throws IOException {
        List<ObjectStore.Listed> all = objects.list(PREFIX);
        if (all.isEmpty()) {
            return EMPTY;
        }
        String newest = all.getLast().key();
        Optional<ObjectStore.Tagged> object = objects.get(newest);
        if (object.isEmpty()) {
            return load(objects);
        }
        try {
            return parse(object.get().bytes());
        } catch (JacksonException e) {
            throw damaged(newest).causedBy(e);
        }
    }

    private static Problem damaged(String what) {
        return Problem.internal("the manifest is damaged", what)
                .fix("restore it, or remove it to go back to the one before");
    }

    /// Makes this the current state.
    ///
    /// @throws IOException when it is not known whether it did: ask [#isCommitted] later
    /// @throws Problem `CONFLICT` when another process was first
    public void commit(ObjectStore objects) throws IOException {
        byte[] bytes = bytes();
        String key = key(number);
        if (objects.putIfAbsent(key, bytes).isEmpty() && !isOurs(objects, key, bytes)) {
            throw Problem.conflict("another process changed the store", key)
                    .fix("run one writer on a data directory or bucket");
        }
    }

    /// Whether a [#commit] that failed did happen.
    public boolean isCommitted(ObjectStore objects) throws IOException {
        return isOurs(objects, key(number), bytes());
    }

    /// Removes the state that has become too old to keep.
    public void prune(ObjectStore objects) throws IOException {
        if (number > KEPT) {
            objects.delete(key(number - KEPT));
        }
    }

    private byte[] bytes() {
        return escaped(json()).getBytes(StandardCharsets.UTF_8);
    }

    /// A project's name may hold a lone surrogate, which UTF-8 has no bytes for.
    private static String escaped(String json) {
        StringBuilder text = new StringBuilder(json.length());
        json.codePoints()
                .forEach(point -> {
                    boolean lone =
                            point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
                    if (lone) {
                        text.append("\\u%04x".formatted(point));
                    } else {
                        text.appendCodePoint(point);
                    }
                });
        return text.toString();
    }

    private static boolean isOurs(ObjectStore objects, String key, byte[] bytes)
            throws IOException {
        return objects.get(key).map(found -> Arrays.equals(found.bytes(), bytes)).orElse(false);
    }

    private String json() {
        return Json.write(out -> {
            out.writeStartObject();
            out.writeNumberProperty("version", VERSION);
            out.writeNumberProperty("number", number);
            out.writeNumberProperty("flushed", flushed);
            out.writeNumberProperty("received_bytes", receivedBytes);
            out.writeArrayPropertyStart("segments");
            for (SegmentInfo segment : segments) {
                out.writeStartObject();
                out.writeStringProperty("id", segment.id());
                out.writeStringProperty("project", segment.project());
                out.writeNumberProperty("rows", segment.rows());
                out.writeNumberProperty("traces", segment.traces());
                out.writeNumberProperty("contents", segment.contents());
                out.writeNumberProperty("content_bytes", segment.contentBytes());
                out.writeNumberProperty("column_bytes", segment.columnBytes());
                out.writeNumberProperty("text_bytes", segment.textBytes());
                out.writeNumberProperty("pack_bytes", segment.packBytes());
                out.writeNumberProperty("min_start", segment.minStartNanos());
                out.writeNumberProperty("max_start", segment.maxStartNanos());
                out.writeNumberProperty("max_version", segment.maxVersion());
                out.writeBooleanProperty("thorough", segment.thorough());
                out.writeArrayPropertyStart("dead");
                ranges(segment.dead()).forEach(out::writeNumber);
                out.writeEndArray();
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    /// Runs of set bits as `from, to, from, to…`.
    private static List<Integer> ranges(BitSet bits) {
        List<Integer> ranges = new ArrayList<>();
        for (int from = bits.nextSetBit(0); from >= 0; ) {
            int to = bits.nextClearBit(from);
            ranges.add(from);
            ranges.add(to);
            from = bits.nextSetBit(to);
        }
        return ranges;
    }

    private static Manifest parse(byte[] bytes) {
        JsonNode root = MAPPER.readTree(bytes);
        if (root.path("version").asInt() != VERSION) {
            throw Problem.internal(
                            "manifest version " + root.path("version") + " is not known", "store")
                    .fix("start the version of Backplane that wrote it");
        }
        List<SegmentInfo> segments = new ArrayList<>();
        for (JsonNode segment : root.path("segments")) {
            BitSet dead = new BitSet();
            JsonNode ranges = segment.path("dead");
            int rows = segment.path("rows").asInt();
            for (int i = 0, at = 0; i + 1 < ranges.size(); i += 2) {
                int from = ranges.get(i).asInt();
                int to = ranges.get(i + 1).asInt();
                if (from < at || to <= from || to > rows) {
                    throw damaged("dead rows " + from + " to " + to + " of " + rows);
                }
                dead.set(from, to);
                at = to;
            }
            segments.add(
                    new SegmentInfo(
                            segment.path("id").asString(),
                            segment.path("project").asString(),
                            segment.path("rows").asInt(),
                            segment.path("traces").asInt(),
                            segment.path("contents").asInt(),
                            segment.path("content_bytes").asLong(),
                            segment.path("column_bytes").asLong(),
                            segment.path("text_bytes").asLong(),
                            segment.path("pack_bytes").asLong(),
                            segment.path("min_start").asLong(),
                            segment.path("max_start").asLong(),
                            segment.path("max_version").asLong(),
                            segment.path("thorough").asBoolean(false),
                            dead));
        }
        return new Manifest(
                root.path("number").asLong(),
                root.path("flushed").asLong(),
                root.path("received_bytes").asLong(),
                segments);
    }
}
