package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.JsonParser;

/// What goes over the wire, and what becomes of errors.
class ClientTest {
    private final FakeServer server;

    ClientTest() throws IOException {
        server = new FakeServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private TestRun.Around around() {
        return TestRun.plain().with("BACKPLANE_URL", server.url());
    }

    private static Node.Fields envelope(TestRun run) {
        assertThat(run.out()).isEmpty();
        assertThat(run.error().lines()).hasSize(1);
        try (JsonParser parser = Json.parser(run.error())) {
            parser.nextToken();
            return (Node.Fields) Node.read(parser);
        }
    }

    /// The server's kinds keep their exit codes, and its words arrive in every machine format.
    @ParameterizedTest
    @EnumSource(Problem.Kind.class)
    void kindsBecomeExitCodes(Problem.Kind kind) {
        server.answer(
                "GET /api/v1/traces/x",
                kind.httpStatus(),
                "application/json; charset=utf-8",
                new String(FakeServer.Failures.envelope("it broke", kind.id())));
        for (String format : List.of("agent", "json", "ndjson", "quiet")) {
            TestRun run = withKey().run("traces", "show", "x", "--format", format);
            assertThat(run.exit()).isEqualTo(kind.exitCode());
            Node.Fields envelope = envelope(run);
            assertThat(envelope.values().keySet())
                    .containsExactly(
                            "error", "kind", "message", "hint", "next", "retryable", "request_id");
            assertThat(envelope.text("kind")).isEqualTo(kind.id());
            assertThat(envelope.text("error")).isEqualTo("it broke");
            assertThat(envelope.text("request_id")).isEqualTo("r-1");
        }
        TestRun human = withKey().run("traces", "show", "x");
        assertThat(human.exit()).isEqualTo(kind.exitCode());
        assertThat(human.error())
                .isEqualTo("error: It failed: it broke.\nhint: do something else\nrequest: r-1\n");
    }

    private TestRun.Around withKey() {
        return around().with("BACKPLANE_API_KEY", "a-key");
    }

    /// The server's own hint is a header.
    @Test
    void whoHasNoKeyIsToldHowToGiveOneHere() {
        server.answer(
                "GET /api/v1/traces/x",
                401,
                "application/json",
                new String(FakeServer.Failures.envelope("no key", "unauthenticated")));
        assertThat(envelope(around().run("traces", "show", "x", "--json")).text("hint"))
                .isEqualTo("set BACKPLANE_API_KEY, or give --api-key-file");
    }

    @Test
    void noServerIsExitCode69WithTheRepair() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        TestRun run =
                TestRun.plain()
                        .run("traces", "list", "--json", "--url", "http://127.0.0.1:" + port);
        assertThat(run.exit()).isEqualTo(69);
        assertThat(envelope(run).text("next")).isEqualTo("backplane up");
        assertThat(envelope(run).isTrue("retryable")).isTrue();
    }

    @Test
    void aSilentServerIsExitCode75() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            TestRun run =
                    TestRun.plain()
                            .run(
                                    "traces",
                                    "list",
                                    "--timeout",
                                    "100ms",
                                    "--url",
                                    "http://127.0.0.1:" + socket.getLocalPort());
            assertThat(run.exit()).isEqualTo(75);
        }
    }

    @Test
    void anAnswerThatIsNotOursIsSaid() {
        server.answer("GET /api/v1/traces/x", 200, "text/html", "<html>");
        server.answer("GET /api/v1/traces/y", 502, "text/html", "<html>");
        server.answer("GET /api/v1/traces/z", 302, "text/html", "");
        server.answer("GET /api/v1/traces", 200, Client.NDJSON, "{\"trace_id\":\"a\"}\n{\"tr");
        assertThat(around().run("traces", "show", "x").exit()).isEqualTo(69);
        assertThat(around().run("traces", "show", "y").exit()).isEqualTo(69);
        assertThat(around().run("traces", "show", "z").error()).contains("leads elsewhere");
        TestRun cut = around().run("traces", "list", "-q");
        assertThat(cut.exit()).isEqualTo(69);
        assertThat(cut.out()).isEqualTo("a\n");
    }

    @Test
    void requestsSayWhoAsks() {
        server.answer("GET /api/v1/traces", 200, Client.NDJSON, "");
        around().with("CLAUDECODE", "1")
                .with("BACKPLANE_API_KEY", "bp_0123456789")
                .run("traces", "list", "-p", "über");
        FakeServer.Request request = server.requests.getFirst();
        assertThat(request.header("User-agent"))
                .isEqualTo(
                        "backplane-cli/%s; java/%s; agent/claude-code"
                                .formatted(Version.current(), Version.java()));
        assertThat(request.header("Authorization")).isEqualTo("Bearer bp_0123456789");
        assertThat(request.header("X-backplane-project")).isEqualTo("%C3%BCber");
    }

    @Test
    void keysComeFromFilesAndStdinAndNeverShow(@TempDir Path directory) throws IOException {
        server.answer("GET /api/v1/traces", 200, Client.NDJSON, "");
        Path file = Files.writeString(directory.resolve("key"), "bp_secret\n");
        around().run("traces", "list", "--api-key-file", file.toString());
        around().withInput("bp_piped\n").run("traces", "list", "--api-key-file", "-");
        assertThat(server.requests)
                .extracting(request -> request.header("Authorization"))
                .containsExactly("Bearer bp_secret", "Bearer bp_piped");

        TestRun absent = around().run("traces", "list", "--api-key-file", "/no/such", "--json");
        assertThat(absent.exit()).isEqualTo(78);
        TestRun broken =
                around().with("BACKPLANE_API_KEY", "a secret\r\nX: y").run("traces", "list");
        assertThat(broken.exit()).isEqualTo(78);
        assertThat(broken.error()).doesNotContain("secret");
    }

    @Test
    void aKeyOverAnOpenNetworkIsWarnedOf() {
        TestRun run =
                TestRun.plain()
                        .with("BACKPLANE_API_KEY", "k")
                        .run("traces", "list", "--url", "http://host.invalid");
        assertThat(run.error()).contains("without encryption").doesNotContain(" k ");
    }

    @Test
    void wrongAddressesAreUsageErrors() {
        for (String url :
                List.of("localhost:7700", "ftp://x", "http://", "http://u:p@h", "http://a b")) {
            assertThat(TestRun.plain().run("traces", "list", "--url", url).exit())
                    .as(url)
                    .isEqualTo(2);
        }
    }

    @Test
    void listsFollowCursorsUpToTheLimit() {
        server.answer(
                        "GET /api/v1/traces?limit=3",
                        200,
                        Client.NDJSON,
                        "{\"trace_id\":\"a\"}\n{\"trace_id\":\"b\"}\n{\"cursor\":\"c 1\"}\n")
                .answer(
                        "GET /api/v1/traces?cursor=c%201&limit=1",
                        200, Client.NDJSON, "{\"trace_id\":\"c\"}\n{\"cursor\":\"c2\"}\n");
        TestRun run = around().run("traces", "list", "-n", "3", "-q");
        assertThat(run.out()).isEqualTo("a\nb\nc\n");

        server.answer(
                        "GET /api/v1/traces?limit=1000",
                        200,
                        Client.NDJSON,
                        "{\"trace_id\":\"a\"}\n{\"cursor\":\"n\"}\n")
                .answer(
                        "GET /api/v1/traces?cursor=n&limit=1000",
                        200,
                        Client.NDJSON,
                        "{\"trace_id\":\"z\"}\n");
        assertThat(around().run("traces", "list", "-n", "0", "-q").out()).isEqualTo("a\nz\n");
    }

    @Test
    void destructionAsksOnATerminalAndNeedsAYesOffIt() {
        server.answer("DELETE /api/v1/traces/t", 204, "", "");
        TestRun off = around().run("traces", "delete", "t", "--json");
        assertThat(off.exit()).isEqualTo(2);
        assertThat(envelope(off).text("next")).isEqualTo("backplane traces delete t --yes");
        assertThat(server.requests).isEmpty();

        TestRun no = around().withTerminal(80).withInput("n\n").run("traces", "delete", "t");
        assertThat(no.exit()).isEqualTo(1);
        assertThat(no.error()).startsWith("delete trace t? [y/N] ");
        assertThat(server.requests).isEmpty();
        assertThat(around().withTerminal(80).run("traces", "delete", "t").exit()).isEqualTo(1);

        TestRun yes = around().withTerminal(80).withInput("y\n").run("traces", "delete", "t");
        assertThat(yes.exit()).isZero();
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void refusedRecordsMakeAnImportFail(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("a.jsonl"), "{}\n");
        server.answer(
                "POST /api/v1/import",
                200,
                Client.NDJSON,
                "{\"done\":true,\"traces\":1,\"spans\":1,\"rejected\":1,\"bytes\":3,"
                        + "\"rejections\":[{\"line\":2,\"error\":{\"message\":\"No span_id.\"}}]}");
        TestRun run = around().run("import", file.toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains("record 2: No span_id.", "1 record refused");
        assertThat(server.requests.getFirst().target()).isEqualTo("/api/v1/import?name=a.jsonl");
        assertThat(server.requests.getFirst().body()).isEqualTo("{}\n");
    }

    @Test
    void aMissingFileStopsAnImportBeforeItBegins(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("a.jsonl"), "{}\n");
        TestRun run = around().run("import", file.toString(), directory.resolve("b").toString());
        assertThat(run.exit()).isEqualTo(4);
        assertThat(server.requests).isEmpty();
    }

    @Test
    void payloadsArriveByteForByteOffATerminalAndHarmlessOnIt() {
        String payload = "a\u001b[31m\u0000b\u009b1mc";
        server.answer("GET /api/v1/spans/t/s/input", 200, "text/plain", payload);
        String[] words = {"spans", "show", "t", "s", "--field", "input"};
        assertThat(around().run(words).out()).isEqualTo(payload);
        assertThat(around().withTerminal(80).run(words).out()).isEqualTo("a·[31m·b·1mc\n");
    }

    @Test
    void filesAreWholeOrAbsent(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("x.parquet");
        server.answer("POST /api/v1/sql", 200, "application/vnd.apache.parquet", "PAR1");
        TestRun run = around().run("sql", "select 1", "--output", file.toString(), "--json");
        assertThat(run.exit()).isZero();
        assertThat(file).hasContent("PAR1");
        assertThat(server.requests.getFirst().header("Accept"))
                .isEqualTo("application/vnd.apache.parquet");
        server.answer(
                "POST /api/v1/sql",
                400,
                "application/json",
                new String(FakeServer.Failures.envelope("no such column", "invalid")));
        Path other = directory.resolve("y.jsonl");
        assertThat(around().run("sql", "select x", "--output", other.toString()).exit())
                .isEqualTo(2);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aParquetFileThatWasCutIsSaidToBe(@TempDir Path directory) {
        Path file = directory.resolve("x.parquet");
        Map<String, String> head =
                Map.of(
                        "Content-Type",
                        "application/vnd.apache.parquet",
                        "X-Backplane-Truncated",
                        "true");
        server.answer("POST /api/v1/sql", 200, head, "PAR1");
        TestRun cut = around().run("sql", "select 1", "--output", file.toString(), "--json");
        assertThat(cut.exit()).isZero();
        assertThat(cut.out()).contains("\"truncated\":true");
        assertThat(cut.error()).contains("cut by the server");
        server.answer("POST /api/v1/sql", 200, "application/vnd.apache.parquet", "PAR1");
        TestRun whole = around().run("sql", "select 1", "--output", file.toString(), "--json");
        assertThat(whole.out()).contains("\"truncated\":false");
        assertThat(whole.error()).doesNotContain("cut by the server");
    }

    @Test
    void aQueryIsReadFromStdin() {
        server.json("POST /api/v1/sql", "{\"columns\":[],\"rows\":[],\"truncated\":false}");
        around().withInput("select 1;\n").run("sql", "-");
        assertThat(server.requests.getFirst().body()).isEqualTo("{\"query\":\"select 1;\\n\"}");
    }

    @Test
    void coloursAreForTerminalsThatWantThem() {
        server.json("GET /api/v1/projects", "{\"projects\":[{\"name\":\"a\"}]}");
        String escape = "\u001b[";
        TestRun.Around terminal = around().withTerminal(80);
        assertThat(terminal.run("projects", "list").out()).contains(escape);
        assertThat(terminal.with("NO_COLOR", "1").run("projects", "list").out())
                .doesNotContain(escape);
        assertThat(terminal.with("TERM", "dumb").run("projects", "list").out())
                .doesNotContain(escape);
        assertThat(terminal.run("projects", "list", "--format", "agent").out())
                .doesNotContain(escape);
        assertThat(around().run("projects", "list").out()).doesNotContain(escape);
    }

    @Test
    void chosenColumnsAreThoseShown() {
        server.json("GET /api/v1/projects", "{\"projects\":[{\"name\":\"a\",\"quota_bytes\":7}]}");
        String[] words = {"projects", "list", "--columns", "quota_bytes,name", "--format", ""};
        words[5] = "agent";
        assertThat(around().run(words).out()).isEqualTo("quota_bytes\tname\n7\ta\n");
        words[5] = "json";
        assertThat(around().run(words).out())
                .isEqualTo("{\"projects\":[{\"quota_bytes\":7,\"name\":\"a\"}]}\n");
        TestRun wrong = around().run("projects", "list", "--columns", "nam");
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.error()).contains("did you mean 'name'?");
    }

    @Test
    void theDoctorFindsServerAgentAndAccess() {
        server.json(
                        "GET /health",
                        "{\"status\":\"ok\",\"version\":\"%s\"}".formatted(Version.current()))
                .json("GET /api/v1/traces", "{\"traces\":[],\"cursor\":null}");
        TestRun run = around().with("CLAUDECODE", "1").run("doctor", "--json");
        assertThat(run.out()).contains("claude-code, told by CLAUDECODE", "no key is needed");
        assertThat(run.exit()).isZero();
        TestRun alone = TestRun.plain().run("doctor", "--url", "http://127.0.0.1:1");
        assertThat(alone.exit()).isEqualTo(69);
        assertThat(alone.out()).contains("backplane up");
    }
}
