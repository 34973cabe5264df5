package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.file.StoredFile;
import java.util.List;

/// Files as OpenAI writes them (openai-openapi, `OpenAIFile` and `ListFilesResponse`).
final class FileJson {
    private FileJson() {}

    static Slice file(StoredFile file) {
        JsonOut out = new JsonOut();
        write(out, file);
        return out.slice();
    }

    private static void write(JsonOut out, StoredFile file) {
        out.beginObject().name("id").text(file.id()).name("object").text("file");
        out.name("bytes").literal("" + file.bytes());
        out.name("created_at").literal("" + file.created());
        file.expires().ifPresent(at -> out.name("expires_at").literal("" + at));
        out.name("filename").text(file.filename()).name("purpose").text(file.purpose().id());
        // Both are deprecated, and libraries want them.
        out.name("status").text("processed").name("status_details").literal("null").endObject();
    }

    static Slice list(List<StoredFile> files, boolean hasMore) {
        JsonOut out = new JsonOut().beginObject().name("object").text("list");
        out.name("data").beginArray();
        files.forEach(file -> write(out, file));
        out.endArray();
        ends(out, files.stream().map(StoredFile::id).toList(), hasMore);
        return out.endObject().slice();
    }

    /// What a page says of itself beside its elements.
    static void ends(JsonOut out, List<String> ids, boolean hasMore) {
        end(out.name("first_id"), ids.isEmpty() ? "" : ids.getFirst());
        end(out.name("last_id"), ids.isEmpty() ? "" : ids.getLast());
        out.name("has_more").literal(hasMore ? "true" : "false");
    }

    private static void end(JsonOut out, String id) {
        if (id.isEmpty()) {
            out.literal("null");
        } else {
            out.text(id);
        }
    }

    static Slice deleted(String id) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id).name("object").text("file");
        return out.name("deleted").literal("true").endObject().slice();
    }
}
