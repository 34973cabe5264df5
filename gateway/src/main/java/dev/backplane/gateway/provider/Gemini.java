package dev.backplane.gateway.provider;

import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.gemini.Embeddings;
import dev.backplane.gateway.dialect.gemini.Errors;
import dev.backplane.gateway.dialect.gemini.GenerateReader;
import dev.backplane.gateway.dialect.gemini.GenerateWriter;
import dev.backplane.gateway.dialect.gemini.Models;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Set;

/// Google's Gemini API.
public final class Gemini implements Provider {
    /// Where it is.
    public static final URI ADDRESS =
            URI.create("https://generativelanguage.googleapis.com/v1beta");

    private static final Capabilities CAPABILITIES =
            new Capabilities(Set.of(DialectId.GEMINI), true);
    private static final String STREAM = "text/event-stream";
    private static final String JSON = "application/json";

    private final String name;
    private final Upstream upstream;

    /// @param base such as [#ADDRESS]
    public Gemini(String name, HttpClient http, URI base, String key) {
        this.name = name;
        this.upstream =
                new Upstream(
                        name, http, base, List.of(new Header("x-goog-api-key", key)), Errors::read);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    private static String path(String model, String method) {
        return "/models/" + Upstream.segment(model) + ":" + method;
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events)
            throws IOException {
        Slice body = GenerateWriter.write(request, context::ignored);
        String path =
                request.stream()
                        ? path(request.model(), "streamGenerateContent") + "?alt=sse"
                        : path(request.model(), "generateContent");
        String accept = request.stream() ? STREAM : JSON;
        try (ClientResponse response = upstream.post(path, body, accept, context)) {
            GenerateReader reader = new GenerateReader(events, upstream.where());
            if (response.contentType().equals(STREAM)) {
                stream(response, reader, context, events);
            } else {
                reader.read(upstream.body(response));
            }
            if (!reader.end()) {
                throw upstream.cutOff();
            }
        }
    }

    private void stream(
            ClientResponse response, GenerateReader reader, CallContext context, Events events)
            throws IOException {
        SseReader sse = new SseReader(upstream.stream(response, context), upstream.where());
        while (sse.next()) {
            if (sse.cut()) {
                throw upstream.cutOff();
            }
            reader.read(sse.data());
            context.counted(reader.usage());
            if (!sse.buffered()) {
                events.flush();
            }
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        Slice body = Embeddings.write(request, context::ignored);
        String path = path(request.model(), "batchEmbedContents");
        try (ClientResponse response = upstream.post(path, body, JSON, context)) {
            return Embeddings.read(upstream.body(response), request, upstream.where());
        }
    }

    /// The first thousand, which is all that there are.
    @Override
    public List<ModelInfo> models(CallContext context) {
        try (ClientResponse response = upstream.get("/models?pageSize=1000", context)) {
            return Models.read(upstream.body(response), upstream.where());
        }
    }

    @Override
    public void close() {}
}
