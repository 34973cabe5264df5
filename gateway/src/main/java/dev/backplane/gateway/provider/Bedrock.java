package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.bedrock.ConverseReader;
import dev.backplane.gateway.dialect.bedrock.ConverseWriter;
import dev.backplane.gateway.dialect.bedrock.Errors;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// AWS Bedrock, and what speaks its Converse API. Models are named by their id, the id of an
/// inference profile or an ARN.
public final class Bedrock implements Provider {
    private static final Capabilities CAPABILITIES = new Capabilities(Set.of(), false);
    private static final String STREAM = "application/vnd.amazon.eventstream";

    private final String name;
    private final Upstream upstream;

    private Bedrock(String name, HttpClient http, URI base, Upstream.Signer signer) {
        this.name = name;
        this.upstream = new Upstream(name, http, base, signer, Errors::read);
    }

    /// @param base such as [#address]
    public static Bedrock signed(
            String name, HttpClient http, URI base, String region, AwsCredentials credentials) {
        return new Bedrock(
                name,
                http,
                base,
                new SigV4(credentials, region, "bedrock", InstantSource.system()));
    }

    /// With a key of Bedrock's own, which is sent as it is.
    public static Bedrock withKey(String name, HttpClient http, URI base, String key) {
        Header proof = new Header("Authorization", "Bearer " + key);
        return new Bedrock(
                name,
                http,
                base,
                (_, _, headers, _) -> {
                    List<Header> all = new ArrayList<>(headers);
                    all.add(proof);
                    return all;
                });
    }

    /// Of Bedrock in a region such as `eu-central-1`.
    public static URI address(String region) {
        return URI.create("https://bedrock-runtime." + region + ".amazonaws.com");
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
        Slice body = ConverseWriter.write(request, context::ignored);
        String path =
                "/model/"
                        + Upstream.segment(request.model())
                        + (request.stream() ? "/converse-stream" : "/converse");
        String accept = request.stream() ? STREAM : "application/json";
        try (ClientResponse response = upstream.post(path, body, accept, context)) {
            String id = response.header("x-amzn-RequestId").orElse("");
            ConverseReader reader =
                    new ConverseReader(events, id, request.model(), upstream.where());
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

    private void stream(
            ClientResponse response, ConverseReader reader, CallContext context, Events events)
            throws IOException {
        EventStreamReader messages =
                new EventStreamReader(upstream.stream(response, context), upstream.where());
        while (messages.next()) {
            switch (messages.header(":message-type")) {
                case "event" -> reader.read(messages.header(":event-type"), messages.payload());
                case "exception" ->
                        throw Errors.read(
                                messages.payload(),
                                messages.header(":exception-type"),
                                upstream.where());
                default ->
                        throw Problem.unavailable(
                                        "provider broke off: " + messages.header(":error-message"),
                                        upstream.where())
                                .fix("try again");
            }
            if (!messages.buffered()) {
                events.flush();
            }
        }
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        throw Problem.invalid("this provider makes no vectors", upstream.where())
                .fix("name a model of a provider that does");
    }

    /// Which models there are is told by another service of AWS.
    @Override
    public List<ModelInfo> models(CallContext context) {
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "this provider does not tell its models",
                        upstream.where())
                .fix("see the list of models in the console of AWS");
    }

    @Override
    public void close() {}
}
