package dev.backplane.store.sql;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A text that somebody wrote, and the names of places in it: `SQL, line 2, column 8`. Lines and
/// columns count from 1; a column is a character as people count them, not a byte. Immutable.
///
/// @param name what the text is: `SQL`, `filter`
/// @param own whether we wrote it: then it may name what users do not see
record SourceText(String name, String text, boolean own) {
    static SourceText sql(String text) {
        return new SourceText("SQL", text, false);
    }

    static SourceText own(String text) {
        return new SourceText("SQL", text, true);
    }

    static SourceText filter(String text) {
        return new SourceText("filter", text, false);
    }

    /// The place of the character at an index of the text.
    String at(int index) {
        int end = Math.clamp(index, 0, text.length());
        int start = text.lastIndexOf('\n', end - 1) + 1;
        long line = text.substring(0, start).chars().filter(c -> c == '\n').count() + 1;
        int column = text.codePointCount(start, end) + 1;
        return name + ", line " + line + ", column " + column;
    }

    /// The place of a byte of the text, as DuckDB's parser counts.
    String atByte(long offset) {
        byte[] bytes = utf8();
        int end = Math.clamp(offset, 0, bytes.length);
        return at(new String(bytes, 0, end, StandardCharsets.UTF_8).length());
    }

    /// The place of the first of the nodes that has one; the whole text if none has.
    String at(JsonNode... nodes) {
        for (JsonNode node : nodes) {
            JsonNode location = node.path("query_location");
            // A node without a place says 2^64 - 1.
            if (location.isNumber() && location.canConvertToLong() && location.asLong() >= 0) {
                return atByte(location.asLong());
            }
        }
        return name;
    }

    /// The place of a name's first use outside strings and comments; the whole text if it is not
    /// there. For what DuckDB says about the query as it was rewritten, whose places are others.
    String at(String word) {
        String folded = text.toLowerCase(Locale.ROOT);
        String wanted = word.toLowerCase(Locale.ROOT);
        if (folded.length() != text.length() || wanted.isEmpty()) {
            return name;
        }
        for (int i = 0; i < text.length(); i++) {
            if (isWord(i - 1) || !folded.startsWith(wanted, i) || isWord(i + wanted.length())) {
                int end = text.charAt(i) == '"' ? i : SqlGuard.endOfQuoted(text, i);
                i = Math.max(i, end - 1);
            } else {
                return at(i);
            }
        }
        return name;
    }

    private boolean isWord(int index) {
        return index >= 0 && index < text.length() && SqlGuard.isWord(text.charAt(index));
    }

    byte[] utf8() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// What the text says at a node of its tree, if the tree knows where that begins and ends.
    ///
    /// @param utf8 of the text, made once for many nodes
    static Optional<String> slice(byte[] utf8, JsonNode node) {
        int length = node.path("query_location_length").asInt(0);
        JsonNode location = node.path("query_location");
        boolean known =
                length > 0
                        && location.canConvertToInt()
                        && location.asInt() >= 0
                        && location.asInt() + length <= utf8.length;
        return known
                ? Optional.of(new String(utf8, location.asInt(), length, StandardCharsets.UTF_8))
                : Optional.empty();
    }
}
