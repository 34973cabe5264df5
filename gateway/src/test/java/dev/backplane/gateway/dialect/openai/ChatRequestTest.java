package dev.backplane.gateway.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ChatRequestTest {
    private static ModelRequest read(String json) {
        return ChatRequestReader.read(Slice.of(json), "POST /v1/chat/completions");
    }

    private static ModelRequest read(Slice json) {
        return ChatRequestReader.read(json, "test");
    }

    private static Slice write(ModelRequest request) {
        return ChatRequestWriter.write(
                request,
                field -> {
                    throw new AssertionError(field + " is ignored");
                });
    }

    @Test
    void nothingIsLostOnTheWayInAndOut() {
        Gen.check(
                2_000,
                random -> {
                    Slice body = ChatGen.request(random);

                    Slice again = write(read(body));

                    assertThat(leaves(again)).as(body.text()).isEqualTo(leaves(body));
                    ModelRequest.Builder expected = read(body).toBuilder();
                    expected.streamUsage = expected.stream;
                    assertThat(read(again)).isEqualTo(expected.build());
                });
    }

    /// The same where nothing can be sent on as it came.
    @Test
    void nothingIsLostWhenWrittenAnew() {
        Gen.check(
                2_000,
                random -> {
                    Slice body = ChatGen.request(random);

                    Slice again = write(withoutOriginals(read(body)));

                    assertThat(leaves(again)).as(body.text()).isEqualTo(leaves(body));
                });
    }

    private static ModelRequest withoutOriginals(ModelRequest request) {
        ModelRequest.Builder builder = request.toBuilder();
        builder.input = new Input.Chat(request.messages());
        builder.tools.replaceAll(tool ->
                tool instanceof Tool.Function function
                        ? new Tool.Function(
                                function.name(),
                                function.description(),
                                function.parameters(),
                                function.strict(),
                                function.extras(),
                                function.outer())
                        : tool);
        return builder.build();
    }

    private static final String TOOL = "{ \"function\":{\"name\":\"f\"}, \"type\":\"function\" }";

    @Test
    void messagesAndToolsAreSentOnAsTheyCame() {
        String messages =
                "[{\"content\":\"h\\u0069\",\"role\":\"user\"},"
                        + " { \"role\":\"assistant\",\"content\":null }]";
        String body =
                "{\"messages\": " + messages + " ,\"model\":\"m\",\"tools\":[" + TOOL + "\n]}";

        assertThat(write(read(body)).text())
                .isEqualTo(
                        "{\"model\":\"m\",\"messages\":" + messages + ",\"tools\":[" + TOOL + "]}");
    }

    /// The store finds a message again only in arrays that are written alike.
    @Test
    void messagesBetweenLineBreaksAreWrittenAnew() {
        String message = "{\"role\":\"user\",\"content\":\"hi\"}";
        String dense = "[" + message + "," + message + "]";
        for (String spread :
                List.of(
                        "[\n" + message + "," + message + "]",
                        "[" + message + ",\n  " + message + "]",
                        "[" + message + "," + message + "\n]")) {
            ModelRequest request = read("{\"model\":\"m\",\"messages\":" + spread + "}");

            assertThat(ChatRequestWriter.messages((Input.Chat) request.input(), request.dialect()))
                    .isEqualTo(Slice.of(dense));
        }
    }

    @Test
    void messagesThatComeTwiceAreAllKept() {
        ModelRequest request =
                read(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
                                + "\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}");

        assertThat(write(request).text())
                .contains("[{\"role\":\"user\",\"content\":\"a\"},{\"role\"");
    }

    /// Path to exact text of every value that says something. What the writer adds to streams, and
    /// nulls, are left out; a flag `stream: false` is as good as none.
    private static Map<String, String> leaves(Slice json) {
        Map<String, String> leaves = new TreeMap<>();
        JsonCursor.read(
                json,
                "test",
                cursor -> {
                    collect(cursor, "", leaves);
                    return leaves;
                });
        leaves.keySet().removeIf(path -> path.startsWith("/stream_options"));
        return leaves;
    }

    private static void collect(JsonCursor cursor, String path, Map<String, String> leaves) {
        if (cursor.isObject()) {
            leaves.put(path, "{}");
            cursor.object(name -> collect(cursor, path + "/" + name, leaves));
        } else if (cursor.isArray()) {
            leaves.put(path, "[]");
            int[] index = {0};
            cursor.array(() -> collect(cursor, path + "/" + index[0]++, leaves));
        } else if (cursor.isText()) {
            leaves.put(path, "\"" + cursor.text());
        } else if (!cursor.isNull()) {
            leaves.put(path, cursor.raw().text());
        }
    }

    @Test
    void fieldsOfAnotherDialectAreReportedNotSent() {
        ModelRequest chat =
                read(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\","
                                + "\"cache\":1}],\"store\":true}");
        ModelRequest.Builder foreign = new ModelRequest.Builder(DialectId.ANTHROPIC);
        foreign.model = "m";
        foreign.input = chat.input();
        foreign.extras.put("store", Slice.of("true"));

        List<String> ignored = new ArrayList<>();
        Slice sent = ChatRequestWriter.write(foreign.build(), ignored::add);

        assertThat(sent.text())
                .isEqualTo(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(ignored).containsExactlyInAnyOrder("messages.cache", "store");
    }

    /// Claude Code names its user in 170 characters, which services refuse.
    @Test
    void aUserWithALongNameGetsAShortOne() {
        ModelRequest.Builder foreign = new ModelRequest.Builder(DialectId.ANTHROPIC);
        foreign.user = "{\"device_id\":\"" + "d".repeat(64) + "\"}";
        List<String> ignored = new ArrayList<>();

        String sent = ChatRequestWriter.write(foreign.build(), ignored::add).text();
        String again = ChatRequestWriter.write(foreign.build(), _ -> {}).text();
        foreign.user += "x";
        String other = ChatRequestWriter.write(foreign.build(), _ -> {}).text();

        assertThat(sent).containsPattern("\"user\":\"[0-9a-f-]{36}\"").isEqualTo(again);
        assertThat(other).isNotEqualTo(sent);
        assertThat(ignored).containsExactly("user");
    }

    @Test
    void aToolThatWasLeftOutCannotBeDemanded() {
        ModelRequest.Builder foreign = new ModelRequest.Builder(DialectId.ANTHROPIC);
        foreign.tools.add(new Tool.Other("web_search_20250305", Slice.of("{}")));
        List<String> ignored = new ArrayList<>();

        foreign.toolChoice = new ToolChoice.Auto();
        String sent = ChatRequestWriter.write(foreign.build(), ignored::add).text();

        assertThat(sent).doesNotContain("tool");
        assertThat(ignored).containsExactly("tools.web_search_20250305");
        for (ToolChoice choice :
                List.of(new ToolChoice.Required(), new ToolChoice.Named("web_search"))) {
            foreign.toolChoice = choice;
            assertThatThrownBy(() -> ChatRequestWriter.write(foreign.build(), _ -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("demands a tool that this provider cannot run");
        }
    }

    @Test
    void contentThatCannotBeSentIsRefused() {
        ModelRequest.Builder foreign = new ModelRequest.Builder(DialectId.ANTHROPIC);
        foreign.input =
                new Input.Chat(
                        List.of(
                                new Message(
                                        Message.Role.USER,
                                        List.of(new Part.Other("document", Slice.of("{}"))),
                                        "",
                                        Extras.NONE)));

        assertThatThrownBy(() -> ChatRequestWriter.write(foreign.build(), _ -> {}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("a part of type document cannot be sent");
    }

    @Test
    void resultsOfToolsInOneMessageBecomeMessages() {
        Slice messages =
                ChatRequestWriter.messages(
                        List.of(
                                new Message(
                                        Message.Role.USER,
                                        List.of(
                                                new Part.ToolResult(
                                                        "c1",
                                                        List.of(new Part.Text("21 °C")),
                                                        false,
                                                        Extras.NONE),
                                                new Part.Text("and tomorrow?")),
                                        "",
                                        Extras.NONE)),
                        DialectId.ANTHROPIC);

        assertThat(messages.text())
                .isEqualTo(
                        "[{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"21 °C\"},"
                                + "{\"role\":\"user\",\"content\":\"and tomorrow?\"}]");
    }

    @Test
    void settingsKeepTheirDigits() {
        ModelRequest request =
                read("{\"model\":\"m\",\"messages\":[],\"temperature\":0.70,\"max_tokens\":9}");

        assertThat(request.settings().json(Setting.TEMPERATURE)).contains(Slice.of("0.70"));
        assertThat(request.settings().number(Setting.TEMPERATURE)).hasValue(0.7);
        assertThat(request.maxTokens()).hasValue(9);
    }

    @Test
    void badInputNamesThePlace() {
        Map<String, String> cases =
                Map.of(
                        "{\"messages\":[]}", "model is missing",
                        "{\"model\":\"m\"}", "messages is missing",
                        "{\"model\":7}", "model is a number, not a string",
                        "{\"model\":\"m\",\"messages\":{}}", "messages is an object, not an array",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":7}]}",
                                "messages[0].content is a number, not a string, an array of parts"
                                        + " or null",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"king\"}]}",
                                "messages[0].role is not known",
                        "{\"model\":\"m\",\"messages\":[],\"temperature\":\"hot\"}",
                                "temperature is a string, not a number",
                        "{\"model\":\"m\",\"messages\":[],\"n\":1.5}",
                                "n is a number, not a whole number",
                        "{\"model\":\"m\",\"messages\":[],\"stop\":[1]}",
                                "stop[0] is a number, not a string",
                        "{\"model\":\"m\",\n\"messages\":[}",
                                "malformed JSON at line 2, column 13");

        cases.forEach((body, what) ->
                assertThatThrownBy(() -> read(body))
                        .isInstanceOfSatisfying(
                                Problem.class,
                                problem -> {
                                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                                    assertThat(problem.what()).startsWith(what);
                                }));
    }
}
