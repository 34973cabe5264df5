package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a start costs, counted in classes, because time depends on the machine: nothing that only
/// the server needs is loaded by a client command.
class StartUpTest {
    @TempDir private Path directory = Path.of("");

    @Test
    void versionLoadsNeitherJsonNorNetwork() throws Exception {
        List<String> classes = loaded("--version");
        assertThat(classes).contains("dev.backplane.cli.Main");
        assertThat(classes).filteredOn(StartUpTest::isServerOnly).isEmpty();
        assertThat(classes)
                .filteredOn(name -> startsWith(name, "tools.jackson", "sun.net.www.http"))
                .isEmpty();
    }

    @Test
    void aClientCommandLoadsOnlyTheClient() throws Exception {
        try (FakeServer server = new FakeServer()) {
            server.answer("GET /api/v1/traces", 200, Client.NDJSON, "{\"trace_id\":\"a\"}\n");
            List<String> classes = loaded("traces", "list", "--url", server.url());
            assertThat(classes).contains("dev.backplane.cli.Client");
            assertThat(classes).filteredOn(StartUpTest::isServerOnly).isEmpty();
        }
    }

    /// Nor does a question to a model load what only a conversation needs.
    @Test
    void aQuestionLoadsOnlyTheClient() throws Exception {
        try (FakeServer server = new FakeServer()) {
            server.answer(
                    "POST /v1/chat/completions",
                    200,
                    "text/event-stream",
                    "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n");
            List<String> classes = loaded("chat", "m", "hi", "--url", server.url());
            assertThat(classes).contains("dev.backplane.cli.ChatCall");
            assertThat(classes).filteredOn(StartUpTest::isServerOnly).isEmpty();
            assertThat(classes)
                    .doesNotContain(
                            "dev.backplane.cli.LineEditor",
                            "dev.backplane.cli.ChatLoop",
                            "dev.backplane.cli.Keyboard");
        }
    }

    /// With `--json`, a program can read all that a server says, to its last word.
    @Test
    void aServerSaysInJsonThatItStopped() throws Exception {
        Path data = directory.resolve("data");
        Process server =
                new ProcessBuilder(
                                java(
                                        List.of("--enable-native-access=ALL-UNNAMED"),
                                        List.of(
                                                "up",
                                                "--json",
                                                "--data",
                                                data.toString(),
                                                "--listen",
                                                "127.0.0.1:0",
                                                "--otlp-grpc",
                                                "off",
                                                "--otlp-http",
                                                "off")))
                        .start();
        try (BufferedReader out = server.inputReader();
                BufferedReader error = server.errorReader()) {
            assertThat(out.readLine()).contains("\"url\":", "\"data\":\"" + data + "\"");
            // Process.destroy() would close what is still to be read.
            server.toHandle().destroy();
            assertThat(error.lines())
                    .allSatisfy(line -> assertThat(line).startsWith("{").endsWith("}"))
                    .last()
                    .asString()
                    .contains("\"stopped\"");
            assertThat(server.waitFor()).isEqualTo(143);
        } finally {
            server.destroyForcibly();
        }
    }

    private static boolean isServerOnly(String name) {
        return startsWith(
                name,
                "dev.backplane.server",
                "dev.backplane.store",
                "dev.backplane.http",
                "dev.backplane.bench",
                "java.net.http",
                "java.util.logging",
                "org.apache.lucene",
                "org.duckdb",
                "org.eclipse.jetty",
                "tools.jackson.databind",
                "tools.jackson.dataformat",
                "software.amazon",
                "com.github.luben");
    }

    private static boolean startsWith(String name, String... prefixes) {
        return Stream.of(prefixes).anyMatch(name::startsWith);
    }

    /// The names of the classes that a run of the program loads.
    private List<String> loaded(String... words) throws IOException, InterruptedException {
        Path log = directory.resolve("classes.log");
        List<String> line = java(List.of("-Xlog:class+load:file=" + log + ":none"), List.of(words));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
        return Files.readAllLines(log).stream().map(entry -> entry.split(" ")[0]).toList();
    }

    private static List<String> java(List<String> flags, List<String> words) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(flags);
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        line.addAll(words);
        return line;
    }
}
