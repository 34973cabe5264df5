package dev.backplane.http;

import dev.backplane.core.Problem;
import java.io.IOException;

/// Why a request was refused whose body comes too slowly. In whatever form its protocol has for
/// problems, the answer's status is 408 (RFC 9110, 15.5.9), and the connection is closed after it,
/// because the rest of the body may still come.
final class SlowSender extends IOException {
    static final int STATUS = 408;
    private static final long serialVersionUID = 1;

    private SlowSender() {
        super("request body arrives too slowly");
    }

    static Problem problem(long bytesPerSecondMin, String where) {
        return Problem.timeout("request body arrives too slowly", where)
                .fix("send at least %,d bytes a second".formatted(bytesPerSecondMin))
                .causedBy(new SlowSender());
    }

    static boolean caused(Problem problem) {
        return problem.getCause() instanceof SlowSender;
    }
}
