package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.StructuredResponse;
import com.openai.models.responses.ToolChoiceTypes;
import com.openai.models.responses.WebSearchTool;
import com.openai.models.responses.inputitems.InputItemListPage;
import com.openai.models.responses.inputitems.InputItemListParams;
import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.dialect.responses.JsonTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OpenAI's own Java client against `/v1/responses`, with a provider behind it that knows chats
/// only.
@Timeout(60)
class ResponsesSdkTest {
    private final Harness harness = new Harness();
    private final OpenAIClient client =
            OpenAIOkHttpClient.builder().baseUrl(harness.url()).apiKey("any").maxRetries(0).build();

    @AfterEach
    void close() {
        client.close();
        harness.close();
    }

    private static ResponseCreateParams.Builder ask(String text) {
        return ResponseCreateParams.builder().model("m").input(text);
    }

    private void answer(String message, String finish) {
        harness.one.thenJson(
                200,
                "{\"id\":\"c-9\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                        + "\"message\":{\"role\":\"assistant\","
                        + message
                        + "},"
                        + "\"finish_reason\":\""
                        + finish
                        + "\"}],\"usage\":{\"prompt_tokens\":9,"
                        + "\"completion_tokens\":4,\"total_tokens\":13,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":5}}}");
    }

    private void stream(String... deltas) {
        List<String> chunks = new ArrayList<>();
        for (String delta : deltas) {
            chunks.add(
                    "{\"id\":\"c\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                            + delta
                            + "}]}");
        }
        chunks.add("[DONE]");
        harness.one.thenStream(chunks.toArray(String[]::new));
    }

    private static FunctionTool weather() {
        return FunctionTool.builder()
                .name("weather")
                .parameters(
                        FunctionTool.Parameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .build())
                .strict(false)
                .build();
    }

    private String lastBody() {
        return harness.one.received().getLast().body().text();
    }

    @Test
    void answersAndRemembers() {
        answer("\"content\":\"21 degrees\",\"reasoning_content\":\"hm\"", "stop");

        Response response =
                client.responses().create(ask("how warm?").instructions("be brief").build());
        response.validate();

        assertThat(text(response)).isEqualTo("21 degrees");
        assertThat(response.output().getFirst().isReasoning()).isTrue();
        assertThat(response.usage().orElseThrow().inputTokensDetails().cachedTokens()).isEqualTo(5);
        assertThat(response.status()).contains(ResponseStatus.COMPLETED);
        assertThat(lastBody())
                .contains("{\"role\":\"system\",\"content\":\"be brief\"}")
                .contains("{\"role\":\"user\",\"content\":\"how warm?\"}");
        Response again = client.responses().retrieve(response.id());
        assertThat(again).isEqualTo(response);
        assertThat(harness.span().text(Field.PARENT_ID))
                .isEqualTo(response.id().substring(response.id().length() - 16));
        InputItemListPage items = client.responses().inputItems().list(response.id());
        assertThat(items.data()).singleElement().satisfies(item -> item.validate());
    }

    private static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(content -> content.outputText().stream())
                .map(text -> text.text())
                .collect(Collectors.joining());
    }

    @Test
    void toolsGoRoundInTwoTurns() {
        answer(
                "\"content\":null,\"tool_calls\":[{\"id\":\"t-1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}]",
                "tool_calls");
        answer("\"content\":\"21 degrees\"", "stop");
        Response first = client.responses().create(ask("how warm?").addTool(weather()).build());
        ResponseFunctionToolCall call =
                first.output().stream()
                        .flatMap(item -> item.functionCall().stream())
                        .findFirst()
                        .orElseThrow();

        Response second =
                client.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .model("m")
                                        .previousResponseId(first.id())
                                        .addTool(weather())
                                        .inputOfResponse(
                                                List.of(
                                                        ResponseInputItem.ofFunctionCallOutput(
                                                                ResponseInputItem.FunctionCallOutput
                                                                        .builder()
                                                                        .callId(call.callId())
                                                                        .output("21")
                                                                        .build())))
                                        .build());

        assertThat(text(second)).isEqualTo("21 degrees");
        assertThat(second.previousResponseId()).contains(first.id());
        assertThat(lastBody())
                .contains(
                        "{\"role\":\"user\",\"content\":\"how warm?\"},"
                                + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
                                + "\"id\":\"t-1\",\"type\":\"function\",\"function\":{"
                                + "\"name\":\"weather\",\"arguments\":\"{}\"}}]},"
                                + "{\"role\":\"tool\",\"tool_call_id\":\"t-1\","
                                + "\"content\":\"21\"}");
        assertThat(harness.span().text(Field.SESSION_ID)).isEqualTo(first.id());
        InputItemListPage page =
                client.responses()
                        .inputItems()
                        .list(second.id(), InputItemListParams.builder().limit(2).build());
        assertThat(page.data()).hasSize(2);
        assertThat(page.data().getFirst().isFunctionCallOutput()).isTrue();
        assertThat(page.hasNextPage()).isTrue();
        assertThat(page.nextPage().data()).hasSize(1);
    }

    @Test
    void streams() {
        stream(
                "\"delta\":{\"reasoning_content\":\"hm\"}",
                "\"delta\":{\"content\":\"21 \"}",
                "\"delta\":{\"content\":\"degrees\"}",
                "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":"
                        + "{\"name\":\"weather\",\"arguments\":\"{}\"}}]}",
                "\"delta\":{},\"finish_reason\":\"tool_calls\"");

        ResponseAccumulator accumulator = ResponseAccumulator.create();
        List<ResponseStreamEvent> events;
        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(ask("how warm?").addTool(weather()).build())) {
            events = stream.stream().peek(accumulator::accumulate).toList();
        }
        events.forEach(ResponseStreamEvent::validate);

        Response response = accumulator.response();
        assertThat(text(response)).isEqualTo("21 degrees");
        assertThat(events.getFirst().isCreated()).isTrue();
        assertThat(events.stream().filter(ResponseStreamEvent::isReasoningTextDelta)).hasSize(1);
        assertThat(events.stream().filter(ResponseStreamEvent::isOutputTextDelta)).hasSize(2);
        assertThat(events.stream().filter(ResponseStreamEvent::isFunctionCallArgumentsDone))
                .hasSize(1);
        assertThat(client.responses().retrieve(response.id())).isEqualTo(response);
    }

    public static class Weather {
        public int degrees;
    }

    @Test
    void answersInAStructure() {
        answer("\"content\":\"{\\\"degrees\\\":21}\"", "stop");

        StructuredResponse<Weather> response =
                client.responses().create(ask("how warm?").text(Weather.class).build());

        assertThat(
                        response.output().stream()
                                .flatMap(item -> item.message().stream())
                                .flatMap(message -> message.content().stream())
                                .flatMap(content -> content.outputText().stream())
                                .findFirst()
                                .orElseThrow()
                                .degrees)
                .isEqualTo(21);
        assertThat(lastBody())
                .contains("\"response_format\":{\"type\":\"json_schema\"")
                .contains("\"strict\":true");
    }

    @Test
    void aBrokenStreamFails() {
        harness.one.thenStream(
                "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                        + "\"delta\":{\"content\":\"half\"}}]}");

        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(ask("how warm?").build())) {
            List<ResponseStreamEvent> events = stream.stream().toList();
            events.forEach(ResponseStreamEvent::validate);
            assertThat(events.get(events.size() - 2).isError()).isTrue();
            assertThat(events.getLast().asFailed().response().error()).isPresent();
        }

        assertThat(harness.responses.kept.values())
                .singleElement()
                .satisfies(kept ->
                        assertThat(kept.response().text())
                                .contains("\"status\":\"failed\"")
                                .contains("half"));
    }

    @Test
    void whatIsDeletedIsGone() {
        answer("\"content\":\"yes\"", "stop");
        Response response = client.responses().create(ask("well?").build());

        client.responses().delete(response.id());

        assertThatThrownBy(() -> client.responses().retrieve(response.id()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() ->
                        client.responses()
                                .create(ask("and?").previousResponseId(response.id()).build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class,
                        problem ->
                                assertThat(problem.code()).contains("previous_response_not_found"));
    }

    @Test
    void whatIsNotStoredCannotBeHadAgain() throws IOException {
        answer("\"content\":\"yes\"", "stop");

        String asked = raw(ask("well?").store(false).build());
        harness.responses.full = true;
        String lost = raw(ask("well?").build());

        assertThat(harness.responses.kept).isEmpty();
        for (String gone : List.of(asked, lost)) {
            Map<String, Object> response = JsonTree.object(JsonTree.of(Slice.of(gone)));
            assertThat(response).containsEntry("store", "false");
            assertThatThrownBy(() -> client.responses().retrieve((String) response.get("id")))
                    .isInstanceOf(NotFoundException.class);
        }
    }

    private String raw(ResponseCreateParams params) throws IOException {
        try (HttpResponseFor<Response> response =
                client.responses().withRawResponse().create(params)) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void itemsCanBeReferredTo() {
        answer("\"content\":\"first\"", "stop");
        answer("\"content\":\"second\"", "stop");
        Response first = client.responses().create(ask("well?").build());
        String item = first.output().getFirst().asMessage().id();

        client.responses()
                .create(
                        ResponseCreateParams.builder()
                                .model("m")
                                .inputOfResponse(
                                        List.of(
                                                ResponseInputItem.ofItemReference(
                                                        ResponseInputItem.ItemReference.builder()
                                                                .id(item)
                                                                .build())))
                                .build());

        assertThat(lastBody()).contains("[{\"role\":\"assistant\",\"content\":\"first\"}]");
    }

    @Test
    void refusesWhatItCannotDo() {
        assertThatThrownBy(() ->
                        client.responses()
                                .create(
                                        ask("news?")
                                                .toolChoice(
                                                        ToolChoiceTypes.builder()
                                                                .type(
                                                                        ToolChoiceTypes.Type
                                                                                .WEB_SEARCH_PREVIEW)
                                                                .build())
                                                .addTool(
                                                        WebSearchTool.builder()
                                                                .type(WebSearchTool.Type.WEB_SEARCH)
                                                                .build())
                                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("web_search");
        answer("\"content\":\"yes\"", "stop");
        Response response = client.responses().create(ask("well?").build());
        assertThatThrownBy(() -> client.responses().cancel(response.id()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("not made in the background");
        assertThat(Map.copyOf(harness.responses.kept)).hasSize(1);
    }
}
