package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestWriter;
import dev.backplane.gateway.dialect.gemini.GenerateWriter;
import dev.backplane.gateway.dialect.openai.AnswerWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.StreamWriter;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Thoughts that a provider signed go through OpenAI's chat to the client and come back as they
/// were, whole and streamed: without its signature, a call is refused by the next turn.
class ProvenThoughtsTest {
    private static List<Event> answer(Event... seals) {
        List<Event> events = new ArrayList<>();
        events.add(new Event.Started("a", "m", 1, Extras.NONE));
        events.add(new Event.ReasoningDelta(0, "h"));
        events.add(new Event.ReasoningDelta(0, "m"));
        events.addAll(List.of(seals));
        events.add(new Event.ToolCallStarted(0, 0, "call_1", "f"));
        events.add(new Event.ToolArguments(0, 0, "{\"x\":1}"));
        events.add(new Event.ToolCallEnded(0, 0));
        events.add(new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_calls"));
        return events;
    }

    /// The message that a client keeps of the answer.
    private static String message(List<Event> events, boolean stream) throws IOException {
        if (!stream) {
            Answer.Builder fold = new Answer.Builder();
            for (Event event : events) {
                fold.on(event);
            }
            return choice(AnswerWriter.chat(fold.build(), "a", "m")).raw("message").text();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StreamWriter writer = new StreamWriter(out, true, "a", false);
        for (Event event : events) {
            writer.on(event);
        }
        writer.done();
        StringBuilder thought = new StringBuilder();
        StringBuilder arguments = new StringBuilder();
        List<String> details = new ArrayList<>();
        for (String line : out.toString(StandardCharsets.UTF_8).split("\n")) {
            if (line.startsWith("data: {")) {
                Members delta = choice(Slice.of(line.substring(6))).object("delta");
                thought.append(delta.text("reasoning_content"));
                delta.array("reasoning_details").forEach(one -> details.add(one.text()));
                for (Slice call : delta.array("tool_calls")) {
                    arguments.append(Members.of(call, "call").object("function").text("arguments"));
                }
            }
        }
        return "{\"role\":\"assistant\",\"reasoning_content\":%s,\"reasoning_details\":%s,%s}"
                .formatted(quote(thought.toString()), details, calls(arguments.toString()));
    }

    private static Members choice(Slice body) {
        return Members.of(Members.of(body, "body").array("choices").getFirst(), "choice");
    }

    private static String calls(String arguments) {
        return "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":"
                + "\"f\",\"arguments\":%s}}]".formatted(quote(arguments));
    }

    private static String quote(String text) {
        return new JsonOut().text(text).slice().text();
    }

    private static ModelRequest next(String message, String model) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},%s,"
                                        .formatted(model, message)
                                + "{\"role\":\"tool\",\"tool_call_id\":\"call_1\","
                                + "\"content\":\"2\"}]}"),
                "test");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anthropicsComeBack(boolean stream) throws IOException {
        List<Event> events =
                answer(
                        new Event.ReasoningSealed(0, "sig", ""),
                        new Event.ReasoningSealed(0, "", "secret"));
        List<String> ignored = new ArrayList<>();

        Slice body = MessagesRequestWriter.write(next(message(events, stream), "c"), ignored::add);

        assertThat(body.text())
                .contains(
                        "{\"role\":\"assistant\",\"content\":["
                                + "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":"
                                + "\"sig\"},"
                                + "{\"type\":\"redacted_thinking\",\"data\":\"secret\"},"
                                + "{\"type\":\"tool_use\",\"id\":\"call_1\",\"name\":\"f\","
                                + "\"input\":{\"x\":1}}]}");
        assertThat(ignored).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void geminisComeBackWithTheCallTheyBelongTo(boolean stream) throws IOException {
        List<Event> events = answer(new Event.ReasoningSealed(0, Signature.GEMINI.mark("sig"), ""));
        List<String> ignored = new ArrayList<>();

        Slice body =
                GenerateWriter.write(next(message(events, stream), "gemini-3-pro"), ignored::add);

        assertThat(body.text())
                .contains(
                        "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\","
                                + "\"args\":{\"x\":1},\"id\":\"call_1\"},"
                                + "\"thoughtSignature\":\"sig\"}]}");
        assertThat(body.text()).doesNotContain("skip_thought_signature_validator");
    }

    /// To the other family they are no proof, and it is told that they are left out.
    @Test
    void anothersAreLeftOutAndNamed() throws IOException {
        List<Event> events = answer(new Event.ReasoningSealed(0, Signature.GEMINI.mark("sig"), ""));
        List<String> ignored = new ArrayList<>();

        Slice body = MessagesRequestWriter.write(next(message(events, true), "c"), ignored::add);

        assertThat(body.text()).doesNotContain("sig");
        assertThat(ignored).contains("messages.reasoning");
    }

    /// Details of a service that speaks this language reach it as they came, in their order.
    @Test
    void detailsOfTheSameLanguageAreNotTouched() {
        String details =
                "[{\"type\":\"reasoning.summary\",\"summary\":\"s\",\"index\":0},"
                        + "{\"type\":\"reasoning.encrypted\",\"data\":\"d\",\"id\":\"call_1\","
                        + "\"format\":\"google-gemini-v1\",\"index\":1},"
                        + "{\"type\":\"reasoning.new\",\"what\":[1.0],\"index\":2}]";
        String message =
                "{\"role\":\"assistant\",\"reasoning\":\"s\",\"reasoning_details\":%s,%s}"
                        .formatted(details, calls("{}"));

        Slice body = ChatRequestWriter.write(next(message, "m"), _ -> {});

        assertThat(body.text()).contains("\"reasoning_details\":" + details, "\"reasoning\":\"s\"");
    }
}
