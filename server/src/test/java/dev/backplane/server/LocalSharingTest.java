package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who has the use of prompts that somebody else's request has computed.
class LocalSharingTest {
    private static final String ANNE = "sk-anne-0123456789-0123456789";
    private static final String BERT = "sk-bert-0123456789-0123456789";
    private static final String CARL = "sk-carl-0123456789-0123456789";

    @TempDir Path folder;

    private TestServer server(String local) throws Exception {
        Path file = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(file, 1_024);
        return new TestServer(
                folder.resolve("data"),
                """
                models:
                  tiny: {path: "%s"}
                local: {threads: 1, memory: 1GiB%s}
                gateway: {discover: "off"}
                keys:
                  - {name: anne, key: %s, scopes: [call], project: one}
                  - {name: bert, key: %s, scopes: [call], project: one}
                  - {name: carl, key: %s, scopes: [call], project: two}
                """
                        .formatted(file, local, ANNE, BERT, CARL));
    }

    private static HttpResponse<String> ask(TestServer server, String key, String more)
            throws Exception {
        return server.send(
                server.request("/v1/chat/completions")
                        .header("Authorization", "Bearer " + key)
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        """
                                        {"model": "tiny", "max_tokens": 1, "messages":
                                          [{"role": "user", "content": "%s"}]%s}
                                        """
                                                .formatted("A long secret. ".repeat(12), more))));
    }

    private static int cached(TestServer server, String key, String more) throws Exception {
        HttpResponse<String> response = ask(server, key, more);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonTree.Fields answer = (JsonTree.Fields) JsonTree.parse(response.body(), "answer");
        JsonTree.Fields usage = (JsonTree.Fields) answer.find("usage").orElseThrow();
        JsonTree.Fields details =
                (JsonTree.Fields) usage.find("prompt_tokens_details").orElseThrow();
        return Integer.parseInt(
                ((JsonTree.Number) details.find("cached_tokens").orElseThrow()).digits());
    }

    @Test
    void aKeysPromptsAreItsOwn() throws Exception {
        try (TestServer server = server("")) {
            assertThat(cached(server, ANNE, "")).isZero();
            assertThat(cached(server, BERT, "")).isZero();
            assertThat(cached(server, CARL, "")).isZero();
            assertThat(cached(server, ANNE, "")).isPositive();
            assertThat(cached(server, BERT, "")).isPositive();
        }
    }

    @Test
    void projectsShareIfTheyAreToldTo() throws Exception {
        try (TestServer server = server(", prefixes: project")) {
            assertThat(cached(server, ANNE, "")).isZero();
            assertThat(cached(server, BERT, "")).isPositive();
            assertThat(cached(server, CARL, "")).isZero();
        }
    }

    @Test
    void aRequestsSaltSharesWithFewer() throws Exception {
        try (TestServer server = server(", prefixes: all")) {
            assertThat(cached(server, ANNE, "")).isZero();
            assertThat(cached(server, CARL, "")).isPositive();
            assertThat(cached(server, CARL, ", \"cache_salt\": \"mine\"")).isZero();
            assertThat(cached(server, ANNE, ", \"cache_salt\": \"mine\"")).isPositive();
            for (String wrong : new String[] {"\"\"", "7", "[\"a\"]"}) {
                HttpResponse<String> refused =
                        ask(server, ANNE, ", \"cache_salt\": %s".formatted(wrong));
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(refused.body()).contains("cache_salt");
            }
        }
    }
}
