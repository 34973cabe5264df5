package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.batch.Endpoint;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Embeddings;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.response.Responses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/// OpenAI's paths for requests that come in a file. Nobody listens to an answer, so none streams.
public final class BatchEndpoints {
    private BatchEndpoints() {}

    public static List<Endpoint> all(Gateway gateway, Responses responses) {
        return List.of(
                new Of("/v1/chat/completions", (origin, body) -> chat(gateway, origin, body)),
                new Of("/v1/responses", (origin, body) -> response(responses, origin, body)),
                new Of("/v1/embeddings", (origin, body) -> embed(gateway, origin, body)),
                new Of("/v1/completions", (origin, body) -> complete(gateway, origin, body)));
    }

    private interface Call {
        Endpoint.Reply answer(Origin origin, Slice body) throws IOException;
    }

    private record Of(String path, Call call) implements Endpoint {
        @Override
        public Reply answer(Origin origin, Slice body) {
            try {
                return call.answer(origin, body);
            } catch (IOException noClientCanGo) {
                throw new UncheckedIOException(noClientCanGo);
            }
        }

        @Override
        public Reply refuse(Problem problem, String requestId) {
            return new Reply(
                    Errors.status(problem), Errors.write(problem, requestId), Usage.UNKNOWN);
        }
    }

    private static void requireWhole(boolean stream) {
        if (stream) {
            throw Problem.invalid("requests of a batch cannot stream", "stream")
                    .fix("leave stream out");
        }
    }

    private static Answer generate(Gateway gateway, Origin origin, ModelRequest request)
            throws IOException {
        requireWhole(request.stream());
        Answer.Builder fold = new Answer.Builder();
        gateway.generate(origin, request, fold);
        return fold.build();
    }

    private static String id(Answer answer, String prefix, Origin origin) {
        return answer.id().isEmpty() ? prefix + origin.requestId() : answer.id();
    }

    private static Endpoint.Reply chat(Gateway gateway, Origin origin, Slice body)
            throws IOException {
        Answer answer = generate(gateway, origin, ChatRequestReader.read(body, "body"));
        String id = id(answer, "chatcmpl-", origin);
        return new Endpoint.Reply(
                200, AnswerWriter.chat(answer, id, answer.model()), answer.usage());
    }

    private static Endpoint.Reply complete(Gateway gateway, Origin origin, Slice body)
            throws IOException {
        Answer answer = generate(gateway, origin, Completions.read(body, "body"));
        String id = id(answer, "cmpl-", origin);
        return new Endpoint.Reply(
                200, AnswerWriter.completion(answer, id, answer.model()), answer.usage());
    }

    private static Endpoint.Reply embed(Gateway gateway, Origin origin, Slice body)
            throws IOException {
        Embedding.Answer answer = gateway.embed(origin, Embeddings.read(body, "body"));
        return new Endpoint.Reply(200, Embeddings.write(answer, answer.model()), answer.usage());
    }

    private static Endpoint.Reply response(Responses responses, Origin origin, Slice body)
            throws IOException {
        ResponsesRequest request = ResponsesRequestReader.read(body, "body");
        requireWhole(request.request().stream());
        if (request.background()) {
            throw Problem.invalid("requests of a batch are waited for", "background")
                    .fix("leave background out");
        }
        Responses.Result result = responses.answer(request, origin, Frames.none(), () -> false);
        return new Endpoint.Reply(200, result.response(), result.usage());
    }
}
