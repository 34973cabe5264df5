package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;

/// `chat` against prepared streams: what is asked, what is shown where, and what becomes of errors.
@Timeout(60)
class ChatTest {
    private static final String STREAM = "text/event-stream; charset=utf-8";
    private static final String ASK = "POST /v1/chat/completions";

    @TempDir private Path directory = Path.of("");

    private final FakeServer server;

    ChatTest() throws IOException {
        server = new FakeServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private TestRun.Around around() {
        return TestRun.plain().with("BACKPLANE_URL", server.url());
    }

    private static String delta(String members) {
        return "data: {\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{"
                + members
                + "},\"finish_reason\":null}]}\n\n";
    }

    private static String finish(String reason) {
        return "data: {\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{},"
                + "\"finish_reason\":\""
                + reason
                + "\"}]}\n\n";
    }

    private static final String USAGE =
            "data: {\"model\":\"gpt-4o\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,"
                    + "\"completion_tokens\":3,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    /// A thought and then an answer, which tries to turn the terminal red.
    private void answer(String reason) {
        server.answer(
                ASK,
                200,
                STREAM,
                ": a comment\n\n"
                        + delta("\"role\":\"assistant\",\"reasoning_content\":\"Hm.\"")
                        + delta("\"content\":\"It is \\u001b[31mblue\"")
                        + delta("\"content\":\".\\n\"")
                        + finish(reason)
                        + USAGE
                        + DONE);
    }

    private Node.Fields asked() {
        List<FakeServer.Request> asked =
                server.requests.stream()
                        .filter(request -> request.method().equals("POST"))
                        .toList();
        return json(asked.getLast().body());
    }

    private static Node.Fields json(String text) {
        try (JsonParser parser = Json.parser(text)) {
            parser.nextToken();
            return (Node.Fields) Node.read(parser);
        }
    }

    @Test
    void aFileIsAModelMeanwhile() throws IOException {
        Path file = Files.writeString(directory.resolve("my writer.gguf"), "GGUF");
        server.json("POST /api/v1/models/open", "{}").json("POST /api/v1/models/close", "{}");
        server.json("POST /api/generate", "{}");
        answer("stop");
        TestRun run = around().run("run", file.toString(), "why?");
        assertThat(run.exit()).as(run.error()).isZero();
        List<FakeServer.Request> posts =
                server.requests.stream()
                        .filter(request -> request.method().equals("POST"))
                        .toList();
        assertThat(posts.stream().map(FakeServer.Request::target))
                .containsExactly(
                        "/api/v1/models/open",
                        "/api/generate",
                        "/v1/chat/completions",
                        "/api/v1/models/close");
        assertThat(posts.getFirst().body()).contains(file.toString(), "\"my_writer-");
        assertThat(posts.get(2).body()).contains("\"backplane/my_writer-");
        assertThat(posts.getLast().body()).contains("\"my_writer-");

        server.answer(
                "POST /api/v1/models/close",
                404,
                "application/json",
                "{\"error\":\"gone\",\"kind\":\"not_found\",\"message\":\"gone\"}");
        assertThat(around().run("run", file.toString(), "why?").exit()).isZero();
        server.answer("POST /api/v1/models/close", 500, "application/json", "{}");
        assertThat(around().run("run", file.toString(), "why?").exit()).isNotZero();
    }

    @Test
    void aPathToNothingIsNoModel() {
        TestRun run = around().run("run", "./missing.gguf", "why?");
        assertThat(run.exit()).isEqualTo(4);
        assertThat(run.error()).contains("no such file or folder: ./missing.gguf");
        assertThat(server.requests).isEmpty();
    }

    @Test
    void theAnswerAloneIsOnStdout() {
        answer("stop");
        TestRun human = around().run("chat", "fast", "why", "blue?");
        assertThat(human.exit()).as(human.error()).isZero();
        assertThat(human.out()).isEqualTo("It is \u001b[31mblue.\n");
        assertThat(human.error()).startsWith("Hm.\n\n12 in, 3 out");

        TestRun terminal = around().withOutputTerminal(80).run("chat", "fast", "why blue?");
        assertThat(terminal.out()).isEqualTo("It is ·[31mblue.\n");

        TestRun hidden = around().run("chat", "fast", "why blue?", "--hide-reasoning");
        assertThat(hidden.error()).startsWith("12 in");

        assertThat(around().run("chat", "fast", "x", "-q").error()).isEmpty();
        TestRun agent = around().run("chat", "fast", "x", "--format", "agent");
        assertThat(agent.out()).isEqualTo(human.out());
        assertThat(agent.error()).startsWith("hint: 12 in, 3 out").endsWith("\n").hasLineCount(1);
    }

    @Test
    void jsonIsOneDocumentAndNdjsonALineAPiece() {
        answer("stop");
        TestRun run = around().run("chat", "fast", "why?", "--json", "--session", "s-1");
        assertThat(run.error()).isEmpty();
        Node.Fields document = json(run.out());
        assertThat(document.text("content")).isEqualTo("It is \u001b[31mblue.\n");
        assertThat(document.text("reasoning")).isEqualTo("Hm.");
        assertThat(document.text("model")).isEqualTo("gpt-4o");
        assertThat(document.text("finish_reason")).isEqualTo("stop");
        assertThat(document.count("input_tokens")).isEqualTo(12);
        assertThat(document.count("cached_tokens")).isEqualTo(8);
        assertThat(document.count("output_tokens")).isEqualTo(3);
        assertThat(document.text("session_id")).isEqualTo("s-1");
        assertThat(document.get("time_to_first_token_ms")).isInstanceOf(Node.Number.class);

        List<String> lines =
                around().run("chat", "fast", "why?", "--format", "ndjson").out().lines().toList();
        assertThat(lines.subList(0, 3))
                .containsExactly(
                        "{\"reasoning\":\"Hm.\"}",
                        "{\"text\":\"It is \\u001B[31mblue\"}",
                        "{\"text\":\".\\n\"}");
        assertThat(lines.getLast()).startsWith("{\"done\":true,").contains("\"output_tokens\":3");
    }

    @Test
    void optionsReachTheModel() throws IOException {
        Path image = directory.resolve("a.bin");
        Files.write(image, new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 1});
        Path schema = directory.resolve("a person.json");
        Files.writeString(schema, "{\"type\":\"object\",\"properties\":{}}");
        server.answer(ASK, 200, STREAM, delta("\"content\":\"{}\"") + finish("stop") + DONE);
        TestRun run =
                around().withInput("from stdin\n")
                        .run(
                                "chat",
                                "fast",
                                "who is",
                                "this?",
                                "-",
                                "--system",
                                "be brief",
                                "--image",
                                image.toString(),
                                "--json-schema",
                                schema.toString(),
                                "--temperature",
                                "0",
                                "--max-tokens",
                                "5",
                                "--tag",
                                "a",
                                "--tag",
                                "b",
                                "--session",
                                "practice 1");
        assertThat(run.exit()).as(run.error()).isZero();
        assertThat(asked().json())
                .isEqualTo(
                        "{\"model\":\"fast\",\"messages\":[{\"role\":\"system\",\"content\":\"be"
                                + " brief\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                                + "\"text\":\"who is this?\\n\\nfrom stdin\\n\"},{\"type\":"
                                + "\"image_url\",\"image_url\":{\"url\":"
                                + "\"data:image/jpeg;base64,/9j/AQ==\"}}]}],\"temperature\":0.0,"
                                + "\"max_tokens\":5,\"response_format\":{\"type\":\"json_schema\","
                                + "\"json_schema\":{\"name\":\"a_person\",\"schema\":{\"type\":"
                                + "\"object\",\"properties\":{}},\"strict\":true}},"
                                + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        FakeServer.Request request = server.requests.getFirst();
        assertThat(request.header("X-backplane-tags")).isEqualTo("a,b");
        assertThat(request.header("X-backplane-session")).isEqualTo("practice 1");
    }

    @Test
    void stdinIsThePromptWhereNoneIsGiven() {
        answer("stop");
        assertThat(around().withInput("why?").run("chat", "fast").exit()).isZero();
        assertThat(asked().json()).contains("{\"role\":\"user\",\"content\":\"why?\"}");
        TestRun empty = around().run("chat", "fast", "--json");
        assertThat(empty.exit()).isEqualTo(2);
        assertThat(json(empty.error()).text("error")).isEqualTo("no prompt given");
        // A machine format asks nobody, even where somebody sits.
        TestRun machine = around().withTerminal(80).run("chat", "fast", "--json");
        assertThat(machine.exit()).isEqualTo(2);
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void whatNoHeaderCanHoldIsRefused() {
        for (String[] option : new String[][] {{"--session", "ü"}, {"--tag", "a,b"}}) {
            TestRun run = around().run("chat", "fast", "hi", option[0], option[1]);
            assertThat(run.exit()).isEqualTo(2);
            assertThat(run.error()).contains(option[0] + " does not take");
        }
        assertThat(server.requests).isEmpty();
    }

    @Test
    void refusalsOfTheGatewayKeepTheirKindAndHint() {
        server.answer(
                ASK,
                404,
                Client.JSON,
                "{\"error\":{\"message\":\"model 'x' is not configured (models); use one of fast\","
                        + "\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":\"model_not_found\",\"kind\":\"not_found\","
                        + "\"hint\":\"use one of fast\",\"request_id\":\"r-7\"}}");
        TestRun run = around().run("chat", "x", "hi", "--json");
        assertThat(run.exit()).isEqualTo(4);
        assertThat(run.out()).isEmpty();
        assertThat(json(run.error()).text("message"))
                .isEqualTo("model 'x' is not configured (models)");
        assertThat(json(run.error()).text("hint")).isEqualTo("use one of fast");
        assertThat(json(run.error()).text("request_id")).isEqualTo("r-7");
    }

    @Test
    void whatBreaksOffIsAFailureAfterWhatCame() {
        String error =
                "data: {\"error\":{\"message\":\"it stopped; wait\",\"kind\":\"timeout\","
                        + "\"hint\":\"wait\"}}\n\n";
        for (String end : List.of("", error, "data: {\"choi\n\n")) {
            server.answer(ASK, 200, STREAM, delta("\"content\":\"It is\"") + end);
            TestRun run = around().run("chat", "fast", "hi");
            assertThat(run.exit()).isEqualTo(end.equals(error) ? 75 : 69);
            assertThat(run.out()).isEqualTo("It is\n");
            assertThat(run.error()).startsWith("error: ");
            TestRun json = around().run("chat", "fast", "hi", "--json");
            assertThat(json.out()).isEmpty();
        }
        server.answer(ASK, 200, "text/html", "<html>");
        assertThat(around().run("chat", "fast", "hi").exit()).isEqualTo(69);
    }

    @Test
    void answersThatAreNotWholeAreTold() throws IOException {
        answer("length");
        TestRun cut = around().run("chat", "fast", "hi");
        assertThat(cut.exit()).isZero();
        assertThat(cut.error()).contains("warning: the answer is cut");
        answer("content_filter");
        assertThat(around().run("chat", "fast", "hi").exit()).isEqualTo(6);
        server.answer(
                ASK,
                200,
                STREAM,
                delta("\"tool_calls\":[{\"index\":0,\"id\":\"c\"}]") + finish("tool_calls") + DONE);
        assertThat(around().run("chat", "fast", "hi").exit()).isEqualTo(2);

        answer("stop");
        Path schema = directory.resolve("s.json");
        Files.writeString(schema, "{}");
        TestRun prose = around().run("chat", "fast", "hi", "--json-schema", schema.toString());
        assertThat(prose.exit()).isEqualTo(1);
        assertThat(prose.error()).contains("the answer is no JSON");
    }

    @Test
    void filesThatCannotBeSentAreRefusedBeforeAnythingIs() throws IOException {
        Path text = directory.resolve("a.png");
        Files.writeString(text, "no image", StandardCharsets.UTF_8);
        Path broken = directory.resolve("b.json");
        Files.writeString(broken, "{\n  x");
        for (String[] option :
                new String[][] {
                    {"--image", text.toString(), "no PNG, JPEG, GIF or WebP"},
                    {"--image", directory + "/none.png", "cannot read"},
                    {"--json-schema", broken.toString(), "no JSON at line 2"},
                    {"--json-schema", text.toString(), "no JSON at line 1"},
                    {"--json-schema", directory + "/none", "cannot read"},
                }) {
            TestRun run = around().run("chat", "fast", "hi", option[0], option[1]);
            assertThat(run.exit()).isEqualTo(2);
            assertThat(run.error()).contains(option[2]);
        }
        assertThat(server.requests).isEmpty();
    }

    /// Where a terminal cannot hand over keys, it is lines.
    @Test
    void aConversationGoesOn() {
        server.json("GET /v1/models/fast", "{\"id\":\"fast\"}")
                .json("GET /v1/models/other", "{\"id\":\"other\"}");
        answer("stop");
        Path file = directory.resolve("saved.jsonl");
        TestRun run =
                around().withInput(
                                """
                                /help
                                one
                                \"""two
                                /not an order\"""
                                /undo
                                three
                                /model other
                                /model none
                                /system be brief
                                /savee x
                                /image
                                four
                                /save FILE
                                /save FILE
                                /clear
                                five
                                """
                                        .replace("FILE", file.toString()))
                        .withTerminal(80)
                        .run("chat", "fast");
        assertThat(run.exit()).as(run.error()).isZero();
        assertThat(run.out().lines()).hasSize(5).allMatch("It is ·[31mblue."::equals);
        assertThat(run.error())
                .contains(
                        "/clear",
                        "taken back",
                        "did you mean /save?",
                        "/image takes a file",
                        "saved.jsonl exists",
                        "chatting with other",
                        "no such path",
                        "this was session chat-");
        List<Node.Fields> asked =
                server.requests.stream()
                        .filter(request -> request.method().equals("POST"))
                        .map(request -> json(request.body()))
                        .toList();
        assertThat(asked.get(1).get("messages").json()).contains("two\\n/not an order");
        assertThat(texts(asked.get(2))).containsExactly("one", "three");
        assertThat(texts(asked.get(3))).containsExactly("be brief", "one", "three", "four");
        assertThat(asked.get(3).text("model")).isEqualTo("other");
        assertThat(texts(asked.get(4))).containsExactly("be brief", "five");
        List<String> sessions =
                server.requests.stream()
                        .filter(request -> request.method().equals("POST"))
                        .map(request -> request.header("X-backplane-session"))
                        .distinct()
                        .toList();
        assertThat(sessions).hasSize(2).allMatch(session -> session.startsWith("chat-"));
        assertThat(file).content().startsWith("{\"model\":\"other\"").hasLineCount(1);
    }

    /// Without the answers, which are always the same.
    private static List<String> texts(Node.Fields asked) {
        return ((Node.Items) asked.get("messages"))
                .values().stream()
                        .map(message -> ((Node.Fields) message).text("content"))
                        .filter(text -> !text.startsWith("It is"))
                        .toList();
    }

    @Test
    void aFailureInAConversationTakesTheMessageBack() {
        server.json("GET /v1/models/fast", "{\"id\":\"fast\"}");
        TestRun run = around().withInput("one\n/undo\n/bye\n").withTerminal(80).run("chat", "fast");
        assertThat(run.exit()).isZero();
        assertThat(run.error()).contains("error: ", "there is nothing to take back");
        assertThat(around().withTerminal(80).run("chat", "none").exit()).isEqualTo(4);
    }
}
