package dev.backplane.gateway.file;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import java.util.OptionalLong;

/// What is known of a file besides its bytes. In the object store:
///
/// ```
/// {"version":1,"bytes":120,"created":1700000000,"filename":"a.jsonl","purpose":"batch",
///  "expires":1700003600}
/// ```
///
/// Validity: version is 1; `expires` may be missing; other members are passed over. Times are
/// seconds since 1970. Immutable.
///
/// @param expires when it ends to exist
public record StoredFile(
        String id,
        long bytes,
        long created,
        String filename,
        Purpose purpose,
        OptionalLong expires) {
    Slice json() {
        JsonOut out = new JsonOut().beginObject().name("version").literal("1");
        out.name("bytes").literal("" + bytes).name("created").literal("" + created);
        out.name("filename").text(filename).name("purpose").text(purpose.id());
        expires.ifPresent(seconds -> out.name("expires").literal("" + seconds));
        return out.endObject().slice();
    }

    static StoredFile read(String id, Slice json) {
        Members members;
        try {
            members = Members.of(json, id);
        } catch (Problem malformed) {
            throw damaged(id).causedBy(malformed);
        }
        if (members.integer("version").orElse(0) != 1) {
            throw damaged(id);
        }
        return new StoredFile(
                id,
                members.integer("bytes").orElseThrow(() -> damaged(id)),
                members.integer("created").orElseThrow(() -> damaged(id)),
                members.text("filename"),
                Purpose.byId(members.text("purpose")).orElseThrow(() -> damaged(id)),
                members.integer("expires"));
    }

    private static Problem damaged(String id) {
        return Problem.internal("description of a file is damaged", id)
                .fix("restore the object from a backup, or delete the file");
    }

    boolean isThere(long nowSeconds) {
        return expires.isEmpty() || nowSeconds < expires.getAsLong();
    }
}
