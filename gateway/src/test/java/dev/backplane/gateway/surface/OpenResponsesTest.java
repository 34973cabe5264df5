package dev.backplane.gateway.surface;

import static dev.backplane.gateway.dialect.responses.JsonTree.array;
import static dev.backplane.gateway.dialect.responses.JsonTree.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.dialect.responses.JsonTree;
import dev.backplane.gateway.dialect.responses.StreamCheck;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The cases of Open Responses' compliance suite (https://www.openresponses.org/compliance) but for
/// its optional ones, `file-search` and `offline-web-search`, which are tools that nobody here
/// runs; and the members that its schema requires, over a provider that knows chats only.
@Timeout(60)
class OpenResponsesTest {
    /// Of `ResponseResource`; those that may be null have to be there all the same.
    private static final String[] RESPONSE = {
        "id",
        "object",
        "created_at",
        "completed_at",
        "status",
        "incomplete_details",
        "model",
        "previous_response_id",
        "instructions",
        "output",
        "error",
        "tools",
        "tool_choice",
        "truncation",
        "parallel_tool_calls",
        "text",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
        "temperature",
        "reasoning",
        "user",
        "usage",
        "max_output_tokens",
        "max_tool_calls",
        "store",
        "background",
        "service_tier",
        "metadata",
        "safety_identifier",
        "prompt_cache_key"
    };

    private static final List<String> NOT_NULL =
            List.of(
                    "id",
                    "object",
                    "created_at",
                    "status",
                    "model",
                    "output",
                    "tools",
                    "tool_choice",
                    "truncation",
                    "parallel_tool_calls",
                    "text",
                    "top_p",
                    "presence_penalty",
                    "frequency_penalty",
                    "top_logprobs",
                    "temperature",
                    "store",
                    "background",
                    "service_tier",
                    "metadata");

    private static final String[] USAGE = {
        "input_tokens",
        "input_tokens_details",
        "output_tokens",
        "output_tokens_details",
        "total_tokens"
    };
    private static final String[] TOOL = {"type", "name", "description", "parameters", "strict"};
    private static final String[] CALL = {"type", "id", "call_id", "name", "arguments", "status"};
    private static final String[] MESSAGE = {"type", "id", "status", "role", "content"};
    private static final String[] TEXT = {"type", "text", "annotations", "logprobs"};

    private static final String WEATHER =
            """
            ,"tools":[{"type":"function","name":"get_weather","description":"current weather",
              "parameters":{"type":"object","properties":{"location":{"type":"string"}},
                            "required":["location"]}}]\
            """;

    private final Harness harness = new Harness();

    @AfterEach
    void close() {
        harness.close();
    }

    private String ask(String input, String more) throws Exception {
        String body = "{\"model\":\"m\",\"input\":[%s]%s}".formatted(input, more);
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(URI.create(harness.url() + "/responses"))
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.body();
        }
    }

    private static String message(String role, String text) {
        return "{\"type\":\"message\",\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, text);
    }

    private void answers(String message, String finish) {
        harness.one.thenJson(
                200,
                """
                {"id":"c","created":7,"model":"m-1","choices":[{"index":0,"message":
                  {"role":"assistant",%s},"finish_reason":"%s"}],
                 "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}\
                """
                        .formatted(message, finish));
    }

    private void streams(String... choices) {
        String[] chunks = new String[choices.length + 1];
        for (int i = 0; i < choices.length; i++) {
            chunks[i] =
                    "{\"id\":\"c\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,%s}]}"
                            .formatted(choices[i]);
        }
        chunks[choices.length] = "[DONE]";
        harness.one.thenStream(chunks);
    }

    private static Map<String, Object> complete(Map<String, Object> response) {
        assertThat(response).containsKeys(RESPONSE).containsEntry("status", "completed");
        assertThat(NOT_NULL).noneMatch(name -> response.get(name).equals("null"));
        if (response.get("usage") instanceof Map<?, ?>) {
            assertThat(object(response.get("usage"))).containsKeys(USAGE);
        }
        array(response.get("tools")).forEach(tool -> assertThat(object(tool)).containsKeys(TOOL));
        List<Object> output = array(response.get("output"));
        assertThat(output).isNotEmpty();
        for (Object element : output) {
            Map<String, Object> item = object(element);
            if (item.get("type").equals("message")) {
                assertThat(item).containsKeys(MESSAGE);
                array(item.get("content"))
                        .forEach(part -> assertThat(object(part)).containsKeys(TEXT));
            } else {
                assertThat(item).containsEntry("type", "function_call").containsKeys(CALL);
            }
        }
        return response;
    }

    private static Map<String, Object> whole(String body) {
        return complete(object(JsonTree.of(Slice.of(body))));
    }

    @Test
    void basicSystemPromptAndMultiTurn() throws Exception {
        for (String input :
                List.of(
                        message("user", "Say hello in exactly 3 words."),
                        message("system", "You are a pirate.")
                                + ","
                                + message("user", "Say hello."),
                        message("user", "My name is Alice.")
                                + ","
                                + message("assistant", "Hello Alice!")
                                + ","
                                + message("user", "What is my name?"))) {
            answers("\"content\":\"hello\"", "stop");
            whole(ask(input, ",\"stream\":false"));
            String sent = harness.one.received().getLast().body().text();
            assertThat(sent.split("\"role\":", -1)).hasSameSizeAs(input.split("\"role\":", -1));
        }
    }

    @Test
    void toolCalling() throws Exception {
        answers(
                "\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"get_weather\",\"arguments\":\"{}\"}}]",
                "tool_calls");
        Map<String, Object> response = whole(ask(message("user", "Weather?"), WEATHER));
        assertThat(object(array(response.get("output")).getLast()))
                .containsEntry("name", "get_weather");
    }

    @Test
    void functionCallRoundTrip() throws Exception {
        answers(
                "\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"get_weather\",\"arguments\":\"{}\"}}]",
                "tool_calls");
        String choice = ",\"tool_choice\":{\"type\":\"function\",\"name\":\"get_weather\"}";
        Map<String, Object> first = whole(ask(message("user", "Weather?"), WEATHER + choice));
        Object call = object(array(first.get("output")).getLast()).get("call_id");

        answers("\"content\":\"clear\"", "stop");
        Map<String, Object> second =
                whole(
                        ask(
                                "{\"type\":\"function_call_output\",\"call_id\":\"%s\",\"output\":\"64\"}"
                                        .formatted(call),
                                after(first)));
        assertThat(second).containsEntry("previous_response_id", first.get("id"));
        assertThat(harness.one.received().getLast().body().text())
                .containsSubsequence("Weather?", "get_weather", "\"tool\"", "call_1", "64");
    }

    private static String after(Map<String, Object> response) {
        return ",\"previous_response_id\":\"" + response.get("id") + "\"";
    }

    @Test
    void previousResponseId() throws Exception {
        answers("\"content\":\"OK\"", "stop");
        Map<String, Object> first = whole(ask(message("user", "The word is papaya."), ""));
        answers("\"content\":\"papaya\"", "stop");
        whole(ask(message("user", "Which word?"), after(first)));
        assertThat(harness.one.received().getLast().body().text())
                .containsSubsequence("papaya", "OK", "Which word?");
    }

    @Test
    void fileInput() throws Exception {
        answers("\"content\":\"a title\"", "stop");
        whole(
                ask(
                        "{\"type\":\"message\",\"role\":\"user\",\"content\":["
                                + "{\"type\":\"input_text\",\"text\":\"What is its title?\"},"
                                + "{\"type\":\"input_file\",\"filename\":\"a.pdf\","
                                + "\"file_data\":\"data:application/pdf;base64,JVBERi0xLjEK\"}]}",
                        ""));
        assertThat(harness.one.received().getLast().body().text())
                .contains("data:application/pdf;base64,JVBERi0xLjEK")
                .contains("a.pdf");
    }

    @Test
    void imageInput() throws Exception {
        answers("\"content\":\"a heart\"", "stop");
        whole(
                ask(
                        "{\"type\":\"message\",\"role\":\"user\",\"content\":["
                                + "{\"type\":\"input_text\",\"text\":\"What is it?\"},"
                                + "{\"type\":\"input_image\","
                                + "\"image_url\":\"data:image/png;base64,iVBORw0KGgo=\"}]}",
                        ""));
        assertThat(harness.one.received().getLast().body().text())
                .contains("data:image/png;base64,iVBORw0KGgo=");
    }

    @Test
    void streamingText() throws Exception {
        streams(
                "\"delta\":{\"role\":\"assistant\",\"content\":\"1 2\"}",
                "\"delta\":{\"content\":\" 3\"}",
                "\"delta\":{},\"finish_reason\":\"stop\"");
        String stream = ask(message("user", "Count."), ",\"stream\":true");
        complete(StreamCheck.check(stream));
        for (String line : stream.split("\n")) {
            if (line.contains("\"type\":\"response.output_text.delta\"")) {
                assertThat(object(JsonTree.of(Slice.of(line.substring(6)))))
                        .containsKeys(
                                "sequence_number",
                                "item_id",
                                "output_index",
                                "content_index",
                                "delta",
                                "logprobs");
            }
        }
    }

    @Test
    void streamingToolCalls() throws Exception {
        streams(
                "\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"call_1\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
                        + "\"arguments\":\"\"}}]}",
                "\"delta\":{\"tool_calls\":[{\"index\":0,"
                        + "\"function\":{\"arguments\":\"{\\\"location\\\":1}\"}}]}",
                "\"delta\":{},\"finish_reason\":\"tool_calls\"");
        String stream = ask(message("user", "Weather?"), WEATHER + ",\"stream\":true");
        complete(StreamCheck.check(stream));
        assertThat(stream)
                .contains("\"type\":\"response.output_item.added\"")
                .contains("\"type\":\"response.function_call_arguments.delta\"")
                .contains("\"type\":\"response.function_call_arguments.done\"")
                .contains("\"type\":\"response.output_item.done\"");
    }
}
