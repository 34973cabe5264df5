package dev.backplane.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Turns the tokens of one stream into text as they come.
///
/// What is given out are whole characters: bytes of one that is not complete yet are held back
/// (three at most). Bytes that cannot become a character come out as U+FFFD, one for each maximal
/// part of a character, as the WHATWG's decoders do. For use by one thread.
public final class Detokenizer {
    private final Tokenizer tokenizer;
    private final boolean skipSpecial;
    private byte[] held = {};
    private boolean first = true;
    private int toStrip;

    Detokenizer(Tokenizer tokenizer, boolean skipSpecial) {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
        toStrip = tokenizer.strippedSpaces();
    }

    /// The text that the token completes; empty when it completes none.
    ///
    /// @throws dev.backplane.core.Problem when there is no such token
    public String next(int token) {
        if (skipSpecial && tokenizer.isSpecial(token)) {
            return "";
        }
        byte[] bytes = tokenizer.bytes(token, first);
        first = false;
        int from = 0;
        while (toStrip > 0 && from < bytes.length && bytes[from] == ' ') {
            from++;
            toStrip--;
        }
        if (from < bytes.length) {
            toStrip = 0;
        }
        byte[] all = Arrays.copyOf(held, held.length + bytes.length - from);
        System.arraycopy(bytes, from, all, held.length, bytes.length - from);
        int complete = all.length - incomplete(all);
        held = Arrays.copyOfRange(all, complete, all.length);
        breakSurrogates(all);
        return new String(all, 0, complete, StandardCharsets.UTF_8);
    }

    /// The JDK takes the three bytes of a surrogate for one thing that is no character; what it
    /// gives would depend on how the bytes came. Without their first byte they are three such
    /// things whatever comes when.
    private static void breakSurrogates(byte[] bytes) {
        for (int i = 0; i + 1 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xED && (bytes[i + 1] & 0xFF) >= 0xA0) {
                bytes[i] = (byte) 0xFF;
            }
        }
    }

    /// What was held back, when no more tokens come: the empty text or one U+FFFD. The detokenizer
    /// can then be used for another stream.
    public String finish() {
        String rest = new String(held, StandardCharsets.UTF_8);
        held = new byte[0];
        first = true;
        toStrip = tokenizer.strippedSpaces();
        return rest;
    }

    /// How many of the last bytes are the beginning of a character whose rest may still come.
    private static int incomplete(byte[] bytes) {
        for (int back = 1; back <= Math.min(3, bytes.length); back++) {
            int value = bytes[bytes.length - back] & 0xFF;
            if (value < 0x80) {
                return 0;
            }
            if (value >= 0xC0) {
                return beginsCharacter(bytes, back) ? back : 0;
            }
        }
        return 0;
    }

    private static boolean beginsCharacter(byte[] bytes, int back) {
        int lead = bytes[bytes.length - back] & 0xFF;
        int length = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (length <= back) {
            return false;
        }
        if (back == 1) {
            return true;
        }
        int second = bytes[bytes.length - back + 1] & 0xFF;
        return switch (lead) {
            case 0xE0 -> second >= 0xA0;
            case 0xED -> second < 0xA0;
            case 0xF0 -> second >= 0x90;
            case 0xF4 -> second < 0x90;
            default -> true;
        };
    }
}
