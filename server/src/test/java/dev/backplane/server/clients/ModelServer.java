package dev.backplane.server.clients;

import dev.backplane.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;

/// A server with keys, in front of a [FakeModel] that it knows as three providers.
final class ModelServer implements AutoCloseable {
    static final String KEY = "a-key-of-more-than-20-characters";

    final FakeModel model = new FakeModel();
    private final TestServer server;

    /// @param data an empty directory
    ModelServer(Path data) throws IOException {
        server =
                new TestServer(
                        data,
                        """
                        providers:
                          openai: {type: openai, base_url: "%1$s/v1"}
                          anthropic: {type: anthropic, base_url: "%1$s/v1", api_key: sk-a}
                          gemini: {type: gemini, base_url: "%1$s/v1beta", api_key: sk-g}
                        models:
                          on-openai: {provider: openai, model: m-1}
                          on-anthropic: {provider: anthropic, model: m-1}
                          on-gemini: {provider: gemini, model: m-1}
                        keys:
                          - {name: caller, key: %2$s, scopes: [call, read], project: team}
                        """
                                .formatted(model.root(), KEY));
    }

    String root() {
        return "http://127.0.0.1:" + server.backplane.port();
    }

    @Override
    public void close() {
        server.close();
        model.close();
    }
}
