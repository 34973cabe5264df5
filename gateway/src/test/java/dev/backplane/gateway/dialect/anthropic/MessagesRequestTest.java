package dev.backplane.gateway.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Leaves;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Setting;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MessagesRequestTest {
    private static ModelRequest read(Slice json) {
        return MessagesRequestReader.read(json, Headers.NONE, "POST /v1/messages");
    }

    private static ModelRequest read(String members) {
        return read(Slice.of("{\"model\":\"m\",\"max_tokens\":9," + members + "}"));
    }

    private static Slice write(ModelRequest request) {
        return MessagesRequestWriter.write(
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
                    Slice body = MessagesGen.request(random);

                    Slice again = write(read(body));

                    assertThat(Leaves.of(again)).as(body.text()).isEqualTo(Leaves.of(body));
                    assertThat(read(again)).isEqualTo(read(body));
                });
    }

    @Test
    void whatTwoDialectsShareHasItsPlace() {
        ModelRequest request =
                read(
                        "\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                                + "\"document\",\"title\":\"t\",\"source\":{\"type\":\"text\","
                                + "\"media_type\":\"text/plain\",\"data\":\"hé\"}}]}],"
                                + "\"metadata\":{\"user_id\":\"u\"},\"thinking\":{\"type\":"
                                + "\"enabled\",\"budget_tokens\":5},\"output_config\":"
                                + "{\"effort\":\"low\"},\"tool_choice\":{\"type\":\"any\","
                                + "\"disable_parallel_tool_use\":true}");

        assertThat(request.messages().getFirst()).isEqualTo(Message.of(Message.Role.SYSTEM, "s"));
        assertThat(request.messages().getLast().parts())
                .singleElement()
                .isEqualTo(new Part.File(new Media.Base64("text/plain", "aMOp"), "t", Extras.NONE));
        assertThat(request.user()).isEqualTo("u");
        assertThat(request.settings().integer(Setting.REASONING_BUDGET)).hasValue(5);
        assertThat(request.settings().text(Setting.REASONING_EFFORT)).contains("low");
        assertThat(request.settings().flag(Setting.PARALLEL_TOOL_CALLS)).contains(false);
        assertThat(request.extras().isEmpty()).isTrue();
    }

    @Test
    void headersTravelBesideTheBody() {
        ModelRequest request =
                MessagesRequestReader.read(
                        Slice.of("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}"),
                        Headers.of("2026-10-21", "b-1, b-2", "test"),
                        "test");

        assertThat(Headers.of(request)).isEqualTo(new Headers("2026-10-21", List.of("b-1", "b-2")));
        assertThat(write(request).text())
                .isEqualTo("{\"model\":\"m\",\"messages\":[],\"max_tokens\":1}");
    }

    @Test
    void countingAsksForNothingToBeMade() {
        ModelRequest request =
                TokenCounts.readRequest(
                        Slice.of(
                                "{\"model\":\"m\",\"system\":\"s\",\"messages\":[{\"role\":"
                                        + "\"user\","
                                        + "\"content\":\"hi\"}],\"tools\":[{\"name\":\"f\","
                                        + "\"input_schema\":{}}]}"),
                        Headers.NONE,
                        "test");

        assertThat(TokenCounts.writeRequest(request, _ -> {}).text())
                .isEqualTo(
                        "{\"model\":\"m\",\"system\":\"s\",\"messages\":[{\"role\":\"user\","
                                + "\"content\":\"hi\"}],\"tools\":[{\"name\":\"f\","
                                + "\"input_schema\":{}}]}");
        assertThat(TokenCounts.write(TokenCounts.read(Slice.of("{\"input_tokens\":12}"), "test")))
                .isEqualTo(Slice.of("{\"input_tokens\":12}"));
        assertThatThrownBy(() -> TokenCounts.read(Slice.of("{}"), "test"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no count of tokens");
    }

    /// Results of calls made together stand in one message, system texts beside the messages,
    /// nothing is empty, and there is always a limit.
    @Test
    void aChatOfOpenAiIsSaidInThisDialect() {
        List<String> ignored = new ArrayList<>();
        ModelRequest chat =
                ChatRequestReader.read(
                        Slice.of(
                                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\","
                                        + "\"content\":\"a\"},"
                                        + "{\"role\":\"user\",\"content\":\"hi\"},"
                                        + "{\"role\":\"assistant\",\"content\":\"\","
                                        + "\"tool_calls\":["
                                        + call("1", "{\\\"x\\\": 1}")
                                        + ","
                                        + call("2", "{oops")
                                        + "]},{\"role\":\"tool\",\"tool_call_id\":\"1\","
                                        + "\"content\":\"A\"},"
                                        + "{\"role\":\"tool\",\"tool_call_id\":\"2\","
                                        + "\"content\":\"B\"},"
                                        + "{\"role\":\"developer\",\"content\":\"b\"},"
                                        + "{\"role\":\"user\",\"content\":\"go on\"}],"
                                        + "\"tools\":[{\"type\":\"function\",\"function\":{"
                                        + "\"name\":\"f\"}}],"
                                        + "\"tool_choice\":\"required\",\"parallel_tool_calls\":"
                                        + "false,"
                                        + "\"response_format\":{\"type\":\"json_schema\","
                                        + "\"json_schema\":"
                                        + "{\"name\":\"n\",\"schema\":{\"a\":1.0}}},\"seed\":7,"
                                        + "\"user\":\"u\",\"metadata\":{\"k\":\"v\"},\"store\":"
                                        + "true}"),
                        "test");

        Slice body = MessagesRequestWriter.write(chat, ignored::add);

        assertThat(body.text())
                .isEqualTo(
                        "{\"model\":\"m\",\"system\":[{\"type\":\"text\",\"text\":\"a\"},"
                                + "{\"type\":\"text\",\"text\":\"b\"}],\"messages\":["
                                + "{\"role\":\"user\",\"content\":\"hi\"},"
                                + "{\"role\":\"assistant\",\"content\":["
                                + "{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":"
                                + "{\"x\": 1}},"
                                + "{\"type\":\"tool_use\",\"id\":\"2\",\"name\":\"f\","
                                + "\"input\":{\"INVALID_JSON\":\"{oops\"}}]},"
                                + "{\"role\":\"user\",\"content\":["
                                + "{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":"
                                + "\"A\"},"
                                + "{\"type\":\"tool_result\",\"tool_use_id\":\"2\",\"content\":"
                                + "\"B\"},"
                                + "{\"type\":\"text\",\"text\":\"go on\"}]}],"
                                + "\"tools\":[{\"name\":\"f\",\"input_schema\":"
                                + "{\"type\":\"object\",\"properties\":{}}}],"
                                + "\"tool_choice\":{\"type\":\"any\","
                                + "\"disable_parallel_tool_use\":true},"
                                + "\"max_tokens\":8192,\"output_config\":{\"format\":"
                                + "{\"type\":\"json_schema\",\"schema\":{\"a\":1.0}}},"
                                + "\"metadata\":{\"user_id\":\"u\"}}");
        assertThat(ignored)
                .containsExactlyInAnyOrder("messages.position", "seed", "metadata", "store");
    }

    private static String call(String id, String arguments) {
        return "{\"id\":\""
                + id
                + "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\""
                + arguments
                + "\"}}";
    }

    @Test
    void whatOpenAiHasNoWordForIsReported() {
        List<String> ignored = new ArrayList<>();
        ModelRequest request =
                read(
                        "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{}}],"
                                + "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
                                + "\"thinking\",\"thinking\":\"hm\",\"signature\":\"x\"},"
                                + "{\"type\":\"text\",\"text\":\"t\"}]}],"
                                + "\"container\":\"c\"");

        Slice chat = ChatRequestWriter.write(request, ignored::add);

        assertThat(chat.text())
                .isEqualTo(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
                                + "{\"role\":\"assistant\",\"content\":\"t\","
                                + "\"reasoning_content\":\"hm\"}],\"max_tokens\":9}");
        assertThat(ignored)
                .containsExactlyInAnyOrder(
                        "container", "messages.cache_control", "messages.reasoning.signature");
    }

    @Test
    void badInputNamesThePlace() {
        Map<String, String> cases =
                Map.of(
                        "{\"messages\":[],\"max_tokens\":1}", "model is missing",
                        "{\"model\":\"m\",\"max_tokens\":1}", "messages is missing",
                        "{\"model\":\"m\",\"messages\":[]}", "max_tokens is missing",
                        "{\"model\":\"m\",\"max_tokens\":\"9\"}",
                                "max_tokens is a string, not a whole number",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":7}]}",
                                "messages[0].content is a number, not a string or an array",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"king\",\"content\":\"\"}]}",
                                "messages[0].role is not known",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{}]}]}",
                                "messages[0].content[0] has a block without a type",
                        "{\"model\":\"m\",\n\"messages\":[}",
                                "malformed JSON at line 2, column 13");

        cases.forEach((body, what) ->
                assertThatThrownBy(() -> read(Slice.of(body)))
                        .isInstanceOfSatisfying(
                                Problem.class,
                                problem -> {
                                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                                    assertThat(problem.what()).startsWith(what);
                                }));
    }
}
