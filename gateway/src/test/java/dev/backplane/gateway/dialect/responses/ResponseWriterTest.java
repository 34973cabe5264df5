package dev.backplane.gateway.dialect.responses;

import static dev.backplane.gateway.dialect.responses.JsonTree.array;
import static dev.backplane.gateway.dialect.responses.JsonTree.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Usage;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {
    private static final ResponseId ID = ResponseId.create();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private static ResponsesRequest request(String members) {
        return ResponsesRequestReader.read(
                Slice.of("{\"model\":\"m\",\"input\":\"hi\"" + members + "}"), "test");
    }

    private ResponseWriter writer(String members) {
        return new ResponseWriter(request(members), ID, 7, Frames.to(out));
    }

    private static final ResponseWriter.Place STORED = new ResponseWriter.Place(true, "");

    private static Event started() {
        return new Event.Started("c", "m-1", 7, Extras.NONE);
    }

    private static Event finished(FinishReason reason) {
        return new Event.Finished(0, reason, "");
    }

    private Map<String, Object> end(ResponseWriter writer) throws IOException {
        writer.end(writer.status(), writer.response(writer.status(), STORED, 8));
        return StreamCheck.check(out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void streamsKeepTheOrderAndLoseNothing() {
        Gen.check(
                2_000,
                random -> {
                    List<Event> events = events(random);
                    String members =
                            (random.nextBoolean() ? ",\"reasoning\":{\"summary\":\"auto\"}" : "")
                                    + (random.nextBoolean() ? ",\"top_logprobs\":1" : "");
                    try {
                        out.reset();
                        ResponseWriter writer = writer(members);
                        Answer.Builder fold = new Answer.Builder();
                        for (Event event : events) {
                            fold.on(event);
                            writer.on(event);
                            if (Gen.oneIn(random, 3)) {
                                writer.flush();
                            }
                        }
                        Map<String, Object> response = end(writer);

                        assertThat(said(response)).isEqualTo(said(fold.build()));
                        assertThat(object(response.get("usage")))
                                .containsEntry("total_tokens", "12");
                    } catch (IOException impossible) {
                        throw new AssertionError(impossible);
                    }
                });
    }

    private static List<Event> events(RandomGenerator random) {
        List<Event> events = new ArrayList<>(List.of(started()));
        int call = 0;
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    events.add(new Event.TextDelta(0, "t" + Gen.string(random, 9)));
                    if (random.nextBoolean()) {
                        events.add(new Event.Logprobs(0, Slice.of("{\"content\":[{\"x\":1}]}")));
                    }
                }
                case 1 -> events.add(new Event.ReasoningDelta(0, "r" + Gen.string(random, 9)));
                case 2 -> events.add(new Event.RefusalDelta(0, "no" + Gen.string(random, 9)));
                default -> {
                    events.add(new Event.ToolCallStarted(0, call, "c" + call, "f"));
                    for (int j = Gen.integer(random, 0, 3); j > 0; j--) {
                        events.add(new Event.ToolArguments(0, call, Gen.string(random, 9)));
                    }
                    events.add(new Event.ToolCallEnded(0, call++));
                }
            }
        }
        events.add(finished(Gen.pick(random, FinishReason.values())));
        events.add(new Event.Used(Usage.of(9, 3)));
        return events;
    }

    private static List<String> said(Answer answer) {
        List<String> said = new ArrayList<>();
        for (Answer.Choice choice : answer.choices()) {
            for (Part part : choice.parts()) {
                said.add(
                        switch (part) {
                            case Part.Text text -> "text " + text.text();
                            case Part.Reasoning thought -> "thought " + thought.text();
                            case Part.Refusal refusal -> "refusal " + refusal.text();
                            case Part.ToolCall call ->
                                    "call " + call.id() + call.name() + call.arguments();
                            default -> throw new AssertionError(part);
                        });
            }
        }
        return said;
    }

    private static List<String> said(Map<String, Object> response) {
        List<String> said = new ArrayList<>();
        for (Object item : array(response.get("output"))) {
            Map<String, Object> members = object(item);
            if (members.get("type").equals("function_call")) {
                said.add(
                        "call "
                                + members.get("call_id")
                                + members.get("name")
                                + members.get("arguments"));
                continue;
            }
            List<Object> parts = new ArrayList<>();
            parts.addAll(array(members.getOrDefault("summary", List.of())));
            parts.addAll(array(members.getOrDefault("content", List.of())));
            for (Object part : parts) {
                Map<String, Object> of = object(part);
                said.add(
                        switch ((String) of.get("type")) {
                            case "output_text" -> "text " + of.get("text");
                            case "refusal" -> "refusal " + of.get("refusal");
                            default -> "thought " + of.get("text");
                        });
            }
        }
        return said;
    }

    @Test
    void anAnswerThatIsCutIsIncomplete() throws IOException {
        ResponseWriter writer = writer("");
        writer.on(started());
        writer.on(new Event.ToolCallStarted(0, 0, "c", "f"));
        writer.on(new Event.ToolArguments(0, 0, "{\"a"));
        writer.on(new Event.ToolCallEnded(0, 0));
        writer.on(finished(FinishReason.LENGTH));

        Map<String, Object> response = end(writer);

        assertThat(object(response.get("incomplete_details")))
                .containsEntry("reason", "max_output_tokens");
        assertThat(object(array(response.get("output")).getFirst()))
                .containsEntry("status", "incomplete");
    }

    @Test
    void probabilitiesGoWithTheirText() throws IOException {
        ResponseWriter writer = writer(",\"include\":[\"message.output_text.logprobs\"]");
        writer.on(started());
        writer.on(new Event.TextDelta(0, "a"));
        writer.on(new Event.Logprobs(0, Slice.of("{\"content\":[{\"token\":\"a\"}]}")));
        writer.on(finished(FinishReason.STOP));

        Map<String, Object> response = end(writer);

        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"delta\":\"a\",\"logprobs\":[{\"token\":\"a\"}]");
        assertThat(response.toString()).contains("logprobs=[{token=a}]");
    }

    @Test
    void sealedThoughtsComeBackAsTheyWere() throws IOException {
        ResponseWriter writer = writer("");
        writer.on(started());
        writer.on(new Event.ReasoningDelta(0, "hm"));
        writer.on(new Event.ReasoningSealed(0, "sig", ""));
        writer.on(new Event.ReasoningSealed(0, "", "hidden"));
        writer.on(new Event.TextDelta(0, "yes"));
        writer.on(finished(FinishReason.STOP));
        Slice response = writer.response(writer.status(), STORED, 8);

        List<Part> parts =
                ItemReader.messages(StoredItems.elements(response, "output")).getFirst().parts();

        assertThat(parts)
                .containsExactly(
                        new Part.Reasoning("hm", "sig", "", Extras.NONE),
                        new Part.Reasoning("", "", "hidden", Extras.NONE),
                        new Part.Text("yes"));
    }

    @Test
    void customToolsGetTheirText() throws IOException {
        ResponseWriter writer = writer(",\"tools\":[{\"type\":\"custom\",\"name\":\"sh\"}]");
        writer.on(started());
        writer.on(new Event.ToolCallStarted(0, 0, "c", "sh"));
        writer.on(new Event.ToolArguments(0, 0, "{\"input\": \"ls"));
        writer.on(new Event.ToolArguments(0, 0, " -l\"}"));
        writer.on(new Event.ToolCallEnded(0, 0));
        writer.on(finished(FinishReason.TOOL_CALLS));

        Map<String, Object> call = object(array(end(writer).get("output")).getFirst());

        assertThat(call).containsEntry("type", "custom_tool_call").containsEntry("input", "ls -l");
    }

    @Test
    void callsAreTurnedBackIntoTheirNamespace() throws IOException {
        ResponseWriter writer =
                writer(
                        ",\"tools\":[{\"type\":\"namespace\",\"name\":\"team\",\"tools\":["
                                + "{\"type\":\"function\",\"name\":\"ask\"}]}]");
        writer.on(started());
        writer.on(new Event.ToolCallStarted(0, 0, "c", "team__ask"));
        writer.on(new Event.ToolArguments(0, 0, "{}"));
        writer.on(new Event.ToolCallEnded(0, 0));
        writer.on(finished(FinishReason.TOOL_CALLS));

        Map<String, Object> call = object(array(end(writer).get("output")).getFirst());

        assertThat(call)
                .containsEntry("type", "function_call")
                .containsEntry("namespace", "team")
                .containsEntry("name", "ask");
    }

    @Test
    void sourcesAreAnnotations() throws IOException {
        ResponseWriter writer = writer("");
        writer.on(started());
        writer.on(new Event.TextDelta(0, "see"));
        writer.on(
                new Event.Other(
                        0,
                        "annotations",
                        Slice.of(
                                "[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\"}}]")));
        writer.on(finished(FinishReason.STOP));

        assertThat(end(writer).toString()).contains("annotations=[{type=url_citation, url=u}]");
    }

    /// Members of the request are repeated as they came, which may be over several lines.
    @Test
    void anEventIsOneLine() throws IOException {
        ResponseWriter writer =
                writer(
                        ",\"tools\":[{\r\n  \"type\":\"function\",\n  \"name\":\"f\","
                                + "\n  \"parameters\":{\n    \"type\":\"object\"\n  }\n}]");
        writer.on(started());
        writer.on(new Event.TextDelta(0, "see"));
        writer.on(finished(FinishReason.STOP));

        Map<String, Object> response = end(writer);

        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .allMatch(line ->
                        line.isEmpty() || line.startsWith("event: ") || line.startsWith("data: "));
        assertThat(response.get("tools").toString()).contains("parameters={type=object}");
    }

    @Test
    void aFailureIsTheLastEvent() throws IOException {
        ResponseWriter writer = writer("");
        writer.on(started());
        writer.on(new Event.TextDelta(0, "half"));
        Problem problem = Problem.unavailable("provider broke off", "one");
        writer.end(problem, writer.failed(problem, STORED));

        Map<String, Object> response = StreamCheck.check(out.toString(StandardCharsets.UTF_8));

        assertThat(response.get("output").toString()).contains("half").contains("incomplete");
    }

    @Test
    void usageHasItsDetails() throws IOException {
        ResponseWriter writer = writer("");
        writer.on(started());
        writer.on(finished(FinishReason.STOP));
        writer.on(
                new Event.Used(
                        new Usage(
                                OptionalLong.of(9),
                                OptionalLong.of(4),
                                OptionalLong.of(6),
                                OptionalLong.of(2),
                                OptionalLong.of(3),
                                Extras.NONE)));

        assertThat(end(writer).get("usage").toString())
                .isEqualTo(
                        "{input_tokens=9, input_tokens_details={cached_tokens=6,"
                                + " cache_write_tokens=2},"
                                + " output_tokens=4, output_tokens_details={reasoning_tokens=3},"
                                + " total_tokens=13}");
    }
}
