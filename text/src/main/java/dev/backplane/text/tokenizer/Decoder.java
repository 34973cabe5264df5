package dev.backplane.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// What a token reads as: its bytes, which may be a part of a character, and whether it stands
/// behind a space.
///
/// The decoders of Hugging Face's `tokenizers` work on all pieces of a text at once. All in use
/// treat each piece by itself, but for what they do at a text's beginning; so they are applied
/// piece by piece here, and the beginning is told apart by `first`. That makes a text readable
/// while its tokens come.
///
/// @param steps what happens to each piece
/// @param stripped how many spaces are dropped at a text's beginning
record Decoder(List<Step> steps, int stripped) {
    Decoder {
        steps = List.copyOf(steps);
    }

    /// Changes a piece, or says its bytes.
    sealed interface Step {}

    /// The piece is written in the [ByteAlphabet]; one that is not is its own UTF-8.
    record ByteLevel() implements Step {}

    /// A piece `<0x41>` is that byte.
    record ByteFallback() implements Step {}

    record Replace(SplitPattern pattern, String content) implements Step {}

    /// Drops a character at both ends, so often at most.
    record Strip(char character, int left, int right) implements Step {}

    /// A space before each piece but the first, unless it begins with the prefix, which is dropped.
    ///
    /// @param cleanup whether spaces before punctuation are dropped
    record WordPiece(String prefix, boolean cleanup) implements Step {}

    /// A space between pieces.
    record Spaced() implements Step {}

    /// @param first whether no piece came before it
    byte[] bytes(String piece, boolean first) {
        String text = piece;
        for (Step step : steps) {
            switch (step) {
                case ByteLevel() -> {
                    byte[] bytes = ByteAlphabet.read(text);
                    return bytes == null ? text.getBytes(StandardCharsets.UTF_8) : bytes;
                }
                case ByteFallback() -> {
                    int value = byteOf(text);
                    if (value >= 0) {
                        return new byte[] {(byte) value};
                    }
                }
                case Replace(SplitPattern pattern, String content) ->
                        text = pattern.replaceAll(text, content);
                case Strip(char character, int left, int right) ->
                        text = strip(text, character, left, right);
                case WordPiece(String prefix, boolean cleanup) -> {
                    if (!first) {
                        text =
                                text.startsWith(prefix)
                                        ? text.substring(prefix.length())
                                        : " " + text;
                    }
                    text = cleanup ? cleaned(text) : text;
                }
                case Spaced() -> text = first ? text : " " + text;
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// The byte that a piece `<0x41>` stands for, or -1.
    static int byteOf(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static String strip(String text, char character, int left, int right) {
        int from = 0;
        int to = text.length();
        while (from < Math.min(left, to) && text.charAt(from) == character) {
            from++;
        }
        int least = Math.max(from, text.length() - right);
        while (to > least && text.charAt(to - 1) == character) {
            to--;
        }
        return text.substring(from, to);
    }

    private static String cleaned(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" do not", " don't")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }
}
