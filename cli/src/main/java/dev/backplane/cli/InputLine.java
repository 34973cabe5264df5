package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One line of a stream, read no further than its end: what follows may not be there yet.
final class InputLine {
    private static final int BYTES_MAX = 16 << 20;

    private InputLine() {}

    /// Without its end; empty at the end of the stream.
    ///
    /// @param in best one that is buffered
    /// @throws Failure `TOO_LARGE` for a line above 16 MiB
    static Optional<String> read(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int letter = in.read();
        if (letter < 0) {
            return Optional.empty();
        }
        while (letter >= 0 && letter != '\n') {
            if (line.size() == BYTES_MAX) {
                throw Failure.of(
                        Problem.Kind.TOO_LARGE,
                        "a line is longer than 16 MiB",
                        "a line is longer than 16 MiB");
            }
            line.write(letter);
            letter = in.read();
        }
        return Optional.of(line.toString(StandardCharsets.UTF_8));
    }
}
