package dev.backplane.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Map;

/// What surrounds one run of the program: streams, environment and what is known of the terminal.
/// Nothing else in this package reads process-wide state, so a test can be any terminal.
///
/// @param columns of the terminal; 0 when there is none or its width is unknown
record Terminal(
        InputStream in,
        OutputStream out,
        OutputStream error,
        Map<String, String> environment,
        boolean isInputTerminal,
        boolean isOutputTerminal,
        boolean isErrorTerminal,
        int columns,
        RawMode rawMode,
        ZoneId zone,
        Clock clock) {

    /// The process's own. The launcher has looked which streams are terminals, because Java can
    /// only tell of all of them at once, and how wide the window is.
    static Terminal ofProcess(InputStream in, OutputStream out, OutputStream error) {
        String streams = System.getProperty("backplane.terminal", "");
        return new Terminal(
                in,
                out,
                error,
                System.getenv(),
                streams.contains("0"),
                streams.contains("1"),
                streams.contains("2"),
                number(System.getProperty("backplane.columns", "")),
                new Stty(),
                ZoneId.systemDefault(),
                Clock.systemUTC());
    }

    private static int number(String digits) {
        try {
            return Integer.parseInt(digits.strip());
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /// The variable's value, or the empty string.
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }

    /// Whether text may be coloured: a terminal that is not dumb and a user who did not object
    /// (https://no-color.org).
    boolean hasColour(boolean isTerminal) {
        return isTerminal && variable("NO_COLOR").isEmpty() && !variable("TERM").equals("dumb");
    }

    /// Whether the locale says that the terminal shows UTF-8, looked up as POSIX does.
    boolean hasUnicode() {
        for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            String locale = variable(name).toLowerCase(Locale.ROOT);
            if (!locale.isEmpty()) {
                return locale.contains("utf-8") || locale.contains("utf8");
            }
        }
        return false;
    }

    /// Whether a question can be asked and answered.
    boolean canAsk() {
        return isInputTerminal && isErrorTerminal && !variable("TERM").equals("dumb");
    }
}
