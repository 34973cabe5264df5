package dev.backplane.ingest.otlp;

import dev.backplane.core.Slice;
import org.jspecify.annotations.Nullable;

/// Attribute names as strings: the same few hundred come with every span, so the last one seen in
/// each slot is kept. Thread-safe without locks: strings are immutable, and to lose a write only
/// costs making the string again.
final class NameCache {
    private static final int SLOTS = 4_096;
    private static final int NAME_LENGTH_MAX = 128;

    private final @Nullable String[] slots = new @Nullable String[SLOTS];

    String name(Slice bytes) {
        if (bytes.length() > NAME_LENGTH_MAX) {
            return bytes.text();
        }
        int slot = bytes.hashCode() * 0x9E3779B1 >>> 20;
        String seen = slots[slot];
        if (seen != null && same(seen, bytes)) {
            return seen;
        }
        String name = bytes.text();
        if (bytes.isAscii()) {
            slots[slot] = name;
        }
        return name;
    }

    private static boolean same(String name, Slice bytes) {
        if (name.length() != bytes.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) != bytes.array()[bytes.offset() + i]) {
                return false;
            }
        }
        return true;
    }
}
