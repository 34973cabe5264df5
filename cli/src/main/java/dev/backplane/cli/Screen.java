package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// One output stream with what it can show. Always UTF-8: that is what the data is.
final class Screen {
    /// The reader has closed its end, as `head` does: no failure, but nothing more to do.
    static final class ReaderGone extends RuntimeException {
        private static final long serialVersionUID = 1;

        ReaderGone() {
            super("the reader of the output is gone", null, false, false);
        }
    }

    private final OutputStream out;
    private final boolean hasColour;
    private final boolean hasUnicode;
    private final boolean isTerminal;
    private final int columns;

    Screen(
            OutputStream out,
            boolean isTerminal,
            boolean hasColour,
            boolean hasUnicode,
            int columns) {
        this.out = new BufferedOutputStream(out, 1 << 14);
        this.isTerminal = isTerminal;
        this.hasColour = hasColour;
        this.hasUnicode = hasUnicode;
        this.columns = isTerminal ? columns : 0;
    }

    boolean isTerminal() {
        return isTerminal;
    }

    boolean hasUnicode() {
        return hasUnicode;
    }

    /// The width to fit tables to; 0 for no limit.
    int columns() {
        return columns;
    }

    String ellipsis() {
        return hasUnicode ? "…" : "...";
    }

    String bold(String text) {
        return styled("1", text);
    }

    String faint(String text) {
        return styled("2", text);
    }

    String red(String text) {
        return styled("31", text);
    }

    String green(String text) {
        return styled("32", text);
    }

    String yellow(String text) {
        return styled("33", text);
    }

    private String styled(String code, String text) {
        return hasColour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    void print(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(bytes, 0, bytes.length);
    }

    void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static RuntimeException failed(IOException e) {
        String reason = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("broken pipe") || reason.contains("pipe is being closed")) {
            return new ReaderGone();
        }
        return Failure.of(
                Problem.Kind.INTERNAL,
                "cannot write the output",
                "cannot write the output: " + reason);
    }
}
