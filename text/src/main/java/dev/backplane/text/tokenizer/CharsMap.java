package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// SentencePiece's `precompiled_charsmap`: what to write for which characters.
///
/// ```
/// size:u32  units: u32[size / 4]  texts: UTF-8, each ended by a zero byte
/// ```
///
/// The units are a double array of Darts-clone: a trie over bytes whose leaves hold a place among
/// the texts. Of a unit, bits 0 to 7 and 31 are its label, bit 8 says that a leaf hangs on it, bits
/// 10 to 30 are an offset, times 256 when bit 9 is set; a leaf's lower 31 bits are its value. At
/// every position the longest prefix that the trie knows is replaced. Sources: google/sentencepiece
/// (src/normalizer.cc) and s-yata/darts-clone (include/darts.h).
final class CharsMap {
    private final int[] units;
    private final byte[] texts;

    private CharsMap(int[] units, byte[] texts) {
        this.units = units;
        this.texts = texts;
    }

    static CharsMap read(byte[] bytes, String where) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int size = bytes.length < 4 ? -1 : buffer.getInt();
        if (size < 4 || size % 4 != 0 || size > bytes.length - 4) {
            throw Problem.invalid("a table of characters that is cut off", where)
                    .fix("use the file as it was converted");
        }
        int[] units = new int[size / 4];
        buffer.asIntBuffer().get(units);
        return new CharsMap(units, Arrays.copyOfRange(bytes, 4 + size, bytes.length));
    }

    String apply(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream(bytes.length);
        int at = 0;
        while (at < bytes.length) {
            long match = longest(bytes, at);
            if (match < 0) {
                int length = characterLength(bytes[at]);
                out.write(bytes, at, Math.min(length, bytes.length - at));
                at += length;
            } else {
                int from = (int) match;
                int to = from;
                while (to < texts.length && texts[to] != 0) {
                    to++;
                }
                out.write(texts, Math.min(from, to), to - Math.min(from, to));
                at += (int) (match >>> 32);
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static int characterLength(byte lead) {
        int value = lead & 0xFF;
        return value < 0xC0 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
    }

    /// Length of the longest known prefix times 2^32 plus the place of its text, or -1.
    private long longest(byte[] bytes, int from) {
        long found = -1;
        int node = offset(units[0]);
        for (int at = from; at < bytes.length && bytes[at] != 0; at++) {
            int label = bytes[at] & 0xFF;
            node ^= label;
            if (node < 0 || node >= units.length || (units[node] & 0x8000_00FF) != label) {
                break;
            }
            int unit = units[node];
            node ^= offset(unit);
            if (node < 0 || node >= units.length) {
                break;
            }
            if ((unit >>> 8 & 1) == 1) {
                found = (long) (at + 1 - from) << 32 | units[node] & 0x7FFF_FFFF;
            }
        }
        return found;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }
}
