package dev.backplane.core;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// UTF-8 that can also hold lone surrogates (WTF-8, https://simonsapin.github.io/wtf-8/).
///
/// JSON allows `"\ud800"`, UTF-8 does not; agents send it when they cut text in the middle of an
/// emoji. A store that promises to give back what it got must keep it. For well-formed text this is
/// exactly UTF-8, at the JDK's speed.
public final class Wtf8 {
    private Wtf8() {}

    public static byte[] encode(String text) {
        int lone = firstLoneSurrogate(text);
        return lone < 0 ? text.getBytes(StandardCharsets.UTF_8) : encodeSlowly(text);
    }

    public static String decode(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        // Whatever is malformed has become this, so that without it nothing was.
        return text.indexOf('\uFFFD') < 0 ? text : decodeSlowly(bytes, offset, length);
    }

    private static int firstLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean paired =
                        Character.isHighSurrogate(c)
                                && i + 1 < text.length()
                                && Character.isLowSurrogate(text.charAt(i + 1));
                if (!paired) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }

    /// Writes a code point, or a lone surrogate, at `at`: one to four bytes.
    ///
    /// @return the position after it
    public static int put(int point, byte[] out, int at) {
        int size = at;
        if (point < 0x80) {
            out[size++] = (byte) point;
        } else if (point < 0x800) {
            out[size++] = (byte) (0xC0 | point >> 6);
            out[size++] = (byte) (0x80 | point & 0x3F);
        } else if (point < 0x10000) {
            out[size++] = (byte) (0xE0 | point >> 12);
            out[size++] = (byte) (0x80 | point >> 6 & 0x3F);
            out[size++] = (byte) (0x80 | point & 0x3F);
        } else {
            out[size++] = (byte) (0xF0 | point >> 18);
            out[size++] = (byte) (0x80 | point >> 12 & 0x3F);
            out[size++] = (byte) (0x80 | point >> 6 & 0x3F);
            out[size++] = (byte) (0x80 | point & 0x3F);
        }
        return size;
    }

    private static byte[] encodeSlowly(String text) {
        byte[] out = new byte[text.length() * 3];
        int size = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            size = put(point, out, size);
        }
        return Arrays.copyOf(out, size);
    }

    /// Surrogates in their three-byte form become what they were; other malformed bytes become
    /// U+FFFD as in the JDK.
    private static String decodeSlowly(byte[] bytes, int offset, int length) {
        StringBuilder text = new StringBuilder(length);
        int end = offset + length;
        int plain = offset;
        for (int i = offset; i + 2 < end; i++) {
            boolean surrogate =
                    bytes[i] == (byte) 0xED
                            && (bytes[i + 1] & 0xE0) == 0xA0
                            && (bytes[i + 2] & 0xC0) == 0x80;
            if (surrogate) {
                text.append(new String(bytes, plain, i - plain, StandardCharsets.UTF_8));
                text.append((char) (0xD000 | (bytes[i + 1] & 0x3F) << 6 | bytes[i + 2] & 0x3F));
                i += 2;
                plain = i + 1;
            }
        }
        return text.append(new String(bytes, plain, end - plain, StandardCharsets.UTF_8))
                .toString();
    }
}
