package dev.backplane.web;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// Takes comments out of the UI's own files before they are sent, which makes them a seventh
/// shorter. What is left stands on the lines where it stood, so errors name the lines of the
/// source.
///
/// This is no parser: it goes by how those files are written. Comments of modules begin with `/**`,
/// or with `//` as the first thing on a line, and neither begins so within a text. Tests hold the
/// files to that.
final class Comments {
    private static final Pattern MODULE =
            Pattern.compile("/\\*\\*.*?\\*/|^[ \\t]*//[^\\n]*", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern STYLES = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);

    private Comments() {}

    /// @param name of the file; those of libraries stay as they are
    static byte[] removed(String name, byte[] file) {
        if (name.startsWith("app/") && name.endsWith(".js")) {
            return removed(MODULE, file);
        }
        return name.startsWith("styles/") ? removed(STYLES, file) : file;
    }

    private static byte[] removed(Pattern comments, byte[] file) {
        return comments.matcher(new String(file, StandardCharsets.UTF_8))
                .replaceAll(comment -> comment.group().replaceAll("[^\\n]+", ""))
                .getBytes(StandardCharsets.UTF_8);
    }
}
