package dev.backplane.store.event;

import org.jspecify.annotations.Nullable;

/// One copy of the names that most rows share (of models, providers, agents): rows of fresh spans
/// stay in memory until compaction, and it is their number of objects that the collector's pauses
/// grow with.
///
/// A cache of fixed size that forgets by overwriting. Thread-safe: a lost update is a copy more.
final class SharedText {
    private static final int SIZE = 1 << 12;

    /// Longer text is seldom shared.
    private static final int LENGTH_MAX = 100;

    private static final @Nullable String[] KNOWN = new String[SIZE];

    private SharedText() {}

    static String of(String text) {
        if (text.isEmpty() || text.length() > LENGTH_MAX) {
            return text;
        }
        int hash = text.hashCode();
        int slot = (hash ^ hash >>> 12) & SIZE - 1;
        String known = KNOWN[slot];
        if (known != null && known.equals(text)) {
            return known;
        }
        KNOWN[slot] = text;
        return text;
    }
}
