package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AzureOpenAiTest {
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<String> seen = new ArrayList<>();

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private Provider provider(URI resource, String... version) {
        return AzureOpenAi.provider(
                "azure", http, resource, "k-secret", List.of(version).stream().findFirst());
    }

    private static CallContext context() {
        return new CallContext("", Timeouts.DEFAULT);
    }

    private static ModelRequest chat(String model) {
        return ChatRequestReader.read(
                        Slice.of(
                                "{\"model\":\"m\",\"stream\":true,\"messages\":"
                                        + "[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                        "test")
                .withModel(model);
    }

    private void answers() {
        upstream.then(exchange -> {
            seen.add(exchange.path());
            seen.add(exchange.query("api-version").orElse("none"));
            seen.add(exchange.header("api-key").orElse("none"));
            exchange.header("Content-Type", "text/event-stream");
            String stream =
                    "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\","
                            + "\"prompt_filter_results\":[1]}\n\n"
                            + "data: {\"id\":\"c-1\",\"model\":\"gpt\",\"created\":5,\"choices\":"
                            + "[{\"index\":0,\"delta\":{\"content\":\"a\"},"
                            + "\"content_filter_results\":{\"hate\":{}},"
                            + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
            exchange.output().write(stream.getBytes());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/openai", "/openai/v1", "/openai/v1/"})
    void withoutAVersionTheV1SurfaceIsSpokenTo(String suffix) throws IOException {
        answers();

        Provider provider =
                AzureOpenAi.provider(
                        "azure",
                        http,
                        URI.create(upstream.root() + suffix),
                        "k-secret",
                        Optional.empty());
        provider.generate(chat("my-gpt"), context(), _ -> {});

        assertThat(seen).containsExactly("/openai/v1/chat/completions", "none", "k-secret");
        assertThat(upstream.received().getFirst().body().text())
                .startsWith("{\"model\":\"my-gpt\"");
    }

    @Test
    void withAVersionThePathNamesTheDeployment() throws IOException {
        answers();
        Provider provider = provider(upstream.root(), "2025-04-01-preview");

        provider.generate(chat("my/gpt?x"), context(), _ -> {});

        assertThat(seen)
                .containsExactly(
                        "/openai/deployments/my%2Fgpt%3Fx/chat/completions",
                        "2025-04-01-preview", "k-secret");
    }

    @Test
    void modelsAreAskedOfTheResource() {
        upstream.then(exchange -> {
            seen.add(exchange.path() + "?" + exchange.query("api-version").orElse(""));
            exchange.send(200, "application/json", "{\"data\":[{\"id\":\"gpt\"}]}".getBytes());
        });

        assertThat(provider(upstream.root(), "v").models(context())).hasSize(1);
        assertThat(seen).containsExactly("/openai/models?v");
    }

    @Test
    void whatTheFiltersSaidComesWithTheAnswerThatItBelongsTo() throws IOException {
        answers();
        List<Event> events = new ArrayList<>();

        provider(upstream.root(), "v").generate(chat("m"), context(), events::add);

        assertThat(events.getFirst())
                .isInstanceOfSatisfying(
                        Event.Started.class,
                        started -> {
                            assertThat(started.id()).isEqualTo("c-1");
                            assertThat(started.extras().get("prompt_filter_results"))
                                    .isEqualTo(Slice.of("[1]"));
                        });
        assertThat(events)
                .contains(new Event.Other(0, "content_filter_results", Slice.of("{\"hate\":{}}")));
    }

    /// Whatever the name of its host.
    @Test
    void strictSchemasAreOpenAis() {
        ModelRequest request =
                ChatRequestReader.read(
                        Slice.of(
                                """
                                {"model":"m","messages":[{"role":"user","content":"hi"}],
                                 "response_format":{"type":"json_schema","json_schema":
                                  {"name":"n","strict":true,"schema":{"type":"object"}}}}\
                                """),
                        "test");
        for (Provider provider :
                List.of(provider(upstream.root()), provider(upstream.root(), "v"))) {
            assertThatThrownBy(() -> provider.generate(request, context(), _ -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("which OpenAI refuses");
        }
        assertThat(upstream.received()).isEmpty();
    }

    @Test
    void aNameThatLeadsElsewhereIsRefused() {
        assertThatThrownBy(() ->
                        provider(upstream.root(), "v").generate(chat(".."), context(), _ -> {}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no name of a model");
        assertThat(upstream.received()).isEmpty();
    }
}
