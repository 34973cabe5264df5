package dev.backplane.gateway.dialect.ollama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Leaves;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestTest {
    private static ModelRequest chat(String json) {
        return RequestReader.chat(Slice.of(json), "POST /api/chat");
    }

    private static Slice write(ModelRequest request) {
        return RequestWriter.write(
                request,
                field -> {
                    throw new AssertionError(field + " is ignored");
                });
    }

    /// A result that named no call comes out with the id of the call that it was found to answer.
    @Test
    void nothingIsLostOnTheWayInAndOut() {
        Gen.check(
                2_000,
                random -> {
                    Slice body = OllamaGen.chat(random);
                    ModelRequest request = RequestReader.chat(body, "test");

                    Slice again = write(request);

                    Map<String, String> leaves = Leaves.of(again);
                    Map<String, String> given = Leaves.of(body);
                    leaves.keySet()
                            .removeIf(path ->
                                    path.endsWith("/tool_call_id") && !given.containsKey(path));
                    assertThat(leaves).as(body.text()).isEqualTo(given);
                    assertThat(RequestReader.chat(again, "test")).isEqualTo(request);
                });
    }

    /// Calls without an id get one, and results find theirs: by name, else by order.
    @Test
    void aChatIsSaidInOpenAisDialect() {
        List<String> ignored = new ArrayList<>();
        ModelRequest request =
                chat(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"look\","
                                + "\"images\":[\"/9j/AA\"]},{\"role\":\"assistant\",\"content\":"
                                + "\"\","
                                + "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{"
                                + "\"a\":1}}},"
                                + "{\"function\":{\"name\":\"g\",\"arguments\":{}}}]},"
                                + "{\"role\":\"tool\",\"tool_name\":\"g\",\"content\":\"G\"},"
                                + "{\"role\":\"tool\",\"content\":\"F\"}],\"format\":{\"type\":"
                                + "\"object\"},"
                                + "\"options\":{\"num_predict\":5,\"num_ctx\":9,\"stop\":\"x\"},"
                                + "\"think\":true,\"stream\":false}");

        assertThat(ChatRequestWriter.write(request, ignored::add).text())
                .isEqualTo(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
                                + "{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"image_url\","
                                + "\"image_url\":{\"url\":\"data:image/jpeg;base64,/9j/AA\"}}]},"
                                + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
                                + "{\"id\":\"call_unnamed_0\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
                                + "{\"id\":\"call_unnamed_1\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
                                + "{\"role\":\"tool\",\"tool_call_id\":\"call_unnamed_1\","
                                + "\"content\":\"G\",\"name\":\"g\"},"
                                + "{\"role\":\"tool\",\"tool_call_id\":\"call_unnamed_0\","
                                + "\"content\":\"F\"}],\"max_tokens\":5,\"stop\":[\"x\"],"
                                + "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
                                + "{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}}");
        assertThat(ignored).containsExactlyInAnyOrder("options", "think");
    }

    @Test
    void aChatOfOpenAiIsSaidInThisDialect() {
        List<String> ignored = new ArrayList<>();
        ModelRequest request =
                ChatRequestReader.read(
                        Slice.of(
                                "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\","
                                        + "\"content\":\"d\"},"
                                        + "{\"role\":\"assistant\",\"content\":null,"
                                        + "\"tool_calls\":["
                                        + "{\"id\":\"c1\",\"type\":\"function\",\"function\":"
                                        + "{\"name\":\"f\",\"arguments\":\"\"}}]},"
                                        + "{\"role\":\"tool\",\"tool_call_id\":\"c1\","
                                        + "\"content\":\"F\"}],"
                                        + "\"max_completion_tokens\":7,\"reasoning_effort\":"
                                        + "\"low\","
                                        + "\"logit_bias\":{},\"tool_choice\":\"required\","
                                        + "\"store\":true}"),
                        "test");

        assertThat(RequestWriter.write(request, ignored::add).text())
                .isEqualTo(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"d\"},"
                                + "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{"
                                + "\"id\":\"c1\","
                                + "\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
                                + "{\"role\":\"tool\",\"content\":\"F\",\"tool_name\":\"f\","
                                + "\"tool_call_id\":\"c1\"}],\"stream\":false,\"think\":\"low\","
                                + "\"options\":{\"num_predict\":7}}");
        assertThat(ignored).containsExactlyInAnyOrder("tool_choice", "logit_bias", "store");
    }

    @Test
    void promptsAreTurnsUnlessTheyAreRaw() {
        ModelRequest turn =
                RequestReader.generate(
                        Slice.of("{\"model\":\"m\",\"prompt\":\"p\",\"system\":\"s\"}"), "test");
        ModelRequest raw =
                RequestReader.generate(
                        Slice.of("{\"model\":\"m\",\"prompt\":\"p\",\"raw\":true}"), "test");
        String gap = "{\"model\":\"m\",\"prompt\":\"p\",\"stream\":true,\"suffix\":\"q\"}";

        assertThat(turn.stream()).isTrue();
        assertThat(turn.messages()).extracting(message -> message.text()).containsExactly("s", "p");
        assertThat(raw.input()).isInstanceOf(Input.Raw.class);
        assertThat(write(raw).text())
                .isEqualTo("{\"model\":\"m\",\"prompt\":\"p\",\"raw\":true,\"stream\":true}");
        assertThat(write(RequestReader.generate(Slice.of(gap), "test")).text()).isEqualTo(gap);
        assertThat(RequestReader.generate(Slice.of("{\"model\":\"m\"}"), "test").messages())
                .isEmpty();
    }

    @Test
    void embeddingsOfBothKinds() {
        String body =
                "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":3,\"truncate\":false}";
        Embedding.Request request = Embeddings.read(Slice.of(body), false, "test");
        Embedding.Answer answer =
                Embeddings.readAnswer(
                        Slice.of(
                                "{\"model\":\"m\",\"embeddings\":[[0.10,-2E-3],[1.0]],"
                                        + "\"prompt_eval_count\":4}"),
                        "test");

        assertThat(Embeddings.write(request, _ -> {}).text()).isEqualTo(body);
        assertThat(Embeddings.writeSingle(answer).text()).isEqualTo("{\"embedding\":[0.10,-2E-3]}");
        assertThat(answer.usage().input()).hasValue(4);
        assertThat(
                        Embeddings.read(
                                        Slice.of("{\"model\":\"m\",\"prompt\":\"p\"}"),
                                        true,
                                        "test")
                                .inputs())
                .containsExactly(new Input.Prompt.Text("p"));
        assertThatThrownBy(() -> Embeddings.read(Slice.of("{\"model\":\"m\"}"), true, "test"))
                .hasMessageContaining("prompt is missing");
    }

    @Test
    void badInputNamesThePlace() {
        Map<String, String> cases =
                Map.of(
                        "{\"messages\":[]}", "model is missing",
                        "{\"model\":\"m\",\"messages\":{}}", "messages is an object, not an array",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"king\"}]}",
                                "messages[0].role is not known",
                        "{\"model\":\"m\",\"options\":{\"temperature\":\"hot\"}}",
                                "options.temperature is a string, not a number",
                        "{\"model\":\"m\",\"format\":\"xml\"}", "format is not known",
                        "{\"model\":\"m\",\"think\":1}",
                                "think is a number, not true, false or a string",
                        "{\"model\":\"m\",\n\"messages\":[}",
                                "malformed JSON at line 2, column 13");

        cases.forEach((body, what) ->
                assertThatThrownBy(() -> chat(body))
                        .isInstanceOfSatisfying(
                                Problem.class,
                                problem -> {
                                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                                    assertThat(problem.what()).startsWith(what);
                                }));
    }
}
