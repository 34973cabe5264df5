package dev.backplane.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The alphabet in which byte-level vocabularies are written: a printable character for each byte.
///
/// Bytes that Latin-1 prints (33 to 126, 161 to 172, 174 to 255) stand for themselves; the other 68
/// follow from U+0100 on, in order. Source: `bytes_to_unicode` of GPT-2's encoder.
final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final int[] BYTES = new int[256 + 68];

    static {
        Arrays.fill(BYTES, -1);
        int next = 256;
        for (int value = 0; value < 256; value++) {
            boolean printed =
                    value > 32 && value < 127 || value > 160 && value < 173 || value > 173;
            CHARACTERS[value] = (char) (printed ? value : next++);
            BYTES[CHARACTERS[value]] = value;
        }
    }

    private ByteAlphabet() {}

    static char character(int value) {
        return CHARACTERS[value];
    }

    /// The text's bytes, a character each.
    static String write(byte[] bytes) {
        char[] text = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            text[i] = CHARACTERS[bytes[i] & 0xFF];
        }
        return new String(text);
    }

    static String write(String text) {
        return write(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The bytes that the characters stand for, or null when one stands for none.
    static byte @Nullable [] read(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            char character = text.charAt(i);
            if (character >= BYTES.length || BYTES[character] < 0) {
                return null;
            }
            bytes[i] = (byte) BYTES[character];
        }
        return bytes;
    }
}
