package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ModelRequest;
import java.util.function.Consumer;

/// `POST /v1/messages/count_tokens`: a request without a limit, and `{"input_tokens":12}`.
public final class TokenCounts {
    private TokenCounts() {}

    /// @param headers that it came with
    public static ModelRequest readRequest(Slice body, Headers headers, String where) {
        return MessagesRequestReader.unlimited(body, headers, where);
    }

    /// @param ignored told the name of each field that cannot be said in this dialect
    public static Slice writeRequest(ModelRequest request, Consumer<String> ignored) {
        return MessagesRequestWriter.writeCount(request, ignored);
    }

    /// @throws Problem `UNAVAILABLE` if it is no such answer
    public static long read(Slice body, String where) {
        Problem none =
                Problem.unavailable("provider sent no count of tokens", where)
                        .fix("check that the address is that of a model's API");
        try {
            return Members.of(body, where).integer("input_tokens").orElseThrow(() -> none);
        } catch (Problem garbage) {
            throw garbage == none ? none : none.causedBy(garbage);
        }
    }

    public static Slice write(long tokens) {
        JsonOut out = new JsonOut().beginObject().name("input_tokens").literal("" + tokens);
        return out.endObject().slice();
    }
}
