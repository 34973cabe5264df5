package dev.backplane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// Shows a stream of UTF-8 to people, in constant memory: JSON is indented byte by byte, and what
/// would act on the terminal is made visible. Numbers and text keep every character.
final class ReadableBytes {
    private static final int CHUNK_BYTES = 1 << 16;
    private static final byte[] DOT = "·".getBytes(StandardCharsets.UTF_8);

    private final Screen screen;
    private final boolean isJson;
    private int depth;
    private boolean isInText;
    private boolean isEscaped;
    private boolean isOpened;
    private boolean isAfterC2;
    private boolean isLineEnded;

    ReadableBytes(Screen screen, boolean isJson) {
        this.screen = screen;
        this.isJson = isJson;
    }

    void copy(InputStream answer, Client client) {
        try (InputStream in = answer) {
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                for (int i = 0; i < length; i++) {
                    if (isJson) {
                        json(chunk[i]);
                    } else {
                        put(chunk[i]);
                    }
                }
            }
        } catch (IOException e) {
            throw client.broken(e);
        }
        if (!isLineEnded) {
            screen.print("\n");
        }
        screen.flush();
    }

    private void json(byte letter) {
        if (isInText) {
            put(letter);
            isInText = letter != '"' || isEscaped;
            isEscaped = letter == '\\' && !isEscaped;
            return;
        }
        switch (letter) {
            case ' ', '\t', '\n', '\r' -> {}
            case '{', '[' -> {
                begin();
                put(letter);
                depth++;
                isOpened = true;
            }
            case '}', ']' -> {
                depth--;
                if (!isOpened) {
                    line();
                }
                isOpened = false;
                put(letter);
            }
            case ',' -> {
                put(letter);
                line();
            }
            case ':' -> {
                put(letter);
                put((byte) ' ');
            }
            case '"' -> {
                begin();
                put(letter);
                isInText = true;
            }
            default -> {
                begin();
                put(letter);
            }
        }
    }

    /// The first value after an opening bracket stands on its own line.
    private void begin() {
        if (isOpened) {
            line();
            isOpened = false;
        }
    }

    private void line() {
        screen.print("\n" + "  ".repeat(Math.max(0, Math.min(depth, 100))));
    }

    /// Control characters, in UTF-8 0x00 to 0x1f, 0x7f and 0xc2 0x80 to 0xc2 0x9f, become a dot,
    /// except line breaks and tabs.
    private void put(byte letter) {
        int value = letter & 0xff;
        isLineEnded = value == '\n';
        if (isAfterC2) {
            isAfterC2 = false;
            if (value >= 0x80 && value < 0xa0) {
                screen.write(DOT, 0, DOT.length);
                return;
            }
            screen.write(new byte[] {(byte) 0xc2}, 0, 1);
        }
        if (value == 0xc2) {
            isAfterC2 = true;
            return;
        }
        boolean isControl = value < 0x20 && value != '\n' && value != '\t' || value == 0x7f;
        if (isControl) {
            screen.write(DOT, 0, DOT.length);
        } else {
            screen.write(new byte[] {letter}, 0, 1);
        }
    }
}
