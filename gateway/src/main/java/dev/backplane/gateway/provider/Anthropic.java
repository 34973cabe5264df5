package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.anthropic.AnswerReader;
import dev.backplane.gateway.dialect.anthropic.Errors;
import dev.backplane.gateway.dialect.anthropic.Headers;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestWriter;
import dev.backplane.gateway.dialect.anthropic.TokenCounts;
import dev.backplane.gateway.dialect.openai.Models;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Set;

/// Anthropic, and what speaks its Messages API.
public final class Anthropic implements Provider {
    /// Where it is.
    public static final URI ADDRESS = URI.create("https://api.anthropic.com/v1");

    private static final Capabilities CAPABILITIES =
            new Capabilities(Set.of(DialectId.ANTHROPIC), false);
    private static final String STREAM = "text/event-stream";
    private static final String JSON = "application/json";

    private final String name;
    private final Upstream upstream;

    /// @param base such as [#ADDRESS]
    public Anthropic(String name, HttpClient http, URI base, String key) {
        this.name = name;
        this.upstream =
                new Upstream(name, http, base, List.of(new Header("x-api-key", key)), Errors::read);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events)
            throws IOException {
        if (!(request.input() instanceof Input.Chat)) {
            throw Problem.invalid(
                            "a prompt that is no conversation cannot be sent to this provider",
                            upstream.where())
                    .fix("send a chat, or name a model whose provider takes it");
        }
        Slice body = MessagesRequestWriter.write(request, context::ignored);
        List<Header> headers = headers(Headers.of(request));
        String accept = request.stream() ? STREAM : JSON;
        try (ClientResponse response = upstream.post("/messages", body, accept, headers, context)) {
            AnswerReader reader = new AnswerReader(events);
            if (response.contentType().equals(STREAM)) {
                stream(response, reader, context, events);
            } else {
                reader.read(upstream.body(response), upstream.where());
            }
            if (!reader.complete()) {
                throw upstream.cutOff();
            }
        }
    }

    private static List<Header> headers(Headers said) {
        Header version = new Header("anthropic-version", said.version());
        return said.betas().isEmpty()
                ? List.of(version)
                : List.of(version, new Header("anthropic-beta", String.join(",", said.betas())));
    }

    private void stream(
            ClientResponse response, AnswerReader reader, CallContext context, Events events)
            throws IOException {
        SseReader sse = new SseReader(upstream.stream(response, context), upstream.where());
        while (sse.next()) {
            if (sse.cut()) {
                throw upstream.cutOff();
            }
            reader.read(sse.data(), upstream.where());
            switch (sse.event()) {
                case "message_start" -> context.counted(reader.usage());
                case "message_stop" -> {
                    response.finish();
                    return;
                }
                default -> {}
            }
            if (!sse.buffered()) {
                events.flush();
            }
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        throw Problem.invalid("this provider makes no vectors", upstream.where())
                .fix("name a model of a provider that does");
    }

    @Override
    public long countTokens(ModelRequest request, CallContext context) {
        Slice body = TokenCounts.writeRequest(request, context::ignored);
        List<Header> headers = headers(Headers.of(request));
        try (ClientResponse response =
                upstream.post("/messages/count_tokens", body, JSON, headers, context)) {
            return TokenCounts.read(upstream.body(response), upstream.where());
        }
    }

    /// The first thousand, which is all that there are; in the form that OpenAI's list has, as far
    /// as it matters.
    @Override
    public List<ModelInfo> models(CallContext context) {
        try (ClientResponse response =
                upstream.get("/models?limit=1000", headers(Headers.NONE), context)) {
            return Models.read(upstream.body(response), upstream.where());
        }
    }

    @Override
    public void close() {}
}
