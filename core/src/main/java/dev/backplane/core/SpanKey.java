package dev.backplane.core;

/// What identifies a span: ids are opaque text (OTLP's are lower-case hex, others bring their own).
///
/// @param project never empty; `default` where none was named
/// @param trace 1 to 128 characters
/// @param span 1 to 128 characters, unique within its trace
public record SpanKey(String project, String trace, String span) {
    public static final int ID_LENGTH_MAX = 128;

    public SpanKey {
        check("project", project);
        check("trace id", trace);
        check("span id", span);
    }

    private static void check(String name, String value) {
        if (value.isEmpty() || value.length() > ID_LENGTH_MAX) {
            throw Problem.invalid(name + " has " + value.length() + " characters", "span identity")
                    .fix("send 1 to " + ID_LENGTH_MAX + " characters");
        }
        if (hasControl(value)) {
            throw Problem.invalid(name + " has a control character", "span identity")
                    .fix("send printable characters");
        }
    }

    private static boolean hasControl(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < ' ') {
                return true;
            }
        }
        return false;
    }

    /// Whether a span can have this id. Whom a span names as its parent need not be one.
    public static boolean isId(String value) {
        return !value.isEmpty() && value.length() <= ID_LENGTH_MAX && !hasControl(value);
    }
}
