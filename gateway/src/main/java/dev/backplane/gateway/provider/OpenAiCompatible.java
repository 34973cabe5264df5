package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.AnswerReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Embeddings;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.openai.Models;
import dev.backplane.gateway.dialect.openai.Rankings;
import dev.backplane.gateway.dialect.openai.StrictSchema;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Any service that speaks OpenAI's language: OpenAI, vLLM, SGLang, llama-server, Ollama,
/// OpenRouter, …
public final class OpenAiCompatible implements Provider {
    private static final Slice DONE = Slice.of("[DONE]");
    private static final String STREAM = "text/event-stream";
    private static final Capabilities CAPABILITIES =
            new Capabilities(
                    Set.of(
                            DialectId.OPENAI_CHAT,
                            DialectId.OPENAI_COMPLETIONS,
                            DialectId.OPENAI_EMBEDDINGS),
                    true);

    /// Where the calls of a model go.
    @FunctionalInterface
    interface Paths {
        /// @param call such as `/chat/completions`
        /// @param model empty where the call is about no model
        /// @return the path below the provider's base, with its query
        String path(String call, String model);
    }

    private final String name;
    private final Upstream upstream;
    private final Paths paths;

    /// Whether it is OpenAI itself, whose rules for schemas others do not have.
    private final boolean strictSchemas;

    /// @param base such as `https://api.openai.com/v1`
    /// @param key sent as a bearer token, if there is one
    public OpenAiCompatible(String name, HttpClient http, URI base, Optional<String> key) {
        this(
                name,
                http,
                base,
                key.map(secret -> List.of(new Header("Authorization", "Bearer " + secret)))
                        .orElse(List.of()),
                (call, _) -> call,
                isOpenAi(String.valueOf(base.getHost())));
    }

    /// @param strictSchemas whether it is OpenAI's service, whatever its address
    OpenAiCompatible(
            String name,
            HttpClient http,
            URI base,
            List<Header> headers,
            Paths paths,
            boolean strictSchemas) {
        this.name = name;
        this.upstream = new Upstream(name, http, base, headers, OpenAiCompatible::error);
        this.paths = paths;
        this.strictSchemas = strictSchemas;
    }

    /// OpenAI has hosts for regions, such as `eu.api.openai.com`.
    private static boolean isOpenAi(String host) {
        return host.equals("api.openai.com")
                || host.endsWith(".api.openai.com")
                || host.endsWith(".openai.azure.com");
    }

    private static Problem error(Slice body, int status, String where) {
        return Errors.readBody(body, status, where);
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
        if (strictSchemas) {
            StrictSchema.check(request);
        }
        boolean chat = request.input() instanceof Input.Chat;
        Slice body =
                chat
                        ? ChatRequestWriter.write(request, context::ignored)
                        : Completions.write(request, context::ignored);
        String call = chat ? "/chat/completions" : "/completions";
        String path = paths.path(call, request.model());
        String accept = request.stream() ? STREAM : "application/json";
        try (ClientResponse response = upstream.post(path, body, accept, context)) {
            AnswerReader reader = new AnswerReader(events, upstream.where());
            if (response.contentType().equals(STREAM)) {
                stream(response, reader, context, events);
            } else {
                reader.read(upstream.body(response));
            }
            if (!reader.complete()) {
                throw upstream.cutOff();
            }
        }
    }

    /// Servers differ in how they end: with `[DONE]`, with the end of the connection, with or
    /// without an empty line. What counts is that every choice was finished.
    private void stream(
            ClientResponse response, AnswerReader reader, CallContext context, Events events)
            throws IOException {
        SseReader sse = new SseReader(upstream.stream(response, context), upstream.where());
        while (sse.next()) {
            if (sse.data().equals(DONE)) {
                response.finish();
                return;
            }
            if (sse.cut()) {
                throw upstream.cutOff();
            }
            reader.read(sse.data());
            if (!sse.buffered()) {
                events.flush();
            }
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        Slice body = Embeddings.write(request, context::ignored);
        String path = paths.path("/embeddings", request.model());
        try (ClientResponse response = upstream.post(path, body, "application/json", context)) {
            return Embeddings.readAnswer(upstream.body(response), upstream.where());
        }
    }

    /// As vLLM, Jina and others have it beside OpenAI's paths.
    @Override
    public Ranking.Answer rank(Ranking.Request request, CallContext context) {
        Slice body = Rankings.write(request);
        String path = paths.path("/rerank", request.model());
        try (ClientResponse response = upstream.post(path, body, "application/json", context)) {
            Slice answer = upstream.body(response);
            return Rankings.read(answer, request.texts().size(), upstream.where());
        }
    }

    @Override
    public List<ModelInfo> models(CallContext context) {
        try (ClientResponse response = upstream.get(paths.path("/models", ""), context)) {
            return Models.read(upstream.body(response), upstream.where());
        }
    }

    @Override
    public void close() {}
}
