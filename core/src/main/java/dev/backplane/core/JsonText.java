package dev.backplane.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes text of any length as a JSON string, a block at a time.
///
/// Input is [WTF-8][Wtf8]: well-formed characters are copied; quotes, backslashes and controls are
/// escaped; a lone surrogate becomes its escape again; bytes that are no character at all become
/// U+FFFD, because JSON must be UTF-8.
final class JsonText {
    private static final int BLOCK_BYTES = 8 << 10;
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private final OutputStream out;
    private final byte[] block;
    private int size;
    private int at;

    private JsonText(OutputStream out, byte[] block, int at, int size) {
        this.out = out;
        this.block = block;
        this.at = at;
        this.size = size;
    }

    static void write(Content text, OutputStream out) throws IOException {
        out.write('"');
        if (text instanceof Slice(byte[] array, int offset, int length)) {
            new JsonText(out, array, offset, offset + length).copy(false);
        } else {
            try (InputStream in = text.open()) {
                new JsonText(out, new byte[BLOCK_BYTES], 0, 0).escape(in);
            }
        }
        out.write('"');
    }

    private void escape(InputStream in) throws IOException {
        boolean more = true;
        while (more) {
            System.arraycopy(block, at, block, 0, size - at);
            size -= at;
            at = 0;
            int count = in.read(block, size, block.length - size);
            more = count >= 0;
            size += Math.max(count, 0);
            copy(more);
        }
    }

    /// Writes what is complete in the block; the rest stays unless there is no `more`.
    private void copy(boolean more) throws IOException {
        int plain = at;
        while (at < size) {
            if (at + Long.BYTES <= size && isPlain((long) WORD.get(block, at))) {
                at += Long.BYTES;
                continue;
            }
            byte first = block[at];
            if (first >= ' ' && first != '"' && first != '\\') {
                at++;
                continue;
            }
            int length = characterLength();
            if (length > size - at && more) {
                break;
            }
            boolean whole = length > 0 && length <= size - at && isCharacter(length);
            if (whole && !needsEscape(length)) {
                at += length;
                continue;
            }
            out.write(block, plain, at - plain);
            at += whole ? writeEscaped(length) : writeReplacement();
            plain = at;
        }
        out.write(block, plain, at - plain);
    }

    /// Whether none of eight bytes is a quote, a backslash, a control or above ASCII.
    private static boolean isPlain(long word) {
        long quote = word ^ 0x2222222222222222L;
        long slash = word ^ 0x5C5C5C5C5C5C5C5CL;
        long found =
                word
                        | (word - 0x2020202020202020L & ~word)
                        | (quote - ONES & ~quote)
                        | (slash - ONES & ~slash);
        return (found & HIGHS) == 0;
    }

    /// By the first byte; 0 when no character starts with it.
    private int characterLength() {
        int lead = block[at] & 0xFF;
        if (lead < 0x80) {
            return 1;
        }
        if (lead < 0xC2 || lead > 0xF4) {
            return 0;
        }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }

    private boolean isCharacter(int length) {
        for (int i = 1; i < length; i++) {
            if ((block[at + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        int second = length > 1 ? block[at + 1] & 0xFF : 0;
        return switch (block[at] & 0xFF) {
            case 0xE0 -> second >= 0xA0;
            case 0xF0 -> second >= 0x90;
            case 0xF4 -> second < 0x90;
            default -> true;
        };
    }

    private boolean needsEscape(int length) {
        byte first = block[at];
        return length == 1
                ? first < ' ' || first == '"' || first == '\\'
                : first == (byte) 0xED && (block[at + 1] & 0xFF) >= 0xA0;
    }

    private int writeEscaped(int length) throws IOException {
        byte first = block[at];
        out.write('\\');
        switch (first) {
            case '"', '\\' -> out.write(first);
            case '\n' -> out.write('n');
            case '\r' -> out.write('r');
            case '\t' -> out.write('t');
            default -> {
                int unit = first;
                if (length == 3) {
                    unit = 0xD000 | (block[at + 1] & 0x3F) << 6 | block[at + 2] & 0x3F;
                }
                out.write('u');
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.write(HEX[unit >> shift & 0xF]);
                }
            }
        }
        return length;
    }

    private int writeReplacement() throws IOException {
        out.write(REPLACEMENT);
        return 1;
    }
}
