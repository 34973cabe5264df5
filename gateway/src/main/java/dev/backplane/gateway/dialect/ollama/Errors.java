package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Statuses;
import dev.backplane.gateway.json.Members;

/// Errors in Ollama's form: `{"error":"…"}`, with a status, or as a line of a stream that began
/// with 200.
public final class Errors {
    private static final int MESSAGE_CHARS_MAX = 2_000;

    private Errors() {}

    public static Slice write(Problem problem) {
        String message =
                problem.getMessage() + (problem.fix().isEmpty() ? "" : "; " + problem.fix());
        return new JsonOut().beginObject().name("error").text(message).endObject().slice();
    }

    /// A provider's error.
    ///
    /// @param status of the answer
    public static Problem read(Slice body, int status, String where) {
        Problem.Kind kind = Statuses.kind(status);
        String message;
        try {
            message = Members.of(body, where).text("error");
        } catch (Problem other) {
            message = "";
        }
        String said = message.isEmpty() ? "provider answered with status " + status : message;
        return Problem.of(
                kind, said.substring(0, Math.min(said.length(), MESSAGE_CHARS_MAX)), where);
    }
}
