package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;

/// The `metadata` of things that are kept: up to 16 texts with names, as OpenAI has it.
final class Metadata {
    private static final int MEMBERS_MAX = 16;
    private static final int NAME_CHARS_MAX = 64;
    private static final int CHARS_MAX = 512;

    private Metadata() {}

    /// The object as it came, or [Slice#EMPTY].
    static Slice of(Members body) {
        Members metadata = body.object("metadata");
        if (metadata.values().size() > MEMBERS_MAX) {
            throw Problem.invalid("metadata has more than 16 members", "metadata")
                    .fix("send fewer");
        }
        for (String name : metadata.values().keySet()) {
            if (name.length() > NAME_CHARS_MAX || metadata.text(name).length() > CHARS_MAX) {
                throw Problem.invalid("member of metadata is too long", "metadata")
                        .fix("send names of up to 64 characters and texts of up to 512");
            }
        }
        return body.raw("metadata").copy();
    }
}
