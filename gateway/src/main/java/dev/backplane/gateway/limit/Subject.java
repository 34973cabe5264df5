package dev.backplane.gateway.limit;

import java.util.Locale;
import java.util.Optional;

/// Somebody or something that limits are set for.
///
/// @param name cut to [#NAME_CHARS_MAX], because users and tags are the client's text
public record Subject(Kind kind, String name) {
    static final int NAME_CHARS_MAX = 256;

    /// In a rule: each of its kind, for itself.
    public static final String EACH = "*";

    public enum Kind {
        KEY,
        USER,
        MODEL,
        TAG;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Kind> byId(String id) {
            for (Kind kind : values()) {
                if (kind.id().equals(id)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }
    }

    public Subject {
        name = name.substring(0, Math.min(name.length(), NAME_CHARS_MAX));
    }

    /// For people: `key ci`.
    @Override
    public String toString() {
        return kind.id() + " " + name.substring(0, Math.min(name.length(), 100));
    }
}
