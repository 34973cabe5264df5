package dev.backplane.gateway.dialect.bedrock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.ChatGen;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConverseWriterTest {
    private final List<String> ignored = new ArrayList<>();

    private String write(String messages, String more) {
        ModelRequest request =
                ChatRequestReader.read(
                        Slice.of(
                                "{\"model\":\"eu.anthropic.claude\",\"messages\":["
                                        + messages
                                        + "]"
                                        + more
                                        + "}"),
                        "test");
        return ConverseWriter.write(request, ignored::add).text();
    }

    @Test
    void aConversationWithToolsIsTurnsOfTwo() {
        String body =
                write(
                        "{\"role\":\"system\",\"content\":\"be\"},"
                                + "{\"role\":\"user\",\"content\":\"hi\"},"
                                + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
                                + "{\"id\":\"a\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1.0}\"}},"
                                + "{\"id\":\"b\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"g\",\"arguments\":\"oops\"}}]},"
                                + "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"},"
                                + "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"2\"}",
                        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
                                + "\"parameters\":{\"type\": \"object\"}}}],"
                                + "\"tool_choice\":\"required\"");

        assertThat(body)
                .isEqualTo(
                        "{\"system\":[{\"text\":\"be\"}],\"messages\":["
                                + "{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]},"
                                + "{\"role\":\"assistant\",\"content\":["
                                + "{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"f\","
                                + "\"input\":{\"x\": 1.0}}},"
                                + "{\"toolUse\":{\"toolUseId\":\"b\",\"name\":\"g\","
                                + "\"input\":{\"INVALID_JSON\":\"oops\"}}}]},"
                                + "{\"role\":\"user\",\"content\":["
                                + "{\"toolResult\":{\"toolUseId\":\"a\",\"content\":"
                                + "[{\"text\":\"1\"}],\"status\":\"success\"}},"
                                + "{\"toolResult\":{\"toolUseId\":\"b\",\"content\":"
                                + "[{\"text\":\"2\"}],\"status\":\"success\"}}]}],"
                                + "\"inferenceConfig\":{},"
                                + "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"f\","
                                + "\"inputSchema\":{\"json\":{\"type\": \"object\"}}}}],"
                                + "\"toolChoice\":{\"any\":{}}}}");
        assertThat(ignored).isEmpty();
    }

    @Test
    void settingsKeepTheirDigitsAndStrangersAreReported() {
        String body =
                write(
                        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\","
                                + "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}",
                        ",\"max_completion_tokens\":9,\"temperature\":0.70,\"top_k\":4,"
                                + "\"stop\":[\"x\"],\"reasoning_effort\":\"low\",\"seed\":1,"
                                + "\"store\":true,\"response_format\":{\"type\":\"json_schema\","
                                + "\"json_schema\":{\"name\":\"n\",\"schema\":{\"a\": 1}}}");

        assertThat(body)
                .contains(
                        "[{\"text\":\"hi\"},{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}]")
                .contains(
                        "\"inferenceConfig\":{\"maxTokens\":9,\"temperature\":0.70,"
                                + "\"stopSequences\":[\"x\"]}")
                .contains(
                        "\"outputConfig\":{\"effort\":\"low\",\"textFormat\":{\"type\":"
                                + "\"json_schema\",\"structure\":{\"jsonSchema\":{\"schema\":"
                                + "\"{\\\"a\\\": 1}\",\"name\":\"n\"}}}}")
                .contains("\"additionalModelRequestFields\":{\"top_k\":4}");
        assertThat(ignored).containsExactlyInAnyOrder("seed", "store");
    }

    @Test
    void onlyThoughtsThatItsModelsSignedGoBack() {
        ModelRequest.Builder request = new ModelRequest.Builder(DialectId.ANTHROPIC);
        request.input =
                new Input.Chat(
                        List.of(
                                new Message(
                                        Message.Role.ASSISTANT,
                                        List.of(
                                                new Part.Reasoning("a", "sig", "", Extras.NONE),
                                                new Part.Reasoning("b"),
                                                new Part.Reasoning(
                                                        "c", "gemini:sig", "", Extras.NONE),
                                                new Part.Reasoning("", "", "blob", Extras.NONE)),
                                        "",
                                        Extras.NONE)));

        assertThat(ConverseWriter.write(request.build(), ignored::add).text())
                .contains(
                        "\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"a\","
                                + "\"signature\":\"sig\"}}},{\"reasoningContent\":"
                                + "{\"redactedContent\":\"blob\"}}]");
        assertThat(ignored).containsExactly("messages.reasoning", "messages.reasoning");
    }

    @Test
    void mediaAreNamedByTheirFormat() {
        String body =
                write(
                        "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                                + "{\"url\":\"data:image/jpg;base64,AAAA\"}},{\"type\":\"file\","
                                + "\"file\":{\"file_data\":\"data:text/plain;base64,QQ==\","
                                + "\"filename\":\"a/b.txt\"}}]}",
                        "");

        assertThat(body)
                .contains("{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":\"AAAA\"}}}")
                .contains(
                        "{\"document\":{\"format\":\"txt\",\"name\":\"a b txt 1\","
                                + "\"source\":{\"bytes\":\"QQ==\"}}}");
        assertThatThrownBy(() ->
                        write(
                                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                                        + "\"image_url\":{\"url\":\"https://x/y.png\"}}]}",
                                ""))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("cannot be sent");
    }

    @Test
    void anyChatIsJsonOrAProblemOfTheRequest() {
        Gen.check(
                2_000,
                random -> {
                    ModelRequest request = ChatRequestReader.read(ChatGen.request(random), "test");
                    try {
                        Slice body = ConverseWriter.write(request, _ -> {});
                        JsonCursor.read(body, "test", cursor -> cursor.raw());
                    } catch (Problem problem) {
                        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                        assertThat(problem.what()).doesNotContain("malformed");
                    }
                });
    }
}
