package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.anthropic.StreamWriter;
import dev.backplane.gateway.dialect.ollama.AnswerWriter;
import dev.backplane.gateway.dialect.ollama.Timing;
import dev.backplane.gateway.dialect.openai.AnswerReader;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponseWriter;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.dialect.responses.StreamCheck;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.provider.SseReader;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Chunks of OpenAI's form whose calls come in any order, and what clients of every dialect get.
class CallOrderTest {
    private static final String END =
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}";

    private record Call(String id, String name, String arguments) {}

    private static String start(int index, Call call) {
        JsonOut out = begin(index).name("id").text(call.id()).name("function").beginObject();
        return end(out.name("name").text(call.name()).name("arguments").text(""));
    }

    private static String piece(int index, String piece) {
        return end(begin(index).name("function").beginObject().name("arguments").text(piece));
    }

    private static JsonOut begin(int index) {
        JsonOut out = new JsonOut().beginObject().name("id").text("c").name("choices");
        out.beginArray().beginObject().name("index").literal("0").name("delta").beginObject();
        out.name("tool_calls").beginArray().beginObject();
        return out.name("index").literal("" + index);
    }

    private static String end(JsonOut out) {
        out.endObject().endObject().endArray().endObject().endObject().endArray().endObject();
        return out.slice().text();
    }

    private static String text(String text) {
        JsonOut out = new JsonOut().beginObject().name("choices").beginArray().beginObject();
        out.name("delta").beginObject().name("content").text(text).endObject();
        return out.endObject().endArray().endObject().slice().text();
    }

    private static List<Event> read(List<String> chunks) throws IOException {
        List<Event> events = new ArrayList<>();
        AnswerReader reader = new AnswerReader(events::add, "test");
        for (String chunk : chunks) {
            reader.read(Slice.of(chunk));
        }
        return events;
    }

    private static List<Event> readEnded(String... chunks) throws IOException {
        List<String> all = new ArrayList<>(List.of(chunks));
        all.add(END);
        return read(all);
    }

    private static List<Part> fold(List<Event> events) {
        Answer.Builder answer = new Answer.Builder();
        events.forEach(answer::on);
        return answer.build().choices().getFirst().parts();
    }

    private static List<Call> calls(List<Event> events) {
        return fold(events).stream()
                .filter(Part.ToolCall.class::isInstance)
                .map(Part.ToolCall.class::cast)
                .map(call -> new Call(call.id(), call.name(), call.arguments()))
                .toList();
    }

    /// One call is open at a time, all that comes is its arguments, and none begins again.
    private static void assertInOrder(List<Event> events) {
        int open = -1;
        Set<Integer> begun = new HashSet<>();
        for (Event event : events) {
            switch (event) {
                case Event.ToolCallStarted(int _, int index, String _, String _) -> {
                    assertThat(open).as("open when %s comes", event).isEqualTo(-1);
                    assertThat(begun.add(index)).isTrue();
                    open = index;
                }
                case Event.ToolArguments(int _, int index, String _) ->
                        assertThat(index).isEqualTo(open);
                case Event.ToolCallEnded(int _, int index) -> {
                    assertThat(index).isEqualTo(open);
                    open = -1;
                }
                case Event.TextDelta _, Event.Finished _ ->
                        assertThat(open).as("open when %s comes", event).isEqualTo(-1);
                default -> {}
            }
        }
    }

    @Test
    void callsThatAreWrittenAtOnceComeOneAfterTheOther() {
        Gen.check(
                1_000,
                random -> {
                    List<Call> calls = new ArrayList<>();
                    for (int i = Gen.integer(random, 1, 4); i > 0; i--) {
                        String arguments = Gen.oneIn(random, 4) ? "" : Gen.jsonObject(random, 2);
                        calls.add(new Call("c" + i, "f" + i, arguments));
                    }

                    List<Event> events = read(interleaved(calls, random));

                    assertInOrder(events);
                    assertThat(calls(events)).isEqualTo(calls);
                    assertThat(fold(events))
                            .filteredOn(Part.Text.class::isInstance)
                            .extracting(part -> ((Part.Text) part).text())
                            .containsExactlyElementsOf(
                                    fold(events).size() > calls.size()
                                            ? List.of("between")
                                            : List.of());
                    assertEveryDialectSays(events, calls);
                });
    }

    private static List<String> interleaved(List<Call> calls, RandomGenerator random) {
        List<List<String>> rest = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            List<String> chunks = new ArrayList<>(List.of(start(i, calls.get(i))));
            String arguments = calls.get(i).arguments();
            for (int at = 0; at < arguments.length(); ) {
                int to = arguments.offsetByCodePoints(at, 1);
                int more = Math.min(arguments.length(), to + random.nextInt(9));
                boolean inPair = Character.isHighSurrogate(arguments.charAt(more - 1));
                int cut = inPair ? to : more;
                chunks.add(piece(i, arguments.substring(at, cut)));
                at = cut;
            }
            rest.add(chunks);
        }
        List<String> all = new ArrayList<>();
        boolean said = random.nextBoolean();
        int begun = 0;
        while (rest.stream().anyMatch(chunks -> !chunks.isEmpty())) {
            int next = random.nextInt(Math.min(begun + 1, rest.size()));
            if (!rest.get(next).isEmpty()) {
                all.add(rest.get(next).removeFirst());
                begun = Math.max(begun, next + 1);
            }
            if (!said && Gen.oneIn(random, 5)) {
                said = true;
                all.add(text("between"));
            }
        }
        all.add(END);
        return all;
    }

    private static void assertEveryDialectSays(List<Event> events, List<Call> calls)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        var openai = new dev.backplane.gateway.dialect.openai.StreamWriter(out, true, "c", true);
        for (Event event : events) {
            openai.on(event);
        }
        openai.done();
        assertThat(calls(read(data(out)))).isEqualTo(calls);

        out.reset();
        StreamWriter anthropic = new StreamWriter(out, "m");
        for (Event event : events) {
            anthropic.on(event);
        }
        anthropic.done();
        List<Event> again = new ArrayList<>();
        var reader = new dev.backplane.gateway.dialect.anthropic.AnswerReader(again::add);
        for (String event : data(out)) {
            reader.read(Slice.of(event), "test");
        }
        assertInOrder(again);
        assertThat(calls(again)).isEqualTo(withObjects(calls));

        out.reset();
        AnswerWriter ollama =
                new AnswerWriter(out, true, "m", new Timing(InstantSource.system(), () -> 0));
        for (Event event : events) {
            ollama.on(event);
        }
        ollama.done();
        again.clear();
        var lines = new dev.backplane.gateway.dialect.ollama.AnswerReader(again::add);
        for (String line : out.toString(StandardCharsets.UTF_8).split("\n")) {
            lines.read(Slice.of(line), "test");
        }
        assertThat(calls(again)).isEqualTo(withObjects(calls));

        assertThat(StreamCheck.check(responses(events)).get("output"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .filteredOn(item -> item.toString().contains("function_call"))
                .hasSameSizeAs(calls);
    }

    private static List<Call> withObjects(List<Call> calls) {
        return calls.stream()
                .map(call ->
                        call.arguments().isEmpty() ? new Call(call.id(), call.name(), "{}") : call)
                .toList();
    }

    private static List<String> data(ByteArrayOutputStream out) throws IOException {
        List<String> data = new ArrayList<>();
        SseReader sse = new SseReader(new ByteArrayInputStream(out.toByteArray()), "test");
        while (sse.next() && !sse.data().equals(Slice.of("[DONE]"))) {
            data.add(sse.data().text());
        }
        return data;
    }

    /// What a call has beyond the model stays with its call, however the calls are mixed, and goes
    /// to clients of the same dialect only.
    @Test
    void membersStayWithTheirCall() {
        Gen.check(
                500,
                random -> {
                    List<Call> calls = new ArrayList<>();
                    for (int i = Gen.integer(random, 1, 4); i > 0; i--) {
                        calls.add(new Call("c" + i, "f" + i, Gen.jsonObject(random, 2)));
                    }
                    List<String> chunks = new ArrayList<>(interleaved(calls, random));
                    for (int i = 0; i < calls.size(); i++) {
                        String start = start(i, calls.get(i));
                        int from = chunks.indexOf(start) + 1;
                        int at = Gen.integer(random, from, chunks.size() - 1);
                        chunks.add(at, member(i, signature(calls.get(i))));
                    }

                    List<Event> events = read(chunks);

                    assertInOrder(events);
                    assertThat(signatures(events))
                            .isEqualTo(calls.stream().map(CallOrderTest::signature).toList());
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    var openai =
                            new dev.backplane.gateway.dialect.openai.StreamWriter(
                                    out, true, "c", true);
                    for (Event event : events) {
                        openai.on(event);
                    }
                    openai.done();
                    assertThat(signatures(read(data(out)))).isEqualTo(signatures(events));
                    assertThat(responses(events)).doesNotContain("extra_content");
                });
    }

    private static String member(int index, String signature) {
        return end(
                begin(index).name("extra_content").beginObject().name("signature").text(signature));
    }

    private static String signature(Call call) {
        return "of " + call.id();
    }

    private static List<String> signatures(List<Event> events) {
        return fold(events).stream()
                .filter(Part.ToolCall.class::isInstance)
                .map(part -> ((Part.ToolCall) part).extras().get("extra_content").text())
                .map(json -> json.replaceAll(".*:\"|\"}", ""))
                .toList();
    }

    private static String responses(List<Event> events) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ResponsesRequest request =
                ResponsesRequestReader.read(Slice.of("{\"model\":\"m\",\"input\":\"hi\"}"), "test");
        ResponseWriter responses =
                new ResponseWriter(request, ResponseId.create(), 7, Frames.to(out));
        responses.on(new Event.Started("", "m", 0, dev.backplane.gateway.model.Extras.NONE));
        for (Event event : events.subList(1, events.size())) {
            responses.on(event);
        }
        responses.end(
                responses.status(),
                responses.response(responses.status(), new ResponseWriter.Place(false, ""), 8));
        return out.toString(StandardCharsets.UTF_8);
    }

    /// What comes in order is passed on at once.
    @Test
    void nothingWaitsThatNeedNot() throws IOException {
        List<Event> events =
                read(
                        List.of(
                                start(0, new Call("a", "f", "")),
                                piece(0, "{\"x\":"),
                                piece(0, "1}"),
                                start(1, new Call("b", "g", "")),
                                piece(1, "{")));

        assertThat(events.subList(1, events.size()))
                .containsExactly(
                        new Event.ToolCallStarted(0, 0, "a", "f"),
                        new Event.ToolArguments(0, 0, "{\"x\":"),
                        new Event.ToolArguments(0, 0, "1}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.ToolCallStarted(0, 1, "b", "g"),
                        new Event.ToolArguments(0, 1, "{"));
    }

    @Test
    void serversThatGiveAllCallsOneIndexAreUnderstood() throws IOException {
        List<Call> two = List.of(new Call("a", "f", "{\"x\":1}"), new Call("b", "f", "{}"));

        assertThat(
                        calls(
                                readEnded(
                                        start(0, two.get(0)),
                                        piece(0, "{\"x\":1}"),
                                        start(0, two.get(1)),
                                        piece(0, "{}"))))
                .isEqualTo(two);
    }

    /// The id says which call it is if the index does not.
    @Test
    void piecesWithAnIdAreOfTheCallWithThatId() throws IOException {
        String withId = piece(0, ":1}").replace("\"function\"", "\"id\":\"a\",\"function\"");

        assertThat(
                        calls(
                                readEnded(
                                        start(0, new Call("a", "f", "")),
                                        piece(0, "{\"x\""),
                                        start(0, new Call("b", "g", "")),
                                        piece(0, "{}"),
                                        withId)))
                .containsExactly(new Call("a", "f", "{\"x\":1}"), new Call("b", "g", "{}"));
    }

    @Test
    void aNewIdForEveryPieceIsNoNewCall() throws IOException {
        String piece = piece(0, "{}").replace("\"function\"", "\"id\":\"other\",\"function\"");

        assertThat(calls(readEnded(start(0, new Call("a", "f", "")), piece)))
                .containsExactly(new Call("a", "f", "{}"));
    }

    @Test
    void moreOfACallThatHasEndedIsTheProvidersFault() {
        assertThatThrownBy(() ->
                        readEnded(
                                start(0, new Call("a", "f", "")),
                                piece(0, "{}"),
                                start(1, new Call("b", "g", "")),
                                piece(0, " "),
                                piece(0, "{}")))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.what())
                                        .isEqualTo(
                                                "provider went on with a tool call that had"
                                                        + " ended"));
    }

    @Test
    void aCallThatIsCutOffHasNoEnd() throws IOException {
        List<Event> events =
                read(
                        List.of(
                                start(0, new Call("a", "f", "")),
                                piece(0, "{\"x\""),
                                END.replace("tool_calls", "length")));

        assertThat(events).noneMatch(Event.ToolCallEnded.class::isInstance);
    }
}
