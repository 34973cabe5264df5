package dev.backplane.store.content;

import dev.backplane.core.Slice;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Cuts the text of a JSON array of objects into its elements: messages, tool definitions, events.
///
/// One pass that tracks strings and nesting; it does not validate, because joining restores the
/// bytes whatever they were (invariant C-1). Only arrays written in one of the [Style]s are cut.
public final class Splitter {
    /// Arrays of tiny elements (vectors, coordinates) gain nothing and cost a leaf an element.
    private static final int ELEMENT_SIZE_MIN = 24;

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private Splitter() {}

    /// @param pieces at least one
    public record Split(Style style, List<Slice> pieces) {}

    /// The elements, or empty where the text is not such an array.
    public static Optional<Split> split(Slice text) {
        byte[] bytes = text.array();
        int from = text.offset();
        int end = from + text.length();
        boolean array =
                text.length() >= 4
                        && bytes[from] == '['
                        && bytes[from + 1] == '{'
                        && bytes[end - 1] == ']'
                        && bytes[end - 2] == '}';
        return array ? cut(bytes, from + 1, end - 1) : Optional.empty();
    }

    private static Optional<Split> cut(byte[] bytes, int from, int end) {
        List<Slice> pieces = new ArrayList<>();
        int spaced = -1;
        int start = from;
        while (true) {
            int close = skipObject(bytes, start, end);
            if (close < 0) {
                return Optional.empty();
            }
            pieces.add(new Slice(bytes, start, close - start));
            if (end - from < (long) pieces.size() * ELEMENT_SIZE_MIN) {
                return Optional.empty();
            }
            if (close == end) {
                break;
            }
            int gap = gap(bytes, close, end);
            if (gap < 0 || spaced >= 0 && spaced != gap) {
                return Optional.empty();
            }
            spaced = gap;
            start = close + 1 + gap;
        }
        return Optional.of(new Split(spaced == 1 ? Style.JSON_SPACED : Style.JSON, pieces));
    }

    /// Spaces between elements, 0 or 1; -1 where something else stands there.
    private static int gap(byte[] bytes, int at, int end) {
        if (bytes[at] != ',' || at + 2 >= end) {
            return -1;
        }
        if (bytes[at + 1] == '{') {
            return 0;
        }
        return bytes[at + 1] == ' ' && bytes[at + 2] == '{' ? 1 : -1;
    }

    /// The position after the object that starts at `at`, or -1.
    private static int skipObject(byte[] bytes, int at, int end) {
        int depth = 0;
        int i = at;
        while (i < end) {
            switch (bytes[i]) {
                case '"' -> {
                    i = skipString(bytes, i + 1, end);
                    if (i < 0) {
                        return -1;
                    }
                }
                case '{', '[' -> depth++;
                case '}', ']' -> {
                    if (--depth == 0) {
                        return i + 1;
                    }
                }
                default -> {}
            }
            i++;
        }
        return -1;
    }

    /// The position of the closing quote, or -1. Text is mostly plain, which is skipped eight bytes
    /// at a time.
    private static int skipString(byte[] bytes, int at, int end) {
        int i = at;
        while (i + Long.BYTES <= end) {
            long word = (long) WORD.get(bytes, i);
            long quote = word ^ 0x2222222222222222L;
            long slash = word ^ 0x5C5C5C5C5C5C5C5CL;
            long found = ((quote - ONES & ~quote) | (slash - ONES & ~slash)) & HIGHS;
            if (found == 0) {
                i += Long.BYTES;
                continue;
            }
            i += Long.numberOfTrailingZeros(found) >>> 3;
            if (bytes[i] == '"') {
                return i;
            }
            i += 2;
        }
        while (i < end) {
            byte b = bytes[i];
            if (b == '"') {
                return i;
            }
            i += b == '\\' ? 2 : 1;
        }
        return -1;
    }
}
