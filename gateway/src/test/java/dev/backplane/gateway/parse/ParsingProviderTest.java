package dev.backplane.gateway.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The stage in a call: a server that streams what its model writes, and what a client is told.
@Timeout(60)
class ParsingProviderTest {
    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final Provider server =
            new OpenAiCompatible("up", http, upstream.base(), Optional.empty());

    @AfterEach
    void close() {
        http.close();
        upstream.close();
    }

    private static ModelRequest request(String more) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                                + "\"stream\":true"
                                + more
                                + "}"),
                "test");
    }

    private static final String TOOLS =
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]";

    private static String delta(String content) {
        return "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                + JsonWords.quote(content)
                + "}}]}";
    }

    private static String finish(String reason) {
        return "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}";
    }

    private List<Event> ask(ReplyFormat format, ModelRequest request) throws IOException {
        List<Event> events = new ArrayList<>();
        new ParsingProvider(server, format)
                .generate(request, new CallContext("", Timeouts.DEFAULT), events::add);
        return events;
    }

    private static Answer.Choice fold(List<Event> events) {
        Answer.Builder fold = new Answer.Builder();
        events.forEach(fold::on);
        return fold.build().choices().getFirst();
    }

    @Test
    void callsAndThoughtsAreEventsAndTheAnswerFinishesWithThem() throws IOException {
        upstream.thenStream(
                delta("<thi"),
                delta("nk>Hm."),
                delta("</think>Look.<tool_call>{\"name\": \"now\", \"argu"),
                delta("ments\": {\"a\":"),
                delta(" 1}}</tool_call>"),
                finish("stop"),
                "[DONE]");

        List<Event> events = ask(Formats.named("hermes", "think"), request(TOOLS));

        assertThat(events)
                .contains(
                        new Event.ReasoningDelta(0, "Hm."),
                        new Event.TextDelta(0, "Look."),
                        new Event.ToolArguments(0, 0, "{\"a\":"),
                        new Event.ToolArguments(0, 0, " 1}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_calls"));
        assertThat(fold(events).parts())
                .anySatisfy(part -> {
                    assertThat(part).isInstanceOf(Part.ToolCall.class);
                    Part.ToolCall call = (Part.ToolCall) part;
                    assertThat(call.id()).startsWith("call_");
                    assertThat(call.name()).isEqualTo("now");
                    assertThat(call.arguments()).isEqualTo("{\"a\": 1}");
                });
    }

    @Test
    void aCallThatWasCutOffIsNoReasonToFinish() throws IOException {
        upstream.thenStream(
                delta("<tool_call>{\"name\": \"now\", \"arguments\": {\"a\""), finish("length"));

        List<Event> events = ask(Formats.named("hermes", "none"), request(TOOLS));

        assertThat(events)
                .contains(
                        new Event.ToolArguments(0, 0, "{\"a\""),
                        new Event.Finished(0, FinishReason.LENGTH, "length"))
                .noneMatch(Event.ToolCallEnded.class::isInstance);
        assertThat(fold(events).extras().get(ReplyOut.NOTES).text())
                .isEqualTo("[\"a call was not finished\"]");
    }

    @Test
    void withoutToolsNothingIsACall() throws IOException {
        String text = "<tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>";
        upstream.thenStream(delta(text), finish("stop"));

        for (String more : List.of("", TOOLS + ",\"tool_choice\":\"none\"")) {
            Answer.Choice choice = fold(ask(Formats.named("hermes", "think"), request(more)));

            assertThat(choice.text()).isEqualTo(text);
            assertThat(choice.reason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void whatTheServerHasParsedPassesThrough() throws IOException {
        upstream.thenStream(
                "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\","
                        + "\"function\":{\"name\":\"now\",\"arguments\":\"{}\"}}]}}]}",
                delta("<tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>"),
                finish("tool_calls"));

        List<Event> events = ask(Formats.named("hermes", "none"), request(TOOLS));

        assertThat(fold(events).parts()).hasSize(2).allMatch(Part.ToolCall.class::isInstance);
        assertThat(events).contains(new Event.ToolArguments(0, 1, "{}"));
    }

    @Test
    void theServerIsAskedForMarkersThatAreSpecialTokens() throws IOException {
        upstream.thenStream(delta("hi"), finish("stop"));

        ask(Formats.named("hermes", "think"), request(""));
        ask(Formats.named("mistral", "none"), request(""));
        ask(Formats.named("mistral", "none"), request(",\"skip_special_tokens\":true"));

        assertThat(upstream.received().get(0).body().text()).doesNotContain("skip_special");
        assertThat(upstream.received().get(1).body().text())
                .contains("\"skip_special_tokens\":false");
        assertThat(upstream.received().get(2).body().text())
                .contains("\"skip_special_tokens\":true");
    }
}
