package dev.backplane.gateway.dialect.responses;

import static dev.backplane.gateway.dialect.responses.JsonTree.array;
import static dev.backplane.gateway.dialect.responses.JsonTree.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ResponsesRequestTest {
    private static ResponsesRequest read(String members) {
        return ResponsesRequestReader.read(Slice.of("{\"model\":\"m\"," + members + "}"), "test");
    }

    private static Map<String, Object> chat(String members) {
        ResponsesRequest request = read(members);
        ModelRequest asked = request.withItems(request.items());
        return object(JsonTree.of(ChatRequestWriter.write(asked, _ -> {})));
    }

    /// Whatever a request says is sent, repeated in the response, or reported.
    @Test
    void nothingIsLost() {
        Gen.check(
                2_000,
                random -> {
                    List<String> said = new ArrayList<>();
                    Slice body = new RequestGen(random, said).request();
                    ResponsesRequest request = ResponsesRequestReader.read(body, "test");
                    List<String> ignored = new ArrayList<>();

                    Slice sent =
                            ChatRequestWriter.write(
                                    request.withItems(request.items()), ignored::add);
                    Slice repeated =
                            new ResponseWriter(request, ResponseId.create(), 7, Frames.none())
                                    .response(
                                            ResponseWriter.Status.IN_PROGRESS,
                                            new ResponseWriter.Place(true, ""),
                                            0);

                    String kept = texts(sent) + texts(repeated) + ignored;
                    assertThat(said).as(body.text()).allMatch(kept::contains);
                });
    }

    private static String texts(Slice json) {
        return JsonTree.of(json).toString();
    }

    /// Requests whose every text is one of a kind.
    private static final class RequestGen {
        private final RandomGenerator random;
        private final List<String> said;
        private final JsonOut out = new JsonOut();

        RequestGen(RandomGenerator random, List<String> said) {
            this.random = random;
            this.said = said;
        }

        private String mark() {
            String mark = "~" + said.size() + "~" + Gen.string(random, 12);
            said.add(mark);
            return mark;
        }

        private void extra() {
            if (Gen.oneIn(random, 4)) {
                String name = "unknown" + said.size() + "x";
                said.add(name);
                out.name(name).text("value");
            }
        }

        private void maybe(String name, String json, String mark) {
            if (random.nextBoolean()) {
                out.name(name).json(Slice.of(json));
                said.add(mark);
            }
        }

        Slice request() {
            out.beginObject().name("model").text("m").name("instructions").text(mark());
            out.name("input").beginArray();
            for (int i = Gen.integer(random, 0, 7); i > 0; i--) {
                item();
            }
            out.endArray();
            maybe("temperature", "0.70", "temperature=0.70");
            maybe("top_p", "1e-1", "top_p=1e-1");
            maybe("max_output_tokens", "17", "max_completion_tokens=17");
            maybe("metadata", "{\"k\":\"v\"}", "metadata={k=v}");
            maybe("reasoning", "{\"effort\":\"low\"}", "reasoning_effort=low");
            maybe("text", "{\"verbosity\":\"high\"}", "verbosity=high");
            maybe("parallel_tool_calls", "false", "parallel_tool_calls=false");
            maybe("prompt_cache_key", "\"pk\"", "prompt_cache_key=pk");
            maybe("safety_identifier", "\"si\"", "safety_identifier=si");
            maybe("max_tool_calls", "3", "max_tool_calls=3");
            if (random.nextBoolean()) {
                out.name("tools").beginArray().beginObject().name("type").text("function");
                out.name("name").text(mark()).name("description").text(mark());
                out.name("parameters").json(Slice.of("{\"type\":\"object\"}"));
                extra();
                out.endObject().endArray();
            }
            extra();
            return out.endObject().slice();
        }

        private void item() {
            out.beginObject();
            switch (random.nextInt(6)) {
                case 0 -> {
                    out.name("role").text(Gen.pick(random, "user", "system", "developer"));
                    out.name("content").text(mark());
                    extra();
                }
                case 1 -> {
                    out.name("type").text("message").name("role").text("user");
                    out.name("content").beginArray();
                    part("input_text");
                    out.beginObject().name("type").text("input_image").name("image_url");
                    out.text("data:image/png;base64," + Gen.pick(random, "AAAA", "BBBB"));
                    extra();
                    out.endObject().endArray();
                }
                case 2 -> {
                    out.name("type").text("message").name("role").text("assistant");
                    out.name("content").beginArray();
                    part("output_text");
                    out.endArray();
                    extra();
                }
                case 3 -> {
                    out.name("type").text("function_call").name("call_id").text(mark());
                    out.name("name").text(mark()).name("arguments").text(mark());
                }
                case 4 -> {
                    out.name("type").text("function_call_output").name("call_id").text(mark());
                    out.name("output").text(mark());
                    extra();
                }
                default -> {
                    out.name("type").text("reasoning").name("summary").beginArray().endArray();
                    out.name("content").beginArray();
                    part("reasoning_text");
                    out.endArray();
                    if (random.nextBoolean()) {
                        out.name("encrypted_content").text("of somebody else");
                        said.add("encrypted_content");
                    }
                }
            }
            out.endObject();
        }

        private void part(String type) {
            out.beginObject().name("type").text(type).name("text").text(mark()).endObject();
        }
    }

    @Test
    void aTurnOfTheAssistantIsOneMessage() {
        Object messages =
                chat("\"input\":[{\"role\":\"user\",\"content\":\"q\"},"
                                + "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\","
                                + "\"text\":\"hm\"}]},"
                                + "{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":\"f\","
                                + "\"arguments\":\"{}\"},"
                                + "{\"type\":\"function_call\",\"call_id\":\"2\",\"name\":\"g\","
                                + "\"arguments\":\"{}\"},"
                                + "{\"type\":\"function_call_output\",\"call_id\":\"1\","
                                + "\"output\":\"a\"},"
                                + "{\"type\":\"function_call_output\",\"call_id\":\"2\","
                                + "\"output\":[{\"type\":\"input_text\",\"text\":\"b\"}]}]")
                        .get("messages");

        assertThat(array(messages).stream().map(message -> object(message).get("role")))
                .containsExactly("user", "assistant", "tool", "tool");
        assertThat(object(array(messages).get(1))).containsEntry("reasoning_content", "hm");
        assertThat(array(object(array(messages).get(1)).get("tool_calls"))).hasSize(2);
    }

    @Test
    void customToolsAreFunctionsOfOneText() {
        Map<String, Object> chat =
                chat(
                        "\"tools\":[{\"type\":\"custom\",\"name\":\"sh\",\"format\":"
                                + "{\"type\":\"text\"}}],\"tool_choice\":{\"type\":\"custom\","
                                + "\"name\":\"sh\"},\"input\":[{\"type\":\"custom_tool_call\","
                                + "\"call_id\":\"1\",\"name\":\"sh\",\"input\":\"ls\"},"
                                + "{\"type\":\"custom_tool_call_output\",\"call_id\":\"1\","
                                + "\"output\":\"a b\"}]");

        assertThat(chat.get("tools").toString()).contains("properties={input={type=string}}");
        assertThat(chat.get("messages").toString()).contains("arguments={\"input\":\"ls\"}");
    }

    @Test
    void aGrammarIsToldAndNamedAsIgnored() {
        List<String> ignored = new ArrayList<>();
        ResponsesRequest request =
                read(
                        "\"input\":\"q\",\"tools\":[{\"type\":\"custom\",\"name\":\"patch\","
                                + "\"description\":\"Edits.\",\"format\":{\"type\":\"grammar\","
                                + "\"syntax\":\"lark\",\"definition\":\"start: /.+/\"}}]");

        Slice sent = ChatRequestWriter.write(request.withItems(request.items()), ignored::add);

        assertThat(texts(sent))
                .contains("description=Edits.", "(lark)", "start: /.+/", "properties={input={");
        assertThat(ignored).containsExactly("tools.format");
    }

    @Test
    void toolsInNamespacesAreFunctions() {
        Map<String, Object> chat =
                chat(
                        "\"tools\":[{\"type\":\"namespace\",\"name\":\"team\",\"description\":"
                                + "\"Others.\",\"tools\":[{\"type\":\"function\",\"name\":\"ask\","
                                + "\"description\":\"Asks.\"},{\"type\":\"custom\","
                                + "\"name\":\"tell\"}"
                                + "]}],\"tool_choice\":{\"type\":\"function\","
                                + "\"namespace\":\"team\","
                                + "\"name\":\"ask\"},\"input\":[{\"type\":\"function_call\","
                                + "\"call_id\":\"1\",\"namespace\":\"team\",\"name\":\"ask\","
                                + "\"arguments\":\"{}\"},{\"type\":\"function_call_output\","
                                + "\"call_id\":\"1\",\"output\":\"a\"}]");

        assertThat(chat.get("tools").toString())
                .contains("name=team__ask, description=Others.\n\nAsks.", "name=team__tell");
        assertThat(chat.get("tool_choice").toString()).contains("name=team__ask");
        assertThat(chat.get("messages").toString()).contains("name=team__ask");
    }

    @Test
    void namesOfFunctionsStayWithinWhatProvidersTake() {
        String one = ClientTool.function("n".repeat(60), "a".repeat(60));
        String other = ClientTool.function("n".repeat(60), "b".repeat(60));

        assertThat(one).matches("n{55}_[0-9a-f]{8}").isNotEqualTo(other);
        assertThat(ClientTool.function("mcp__files__", "read")).isEqualTo("mcp__files__read");
    }

    @Test
    void toolsThatNobodyHereRunsAreNamedAsIgnored() {
        List<String> ignored = new ArrayList<>();
        ResponsesRequest request =
                read(
                        "\"input\":\"q\",\"tools\":[{\"type\":\"web_search\"}],"
                                + "\"tool_choice\":\"auto\"");

        Slice sent = ChatRequestWriter.write(request.withItems(request.items()), ignored::add);

        assertThat(texts(sent)).doesNotContain("tool");
        assertThat(ignored).containsExactly("tools.web_search");
        assertThat(request.echo().tools()).isEmpty();
    }

    @Test
    void onlyAllowedToolsAreOffered() {
        Map<String, Object> chat =
                chat(
                        "\"input\":\"q\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"},"
                                + "{\"type\":\"function\",\"name\":\"g\"}],\"tool_choice\":"
                                + "{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":"
                                + "[{\"type\":\"function\",\"name\":\"g\"}]}");

        assertThat(chat.get("tools").toString()).contains("name=g").doesNotContain("name=f");
        assertThat(chat).containsEntry("tool_choice", "required");
    }

    @Test
    void allowedToolsWithoutAModeAreOptional() {
        String members =
                "\"input\":\"q\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":"
                        + "{\"type\":\"allowed_tools\",\"tools\":"
                        + "[{\"type\":\"function\",\"name\":\"f\"}]}";

        assertThat(chat(members)).containsEntry("tool_choice", "auto");
        assertThat(object(repeated(members).get("tool_choice")))
                .containsEntry("mode", "auto")
                .containsEntry("type", "allowed_tools")
                .containsKey("tools");
    }

    /// What Open Responses requires of a response, whatever the request left out.
    @Test
    void whatIsRepeatedIsComplete() {
        Map<String, Object> response =
                repeated(
                        "\"input\":\"q\",\"reasoning\":{\"effort\":\"low\"},\"text\":{\"format\":"
                                + "{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{}}}");
        assertThat(response.get("reasoning")).isEqualTo(Map.of("effort", "low", "summary", "null"));
        assertThat(object(response.get("text")).get("format"))
                .isEqualTo(
                        Map.of(
                                "type", "json_schema",
                                "name", "n",
                                "schema", Map.of(),
                                "description", "null",
                                "strict", "false"));
        assertThat(
                        repeated(
                                "\"input\":\"q\",\"reasoning\":{\"summary\":\"auto\"},"
                                        + "\"text\":{\"format\":{\"type\":\"json_object\"}}"))
                .containsEntry("reasoning", Map.of("effort", "null", "summary", "auto"))
                .containsEntry("text", Map.of("format", Map.of("type", "json_object")));
    }

    private static Map<String, Object> repeated(String members) {
        return object(
                JsonTree.of(
                        new ResponseWriter(read(members), ResponseId.create(), 7, Frames.none())
                                .response(
                                        ResponseWriter.Status.IN_PROGRESS,
                                        new ResponseWriter.Place(true, ""),
                                        0)));
    }

    @Test
    void aSchemaIsTheFormat() {
        assertThat(
                        chat("\"input\":\"q\",\"text\":{\"format\":{\"type\":\"json_schema\","
                                        + "\"name\":\"n\",\"strict\":true,\"schema\":"
                                        + "{\"type\":\"object\"}}}")
                                .get("response_format")
                                .toString())
                .isEqualTo(
                        "{type=json_schema, json_schema={name=n, schema={type=object},"
                                + " strict=true}}");
    }

    @Test
    void badInputNamesThePlace() {
        Map<String, String> cases =
                Map.ofEntries(
                        Map.entry("\"store\":true", "input is missing"),
                        Map.entry("\"input\":7", "input is a number, not a string or an array"),
                        Map.entry("\"input\":[7]", "input[0] is a number, not an object"),
                        Map.entry(
                                "\"input\":[{\"type\":\"web_search_call\",\"id\":\"x\"}]",
                                "input[0] is a web_search_call"),
                        Map.entry(
                                "\"input\":[{\"role\":\"king\",\"content\":\"x\"}]",
                                "input[0].role is not known"),
                        Map.entry(
                                "\"input\":[{\"type\":\"function_call_output\"}]",
                                "input[0] has no call_id"),
                        Map.entry(
                                "\"input\":\"q\",\"tools\":[{\"type\":\"web_search\"}],"
                                        + "\"tool_choice\":\"required\"",
                                "tool_choice is web_search, a tool that no provider here"),
                        Map.entry(
                                "\"input\":\"q\",\"tools\":[{\"type\":\"web_search\"}],"
                                        + "\"tool_choice\":{\"type\":\"web_search\"}",
                                "tool_choice is web_search, a tool that no provider here"),
                        Map.entry(
                                "\"input\":\"q\",\"tools\":[{\"type\":\"custom\",\"name\":\"x\","
                                        + "\"format\":{\"type\":\"tune\"}}]",
                                "tools[0].format.type is not known"),
                        Map.entry(
                                "\"input\":\"q\",\"tools\":[{\"type\":\"namespace\",\"name\":"
                                        + "\"n\",\"tools\":[{\"type\":\"web_search\"}]}]",
                                "tools[0].tools[0] is neither function nor custom"),
                        Map.entry(
                                "\"input\":\"q\",\"tools\":[{\"type\":\"function\",\"name\":"
                                        + "\"n__f\"},{\"type\":\"namespace\",\"name\":\"n\","
                                        + "\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}]",
                                "tools[1].tools[0] has the name of an earlier tool"),
                        Map.entry(
                                "\"input\":\"q\",\"tool_choice\":{\"type\":\"function\","
                                        + "\"name\":\"f\"}",
                                "tool_choice names a tool that is not in tools"),
                        Map.entry("\"input\":\"q\",\"truncation\":\"auto\"", "truncation is auto"),
                        Map.entry("\"input\":\"q\",\"prompt\":{\"id\":\"p\"}", "prompt names"),
                        Map.entry(
                                "\"conversation\":\"c\",\"previous_response_id\":\"r\"",
                                "conversation and previous_response_id"),
                        Map.entry(
                                "\"input\":\"q\",\"background\":true,\"store\":false",
                                "background needs store"),
                        Map.entry(
                                "\"input\":\"q\",\"text\":{\"format\":{\"type\":\"json_schema\"}}",
                                "text.format has no name"),
                        Map.entry("\"input\":[{\"role\":}", "malformed JSON at line 1"));

        cases.forEach((members, what) ->
                assertThatThrownBy(() -> chat(members))
                        .isInstanceOfSatisfying(
                                Problem.class,
                                problem -> {
                                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                                    assertThat(problem.what()).startsWith(what);
                                }));
    }

    @Test
    void aConversationIsAnIdOrAnObjectWithOne() {
        assertThat(read("\"conversation\":\"c\"").conversation()).isEqualTo("c");
        assertThat(read("\"conversation\":{\"id\":\"c\"}").conversation()).isEqualTo("c");
        assertThat(read("\"input\":\"q\",\"conversation\":null").conversation()).isEmpty();
    }
}
