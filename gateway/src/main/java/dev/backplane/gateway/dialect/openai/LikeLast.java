package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// Chunks of a stream that are as the last one byte for byte, but for the text that they bring:
///
/// ```
/// {"id":"c","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}
/// {"id":"c","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}
/// └────────────────────── before ────────────────────┘  └────────── after ───────┘
/// ```
///
/// Of most streams that is nearly all of them. What is between is held to be a string only where it
/// is ASCII without anything escaped: then a parser would stand behind it as it did behind the last
/// one. For one stream and one thread.
final class LikeLast {
    /// What is longer than that is not held for this.
    private static final int BYTES_MAX = 4 << 10;

    private static final int NONE = -1;
    private static final int SEVERAL = -2;

    private byte[] before = {};
    private byte[] after = {};
    private int choice;
    private int textAt = NONE;

    /// Before a chunk is parsed.
    void forget() {
        before = new byte[0];
        textAt = NONE;
    }

    /// A text was found in the chunk.
    ///
    /// @param at where its value begins
    void text(int at) {
        textAt = textAt == NONE ? at : SEVERAL;
    }

    /// The chunk that was parsed is nothing but that text.
    void learn(Slice chunk, int ofChoice) {
        if (textAt < 0 || chunk.length() > BYTES_MAX || chunk.at(textAt) != '"') {
            return;
        }
        int end = textAt + 1;
        while (isPlain(chunk.at(end))) {
            end++;
        }
        if (chunk.at(end) == '"') {
            before = chunk.slice(0, textAt + 1).bytes();
            after = chunk.slice(end, chunk.length()).bytes();
            choice = ofChoice;
        }
    }

    private static boolean isPlain(byte b) {
        return b >= ' ' && b < 0x7F && b != '"' && b != '\\';
    }

    /// @return what a chunk says that is as the last one
    Optional<Event.TextDelta> read(Slice chunk) {
        byte[] array = chunk.array();
        int from = chunk.offset() + before.length;
        int to = chunk.offset() + chunk.length() - after.length;
        if (before.length == 0
                || to <= from
                || !Arrays.equals(array, chunk.offset(), from, before, 0, before.length)
                || !Arrays.equals(array, to, to + after.length, after, 0, after.length)) {
            return Optional.empty();
        }
        for (int i = from; i < to; i++) {
            if (!isPlain(array[i])) {
                return Optional.empty();
            }
        }
        String text = new String(array, from, to - from, StandardCharsets.ISO_8859_1);
        return Optional.of(new Event.TextDelta(choice, text));
    }
}
