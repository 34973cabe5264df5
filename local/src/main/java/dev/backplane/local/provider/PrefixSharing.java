package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.provider.CallContext.Caller;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Who has the use of prompts that others' requests have computed already. An answer that begins at
/// once tells that somebody asked the same before, so those who must not learn of each other's
/// prompts share nothing ("I Know What You Asked", Wu et al., NDSS 2025).
public enum PrefixSharing {
    /// Requests with the same key.
    KEY,
    /// Requests of the same project.
    PROJECT,
    /// All requests.
    ALL;

    /// What a client may say to share with fewer, as vLLM has it.
    static final String FIELD = "cache_salt";

    private static final int SALT_CHARS_MAX = 1_024;

    /// By its name in the configuration.
    public static Optional<PrefixSharing> byId(String id) {
        return Arrays.stream(values()).filter(value -> value.id().equals(id)).findFirst();
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The salt of a request. Different callers have different ones whatever they send: each part
    /// stands behind its length.
    ///
    /// @param asked the field's JSON, or empty
    /// @throws Problem `INVALID` when that is no text, or empty
    String salt(Caller caller, Slice asked) {
        String own = asked.isEmpty() ? "" : text(asked);
        return switch (this) {
            case KEY -> parts("key", caller.project(), caller.key(), own);
            case PROJECT -> parts("project", caller.project(), own);
            case ALL -> parts("all", own);
        };
    }

    private static String parts(String... parts) {
        StringBuilder salt = new StringBuilder();
        for (String part : parts) {
            salt.append(part.length()).append(':').append(part);
        }
        return salt.toString();
    }

    private static String text(Slice json) {
        if (JsonTree.parse(json.text(), FIELD) instanceof JsonTree.Text(String text)
                && !text.isEmpty()
                && text.length() <= SALT_CHARS_MAX) {
            return text;
        }
        throw Problem.invalid("no text of 1 to %,d characters".formatted(SALT_CHARS_MAX), FIELD)
                .fix("give a text that only those know who may share, or leave it out");
    }
}
