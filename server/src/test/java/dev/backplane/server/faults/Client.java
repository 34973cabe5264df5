package dev.backplane.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The dialects of clients: how each asks, and how an answer, an error and an error in a stream
/// that has begun look in it.
enum Client {
    CHAT("/v1/chat/completions", "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"),
    COMPLETIONS("/v1/completions", "\"prompt\":\"hi\""),
    RESPONSES("/v1/responses", "\"input\":\"hi\""),
    MESSAGES(
            "/v1/messages",
            "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"),
    OLLAMA_CHAT("/api/chat", "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"),
    OLLAMA_GENERATE("/api/generate", "\"prompt\":\"hi\"");

    private static final JsonMapper JSON = JsonMapper.shared();

    final String path;
    private final String members;

    Client(String path, String members) {
        this.path = path;
        this.members = members;
    }

    String body(String model, boolean stream) {
        return "{\"model\":\"" + model + "\",\"stream\":" + stream + "," + members + "}";
    }

    private boolean isOllama() {
        return this == OLLAMA_CHAT || this == OLLAMA_GENERATE;
    }

    /// The body of an answer that is an error.
    void checkError(String body, Problem.Kind kind) {
        JsonNode json = JSON.readTree(body);
        if (isOllama()) {
            assertThat(json.path("error").asString("")).isNotEmpty();
        } else if (this == MESSAGES) {
            assertThat(json.path("type").asString()).isEqualTo("error");
            assertThat(json.path("error").path("type").asString()).isEqualTo(anthropic(kind));
            assertThat(json.path("error").path("message").asString()).isNotEmpty();
        } else {
            assertThat(json.path("error").path("kind").asString()).isEqualTo(kind.id());
            assertThat(json.path("error").path("message").asString()).isNotEmpty();
            assertThat(json.path("error").has("code")).isTrue();
        }
    }

    /// The whole of a stream that began and then failed: what was said is in it, its last event is
    /// the error, and nothing says that it was complete.
    void checkBrokenStream(String stream, Problem.Kind kind) {
        assertThat(stream).contains(FaultyModel.Language.TEXT);
        switch (this) {
            case CHAT, COMPLETIONS -> {
                assertThat(stream).doesNotContain("[DONE]").doesNotContain("\"stop\"");
                checkError(lastData(stream), kind);
            }
            case RESPONSES -> {
                assertThat(stream).doesNotContain("response.completed");
                // The stream's end comes after it, whatever the response came to.
                JsonNode last = JSON.readTree(lastData(stream.replace("data: [DONE]", "")));
                assertThat(last.path("type").asString()).isEqualTo("response.failed");
                JsonNode response = last.path("response");
                assertThat(response.path("status").asString()).isEqualTo("failed");
                assertThat(response.path("error").path("message").asString()).isNotEmpty();
            }
            case MESSAGES -> {
                assertThat(stream).doesNotContain("message_stop").contains("event: error");
                checkError(lastData(stream), kind);
            }
            case OLLAMA_CHAT, OLLAMA_GENERATE -> {
                assertThat(stream).doesNotContain("\"done\":true");
                checkError(stream.strip().substring(stream.strip().lastIndexOf('\n') + 1), kind);
            }
        }
    }

    /// The whole of a stream that went well.
    void checkStream(String stream) {
        String text = FaultyModel.Language.TEXT;
        assertThat(stream).contains(text);
        String end =
                switch (this) {
                    case CHAT, COMPLETIONS -> "[DONE]";
                    case RESPONSES -> "\"response.completed\"";
                    case MESSAGES -> "\"message_stop\"";
                    case OLLAMA_CHAT, OLLAMA_GENERATE -> "\"done\":true";
                };
        assertThat(stream.split(java.util.regex.Pattern.quote(end), -1)).hasSize(2);
    }

    private static String lastData(String stream) {
        return stream.substring(stream.lastIndexOf("data: ") + 6).strip();
    }

    private static String anthropic(Problem.Kind kind) {
        return switch (kind) {
            case LIMITED -> "rate_limit_error";
            case UNAVAILABLE -> "overloaded_error";
            case TIMEOUT, SLOW_SENDER -> "timeout_error";
            case INVALID,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    NOT_FOUND,
                    CONFLICT,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    EXHAUSTED,
                    INTERNAL,
                    NOT_IMPLEMENTED,
                    CONFIG ->
                    throw new AssertionError(kind + " is no fault of a provider here");
        };
    }
}
