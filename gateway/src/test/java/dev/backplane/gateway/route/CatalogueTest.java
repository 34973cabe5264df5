package dev.backplane.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.http.client.HttpClient;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Names of models that are found at providers, not configured.
@Timeout(60)
class CatalogueTest {
    private static final String MODELS =
            "{\"object\":\"list\",\"data\":[{\"id\":\"llama3.2:latest\",\"created\":7},"
                    + "{\"id\":\"qwen3:8b\"}]}";

    private final ScriptedUpstream ollama = new ScriptedUpstream();
    private final ScriptedUpstream vllm = new ScriptedUpstream();
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final AtomicLong nanos = new AtomicLong();

    @AfterEach
    void close() {
        http.close();
        ollama.close();
        vllm.close();
    }

    private Provider provider(String name, URI base) {
        return new OpenAiCompatible(name, http, base, Optional.empty());
    }

    private RouteTable table() {
        List<Provider> found =
                List.of(provider("ollama", ollama.base()), provider("vllm", vllm.base()));
        return new RouteTable(
                found,
                List.of(),
                Map.of(),
                new Catalogue(found, nanos::get),
                Map.of("openai", "write providers: {openai: {}}"));
    }

    private static String target(RouteTable table, String model) {
        return table.find(model).targets().getFirst().name();
    }

    @Test
    void plainNamesLeadToWhoHasTheModel() {
        ollama.thenJson(200, MODELS);
        vllm.thenJson(200, "{\"data\":[{\"id\":\"Qwen/Qwen3-8B\"},{\"id\":\"qwen3:8b\"}]}");
        RouteTable table = table();

        assertThat(target(table, "llama3.2")).isEqualTo("ollama/llama3.2:latest");
        assertThat(target(table, "llama3.2:latest")).isEqualTo("ollama/llama3.2:latest");
        assertThat(target(table, "Qwen/Qwen3-8B")).isEqualTo("vllm/Qwen/Qwen3-8B");
        assertThat(target(table, "qwen3:8b")).isEqualTo("ollama/qwen3:8b");
        assertThat(target(table, "vllm/qwen3:8b")).isEqualTo("vllm/qwen3:8b");
        assertThat(table.explain("llama3.2").how()).contains("found");
        assertThat(table.catalogue().models())
                .extracting(ModelInfo::id)
                .containsExactly("llama3.2:latest", "qwen3:8b", "Qwen/Qwen3-8B");
        assertThat(ollama.received()).hasSize(1);
    }

    @Test
    void whatTheySayIsBelievedForAWhile() {
        ollama.thenJson(200, "{\"data\":[]}").thenJson(200, MODELS);
        vllm.thenJson(500, "{}");
        RouteTable table = table();

        assertThatThrownBy(() -> table.find("llama3.2")).isInstanceOf(Problem.class);
        nanos.set(Catalogue.BELIEVED.toNanos() - 1);
        assertThatThrownBy(() -> table.find("llama3.2")).isInstanceOf(Problem.class);
        nanos.set(Catalogue.BELIEVED.toNanos());
        assertThat(target(table, "llama3.2")).isEqualTo("ollama/llama3.2:latest");
        assertThat(ollama.received()).hasSize(2);
    }

    /// Names that say where they lead cost no question.
    @Test
    void nobodyIsAskedForANameThatIsKnown() {
        RouteTable table = table();

        assertThat(target(table, "ollama/x")).isEqualTo("ollama/x");
        assertThat(ollama.received()).isEmpty();
    }

    @Test
    void unknownNamesComeWithWhatWouldHelp() {
        ollama.thenJson(200, MODELS);
        vllm.thenJson(500, "{}");
        assertThatThrownBy(() -> table().find("none"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.fix()).contains("ollama", "llama3.2:latest"));
        assertThatThrownBy(() -> table().find("openai/gpt-4o"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.fix())
                                        .isEqualTo("write providers: {openai: {}}"));
        RouteTable gone = table();
        ollama.close();
        vllm.close();
        assertThatThrownBy(() -> gone.find("none"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.fix()).contains("none answers"));
    }
}
