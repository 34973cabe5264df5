package dev.backplane.server.auth;

import dev.backplane.core.Problem;
import java.util.regex.Pattern;

/// What was set for a project. Projects need not be set up before spans are sent to them.
///
/// @param retentionDays 0 for the server's default
/// @param quotaBytes of stored bytes above which it takes no more spans; 0 for none
public record Project(String name, int retentionDays, long quotaBytes) {
    /// Holds the server's own records; only the server writes to it.
    public static final String SYSTEM = "_system";

    public static final String DEFAULT = "default";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    /// @throws Problem `INVALID` unless the name is one
    public static String requireName(String name) {
        if (!name.equals(SYSTEM) && (!NAME.matcher(name).matches() || name.contains(".."))) {
            throw Problem.invalid("project name is not allowed", "project")
                    .fix(
                            "use up to 63 letters, digits, '.', '_' and '-', beginning with a"
                                    + " letter or digit");
        }
        return name;
    }
}
