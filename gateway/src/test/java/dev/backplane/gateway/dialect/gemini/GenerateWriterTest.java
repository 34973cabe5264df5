package dev.backplane.gateway.dialect.gemini;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GenerateWriterTest {
    private final List<String> ignored = new ArrayList<>();

    private String write(String model, String messages, String more) {
        ModelRequest request =
                ChatRequestReader.read(
                        Slice.of(
                                "{\"model\":\""
                                        + model
                                        + "\",\"messages\":["
                                        + messages
                                        + "]"
                                        + more
                                        + "}"),
                        "test");
        return GenerateWriter.write(request, ignored::add).text();
    }

    private static final String TURNS =
            "{\"role\":\"system\",\"content\":\"be\"},{\"role\":\"user\",\"content\":\"hi\"},"
                    + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
                    + "{\"id\":\"a\",\"type\":\"function\",\"function\":"
                    + "{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1.0}\"}},"
                    + "{\"id\":\"b\",\"type\":\"function\",\"function\":"
                    + "{\"name\":\"g\",\"arguments\":\"\"}}]},"
                    + "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"},"
                    + "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"2\"}";

    @Test
    void aConversationWithToolsIsContentsOfTwoRoles() {
        String body =
                write(
                        "gemini-2.5-pro",
                        TURNS,
                        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
                                + "\"parameters\":{\"$ref\": \"#/$defs/x\"},\"strict\":true}}],"
                                + "\"tool_choice\":{\"type\":\"function\",\"function\":"
                                + "{\"name\":\"f\"}}");

        assertThat(body)
                .isEqualTo(
                        "{\"systemInstruction\":{\"parts\":[{\"text\":\"be\"}]},\"contents\":["
                                + "{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]},"
                                + "{\"role\":\"model\",\"parts\":["
                                + "{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\": 1.0},"
                                + "\"id\":\"a\"}},{\"functionCall\":{\"name\":\"g\",\"args\":{},"
                                + "\"id\":\"b\"}}]},{\"role\":\"user\",\"parts\":["
                                + "{\"functionResponse\":{\"id\":\"a\",\"name\":\"f\","
                                + "\"response\":{\"output\":\"1\"}}},"
                                + "{\"functionResponse\":{\"id\":\"b\",\"name\":\"g\","
                                + "\"response\":{\"output\":\"2\"}}}]}],"
                                + "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\","
                                + "\"parametersJsonSchema\":{\"$ref\": \"#/$defs/x\"}}]}],"
                                + "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\","
                                + "\"allowedFunctionNames\":[\"f\"]}},"
                                + "\"generationConfig\":{}}");
        assertThat(ignored).containsExactly("tools.strict");
    }

    @Test
    void theFirstOfUnsignedCallsSaysSoToModelsThatInsist() {
        assertThat(write("gemini-3-pro-preview", TURNS, ""))
                .contains(
                        "\"id\":\"a\"},\"thoughtSignature\":"
                                + "\"skip_thought_signature_validator\"},"
                                + "{\"functionCall\":{\"name\":\"g\",\"args\":{},\"id\":\"b\"}}");
    }

    @Test
    void signaturesGoBackToThePartTheyCameWith() {
        ModelRequest.Builder request = new ModelRequest.Builder(DialectId.ANTHROPIC);
        request.model = "gemini-3-pro";
        request.input =
                new Input.Chat(
                        List.of(
                                assistant(
                                        new Part.Reasoning("a", "gemini:s1", "", Extras.NONE),
                                        new Part.ToolCall("a", "f", "{}", Extras.NONE)),
                                assistant(
                                        new Part.Reasoning("a", "anthropics", "", Extras.NONE),
                                        new Part.Text("b"),
                                        new Part.Reasoning("", "gemini:s2", "", Extras.NONE))));

        assertThat(GenerateWriter.write(request.build(), ignored::add).text())
                .contains(
                        "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{},\"id\":\"a\"},"
                                + "\"thoughtSignature\":\"s1\"},{\"text\":\"b\"},"
                                + "{\"text\":\"\",\"thoughtSignature\":\"s2\"}]");
    }

    private static Message assistant(Part... parts) {
        return new Message(Message.Role.ASSISTANT, List.of(parts), "", Extras.NONE);
    }

    @Test
    void settingsKeepTheirDigitsAndStrangersAreReported() {
        String body =
                write(
                        "gemini-3",
                        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\","
                                + "\"cache\":1},{\"type\":\"image_url\",\"image_url\":{\"url\":"
                                + "\"data:image/png;base64,AAAA\"}},{\"type\":\"image_url\","
                                + "\"image_url\":{\"url\":\"https://x/y.png\"}}]}",
                        ",\"max_tokens\":9,\"temperature\":0.70,\"n\":2,\"stop\":\"x\","
                                + "\"logprobs\":true,\"top_logprobs\":3,\"min_p\":0.1,"
                                + "\"store\":true,\"user\":\"u\",\"response_format\":{\"type\":"
                                + "\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
                                + "{\"a\": 1}}}");

        assertThat(body)
                .contains(
                        "[{\"text\":\"hi\"},{\"inlineData\":{\"mimeType\":\"image/png\","
                                + "\"data\":\"AAAA\"}},{\"fileData\":{\"fileUri\":"
                                + "\"https://x/y.png\"}}]")
                .contains(
                        "\"generationConfig\":{\"maxOutputTokens\":9,\"temperature\":0.70,"
                                + "\"candidateCount\":2,\"responseLogprobs\":true,\"logprobs\":3,"
                                + "\"stopSequences\":[\"x\"],\"responseMimeType\":"
                                + "\"application/json\",\"responseJsonSchema\":{\"a\": 1}}");
        assertThat(ignored).containsExactlyInAnyOrder("messages.cache", "min_p", "store", "user");
    }

    @ParameterizedTest
    @CsvSource({
        "gemini-2.5-pro,medium,'{\"thinkingBudget\":8192,\"includeThoughts\":true}'",
        "gemini-2.5-flash,none,'{\"thinkingBudget\":0,\"includeThoughts\":false}'",
        "gemini-3-pro,low,'{\"thinkingLevel\":\"low\",\"includeThoughts\":true}'",
        "gemini-3-pro,none,'{\"thinkingLevel\":\"minimal\",\"includeThoughts\":false}'"
    })
    void effortIsSaidAsTheModelUnderstands(String model, String effort, String config) {
        assertThat(
                        write(
                                model,
                                "{\"role\":\"user\",\"content\":\"hi\"}",
                                ",\"reasoning_effort\":\"" + effort + "\""))
                .contains("\"thinkingConfig\":" + config);
    }

    @Test
    void aResultWithoutItsCallIsRefused() {
        assertThatThrownBy(() ->
                        write(
                                "gemini-3",
                                "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"}",
                                ""))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("the call 'a', which is not in the conversation");
    }

    @Test
    void anyChatIsJsonOrAProblemOfTheRequest() {
        Gen.check(
                2_000,
                random -> {
                    ModelRequest request = ChatRequestReader.read(ChatGen.request(random), "test");
                    try {
                        Slice body = GenerateWriter.write(request, _ -> {});
                        JsonCursor.read(body, "test", cursor -> cursor.raw());
                    } catch (Problem problem) {
                        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                        assertThat(problem.what()).doesNotContain("malformed");
                    }
                });
    }
}
