package dev.backplane.bench.runs;

/// JSON strings as most senders write them: only what RFC 8259 says must be escaped is.
public final class JsonString {
    private JsonString() {}

    /// Appends `text` with quotes.
    public static StringBuilder append(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"');
    }

    public static String of(String text) {
        return append(new StringBuilder(text.length() + 16), text).toString();
    }
}
