package dev.backplane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Turns the bytes of a terminal in raw mode into keys: UTF-8, control characters as readline binds
/// them, and the escape sequences of ECMA-48 that xterm and its kin send
/// (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), bracketed paste among them.
///
/// A lone escape waits for the next byte, as nothing is bound to it. For one thread.
final class KeyReader {
    private static final int ESCAPE = 0x1b;
    private static final int PARAMETERS_MAX = 32;
    private static final String PASTE_END = "\u001b[201~";

    /// Longer pastes are cut.
    private static final int PASTE_CHARACTERS_MAX = 4 << 20;

    private final InputStream in;

    KeyReader(InputStream in) {
        this.in = in;
    }

    /// The next key, or empty at the end of the input.
    Optional<Key> next() throws IOException {
        int letter = in.read();
        if (letter < 0) {
            return Optional.empty();
        }
        if (letter == ESCAPE) {
            return Optional.of(escaped());
        }
        return Optional.of(letter < ' ' || letter == 0x7f ? control(letter) : typed(letter));
    }

    private static Key control(int letter) {
        return switch (letter) {
            case '\r' -> Key.Action.SUBMIT;
            case '\n' -> Key.Action.LINE_BREAK;
            case '\t' -> Key.Action.COMPLETE;
            case 0x7f, 'H' - '@' -> Key.Action.ERASE;
            case 'A' - '@' -> Key.Action.LINE_START;
            case 'B' - '@' -> Key.Action.LEFT;
            case 'C' - '@' -> Key.Action.INTERRUPT;
            case 'D' - '@' -> Key.Action.END;
            case 'E' - '@' -> Key.Action.LINE_END;
            case 'F' - '@' -> Key.Action.RIGHT;
            case 'K' - '@' -> Key.Action.CUT_TO_END;
            case 'L' - '@' -> Key.Action.REDRAW;
            case 'N' - '@' -> Key.Action.DOWN;
            case 'P' - '@' -> Key.Action.UP;
            case 'U' - '@' -> Key.Action.CUT_TO_START;
            case 'W' - '@' -> Key.Action.CUT_WORD;
            case 'Y' - '@' -> Key.Action.INSERT_CUT;
            default -> Key.Action.UNKNOWN;
        };
    }

    private Key typed(int first) throws IOException {
        int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
        byte[] bytes = new byte[1 + more];
        bytes[0] = (byte) first;
        int length = 1 + in.readNBytes(bytes, 1, more);
        return new Key.Typed(new String(bytes, 0, length, StandardCharsets.UTF_8));
    }

    private Key escaped() throws IOException {
        int letter = in.read();
        return switch (letter) {
            case '[' -> sequence();
            case 'O' -> plain((char) in.read());
            case '\r', '\n' -> Key.Action.LINE_BREAK;
            case 'b', 'B' -> Key.Action.WORD_LEFT;
            case 'f', 'F' -> Key.Action.WORD_RIGHT;
            case 'd', 'D' -> Key.Action.CUT_NEXT_WORD;
            case 0x7f, 'H' - '@' -> Key.Action.CUT_WORD;
            default -> Key.Action.UNKNOWN;
        };
    }

    /// `ESC [ parameters final`.
    private Key sequence() throws IOException {
        StringBuilder parameters = new StringBuilder();
        int letter = in.read();
        while (letter >= 0x20 && letter < 0x40 && parameters.length() < PARAMETERS_MAX) {
            parameters.append((char) letter);
            letter = in.read();
        }
        String given = parameters.toString();
        // After the semicolon: 1 and shift as 1, alt as 2, control as 4.
        boolean isByWord = given.endsWith(";5") || given.endsWith(";3");
        if (letter == 'C' && isByWord) {
            return Key.Action.WORD_RIGHT;
        }
        if (letter == 'D' && isByWord) {
            return Key.Action.WORD_LEFT;
        }
        return letter == '~' || letter == 'u' ? numbered(given) : plain((char) letter);
    }

    private static Key plain(char letter) {
        return switch (letter) {
            case 'A' -> Key.Action.UP;
            case 'B' -> Key.Action.DOWN;
            case 'C' -> Key.Action.RIGHT;
            case 'D' -> Key.Action.LEFT;
            case 'H' -> Key.Action.LINE_START;
            case 'F' -> Key.Action.LINE_END;
            default -> Key.Action.UNKNOWN;
        };
    }

    private Key numbered(String parameters) throws IOException {
        return switch (parameters) {
            case "1", "7" -> Key.Action.LINE_START;
            case "4", "8" -> Key.Action.LINE_END;
            case "3" -> Key.Action.DELETE;
            // Enter with shift, alt or control, by xterm's modifyOtherKeys and by CSI u.
            case "27;2;13", "27;3;13", "27;5;13", "13;2", "13;3", "13;5" -> Key.Action.LINE_BREAK;
            case "200" -> pasted();
            default -> Key.Action.UNKNOWN;
        };
    }

    /// Up to the end mark. What would act on a terminal is left out.
    private Key pasted() throws IOException {
        StringBuilder text = new StringBuilder();
        int matched = 0;
        boolean isAfterReturn = false;
        while (matched < PASTE_END.length()) {
            int letter = in.read();
            if (letter < 0) {
                break;
            }
            if (letter == PASTE_END.charAt(matched)) {
                matched++;
                continue;
            }
            // The mark begins with an escape, which is left out, and has no other: what follows it
            // is text after all.
            String kept = matched > 1 ? PASTE_END.substring(1, matched) : "";
            matched = letter == ESCAPE ? 1 : 0;
            String typed = "";
            if (letter == '\r' || letter == '\n') {
                typed = letter == '\n' && isAfterReturn ? "" : "\n";
            } else if (letter == '\t' || letter >= ' ' && letter != 0x7f) {
                typed = letter == '\t' ? "\t" : ((Key.Typed) typed(letter)).text();
            }
            isAfterReturn = letter == '\r';
            if (text.length() < PASTE_CHARACTERS_MAX) {
                text.append(kept).append(typed);
            }
        }
        return new Key.Pasted(text.toString());
    }
}
