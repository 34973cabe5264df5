package dev.backplane.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/// Reads what a person types.
final class Answers {
    private static final int LENGTH_MAX = 100;

    private Answers() {}

    /// One line; anything but `y` or `yes`, also the end of the input, is a no.
    static boolean isYes(InputStream in) {
        StringBuilder line = new StringBuilder();
        try {
            for (int letter = in.read();
                    letter >= 0 && letter != '\n' && line.length() < LENGTH_MAX;
                    letter = in.read()) {
                line.append((char) letter);
            }
        } catch (IOException _) {
            return false;
        }
        String answer = line.toString().strip().toLowerCase(Locale.ROOT);
        return answer.equals("y") || answer.equals("yes");
    }
}
