package dev.backplane.store.content;

import dev.backplane.core.Problem;
import java.nio.charset.StandardCharsets;

/// How the pieces of a sequence are joined. The codes are stored.
public enum Style {
    /// One after another: chunks of a long string.
    CONCAT(0, "", "", ""),
    /// `[a,b]`
    JSON(1, "[", ",", "]"),
    /// `[a, b]`, as Python's json module writes.
    JSON_SPACED(2, "[", ", ", "]"),
    /// One after another: encoded attributes, which are not text.
    RUN(3, "", "", "");

    private final int code;
    private final byte[] open;
    private final byte[] separator;
    private final byte[] close;

    Style(int code, String open, String separator, String close) {
        this.code = code;
        this.open = open.getBytes(StandardCharsets.US_ASCII);
        this.separator = separator.getBytes(StandardCharsets.US_ASCII);
        this.close = close.getBytes(StandardCharsets.US_ASCII);
    }

    public int code() {
        return code;
    }

    byte[] open() {
        return open;
    }

    byte[] separator() {
        return separator;
    }

    byte[] close() {
        return close;
    }

    public static Style byCode(int code) {
        return switch (code) {
            case 0 -> CONCAT;
            case 1 -> JSON;
            case 2 -> JSON_SPACED;
            case 3 -> RUN;
            default -> throw Problem.internal("unknown sequence style " + code, "content");
        };
    }
}
