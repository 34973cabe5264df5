package dev.backplane.server.dataset;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The index of a dataset: which rows stand in which object, in their order.
///
/// ```
/// {"version":1,"id":"5d0c…","description":"","created":1790000000000,"changed":1790000000000,
///  "change":3,"chunks":[{"object":"000003-1f…","bytes":1048000,"ids":["6b1f…",…]},…]}
/// ```
///
/// @param id of its objects; another dataset that gets the name later has another one
/// @param change counts the changes, so that one can be told to be made from an old state
record Dataset(
        String id,
        String description,
        long createdMillis,
        long changedMillis,
        long change,
        List<Chunk> chunks) {
    /// @param ids of the rows, one a line
    record Chunk(String object, long bytes, List<String> ids) {
        Chunk {
            ids = List.copyOf(ids);
        }
    }

    Dataset {
        chunks = List.copyOf(chunks);
    }

    int rows() {
        return chunks.stream().mapToInt(chunk -> chunk.ids().size()).sum();
    }

    long bytes() {
        return chunks.stream().mapToLong(Chunk::bytes).sum();
    }

    /// Ids of all rows in their order.
    List<String> ids() {
        List<String> ids = new ArrayList<>(rows());
        chunks.forEach(chunk -> ids.addAll(chunk.ids()));
        return ids;
    }

    Optional<Chunk> chunkOf(String row) {
        return chunks.stream().filter(chunk -> chunk.ids().contains(row)).findFirst();
    }

    Dataset with(List<Chunk> after, long now) {
        return new Dataset(id, description, createdMillis, now, change + 1, after);
    }

    Dataset described(String text, long now) {
        return new Dataset(id, text, createdMillis, now, change + 1, chunks);
    }

    Slice json() {
        ObjectNode json = ChatMessages.MAPPER.createObjectNode();
        json.put("version", 1).put("id", id).put("description", description);
        json.put("created", createdMillis).put("changed", changedMillis).put("change", change);
        ArrayNode all = json.putArray("chunks");
        for (Chunk chunk : chunks) {
            ObjectNode written = all.addObject();
            written.put("object", chunk.object()).put("bytes", chunk.bytes());
            chunk.ids().forEach(written.putArray("ids")::add);
        }
        return Slice.of(json.toString());
    }

    /// @param where the key, for the error
    static Dataset read(Slice bytes, String where) {
        try {
            JsonNode json = ChatMessages.MAPPER.readTree(bytes.bytes());
            if (json.path("version").asInt(0) != 1) {
                throw Problem.of(Problem.Kind.CONFIG, "dataset is of another version", where)
                        .fix("use the version of Backplane that wrote it");
            }
            List<Chunk> chunks = new ArrayList<>();
            for (JsonNode chunk : json.path("chunks")) {
                List<String> ids = new ArrayList<>();
                chunk.path("ids").forEach(id -> ids.add(id.asString("")));
                chunks.add(
                        new Chunk(
                                chunk.path("object").asString(""),
                                chunk.path("bytes").asLong(0),
                                ids));
            }
            return new Dataset(
                    json.path("id").asString(""),
                    json.path("description").asString(""),
                    json.path("created").asLong(0),
                    json.path("changed").asLong(0),
                    json.path("change").asLong(0),
                    chunks);
        } catch (JacksonException damaged) {
            throw Problem.of(Problem.Kind.CONFIG, "dataset is damaged", where)
                    .fix("restore the object from a backup, or delete it")
                    .causedBy(damaged);
        }
    }
}
