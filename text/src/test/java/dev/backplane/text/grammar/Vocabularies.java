package dev.backplane.text.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A vocabulary as small as it can be while showing everything: all bytes, and pieces that go over
/// the borders of JSON's parts.
final class Vocabularies {
    private static final List<byte[]> PIECES = pieces();

    static final int SIZE = PIECES.size();
    static final int END = SIZE - 1;

    private Vocabularies() {}

    private static List<byte[]> pieces() {
        List<byte[]> pieces = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            pieces.add(new byte[] {(byte) value});
        }
        for (String piece :
                List.of(
                        "\",", "\":", "\": ", "{\"", "\"}", "\"]", "},", "}]", "]}", ", \"", "[\"",
                        "null", "true", "false", "12", "123", "-1", "1.5", ": ", ",\n", "name",
                        "age", "kind", "circle", "next", "value", "é", "🙂", "\\n", "\\u00",
                        "\"a\"", "abc", "\n  ", "null}", "0,", "{}", "[]", "true", "\"z\": ",
                        "free", "id")) {
            pieces.add(piece.getBytes(StandardCharsets.UTF_8));
        }
        pieces.add(new byte[0]);
        return pieces;
    }

    static byte[] bytes(int token) {
        return PIECES.get(token);
    }

    /// Whether the token brings an answer nearer to its end.
    static boolean closes(int token) {
        byte[] piece = PIECES.get(token);
        return piece.length > 0 && "\"]},:".indexOf(piece[piece.length - 1]) >= 0;
    }

    static TokenTrie small() {
        return TokenTrie.of(SIZE, Vocabularies::bytes, END);
    }
}
