package dev.backplane.local.library.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.surface.OllamaSurface;
import dev.backplane.http.Exchange;
import java.io.IOException;

/// A problem as Ollama's clients read it, `{"error":"what; how to mend it"}`, with the parts of it
/// beside that for our own command line.
final class ErrorJson {
    private ErrorJson() {}

    static Slice write(Problem problem) {
        String message = problem.getMessage();
        JsonOut out = new JsonOut().beginObject();
        out.name("error").text(message + (problem.fix().isEmpty() ? "" : "; " + problem.fix()));
        out.name("kind").text(problem.kind().id()).name("message").text(message);
        return out.name("hint").text(problem.fix()).endObject().slice();
    }

    static void send(Exchange exchange, Problem problem) throws IOException {
        OllamaSurface.problem(exchange, problem, write(problem));
    }
}
