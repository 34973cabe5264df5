package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.server.Backplane;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a new user does, against the real server on a fresh directory.
class JourneyTest {
    @TempDir private Path directory = Path.of("");

    private Backplane start() {
        Config config =
                ConfigLoader.load(
                        Map.of(),
                        new ConfigLoader.Overrides(
                                Optional.empty(),
                                Optional.of(directory.resolve("data")),
                                Optional.of("127.0.0.1:0"),
                                Optional.of("off"),
                                Optional.of("off")));
        return Backplane.start(config, _ -> {});
    }

    private static TestRun.Around around(Backplane backplane) {
        return TestRun.plain().with("BACKPLANE_URL", "http://127.0.0.1:" + backplane.port());
    }

    private static List<String> lines(TestRun run) {
        assertThat(run.exit()).as(run.error()).isZero();
        return run.out().lines().toList();
    }

    @Test
    void importListShowSearchAskJudgeExportDelete() throws IOException {
        Path file = directory.resolve("runs.jsonl");
        Files.writeString(
                file,
                """
                {"messages":[{"role":"user","content":"I want a refund for basic economy"},\
                {"role":"assistant","content":"That fare is not refundable."}]}
                {"messages":[{"role":"user","content":"Book me a flight"},\
                {"role":"assistant","content":"Where to?"}]}
                """);
        String trace;
        try (Backplane backplane = start()) {
            TestRun.Around around = around(backplane);
            TestRun imported = around.run("import", file.toString(), "--format", "agent");
            assertThat(lines(imported).get(1).split("\t")[1]).isEqualTo("2");

            assertThat(lines(around.run("traces", "list", "-q"))).hasSize(2);
            assertThat(lines(around.run("traces", "list", "-q", "-n", "1"))).hasSize(1);
            trace = traceOf(around, "\"basic economy\" refund");
            assertThat(around.run("search", "\"basic economy\"").out()).contains("[basic economy]");
            assertThat(around.run("traces", "show", trace).out()).contains("└─ ");

            String span = lines(around.run("traces", "show", trace, "-q")).getLast();
            assertThat(around.run("spans", "show", trace, span, "--field", "output").out())
                    .contains("not refundable");
            assertThat(around.run("spans", "show", trace, span, "--json").out())
                    .startsWith("{")
                    .contains(span);
            assertThat(lines(around.run("spans", "list", "--filter", "kind = 'llm'", "-q")))
                    .contains(trace + " " + span);

            assertThat(
                            lines(
                                    around.run(
                                            "feedback",
                                            trace,
                                            "--score",
                                            "kind=0.5",
                                            "--comment",
                                            "x")))
                    .hasSize(1);
            assertThat(around.run("traces", "list", "--json").out()).contains("\"kind\":0.5");
            assertThat(
                            around.run("sql", "select count(distinct trace_id) n from spans", "-q")
                                    .out())
                    .isEqualTo("2\n");
            TestRun hostile = around.run("sql", "select * from read_csv('/etc/passwd')");
            assertThat(hostile.exit()).isEqualTo(6);
            TestRun mistaken = around.run("sql", "select x from spans");
            assertThat(mistaken.exit()).isEqualTo(2);

            lines(around.run("store", "compact"));
            lines(around.run("store", "verify"));
            assertThat(around.run("store", "stats", "--json").out()).contains("\"segment_spans\"");
            assertThat(lines(around.run("store", "export")))
                    .allSatisfy(line -> assertThat(line).startsWith("{").endsWith("}"));
            lines(around.run("traces", "delete", trace, "--yes"));
        }
        try (Backplane backplane = start()) {
            TestRun.Around around = around(backplane);
            assertThat(lines(around.run("traces", "list", "-q"))).hasSize(1).doesNotContain(trace);
            assertThat(around.run("traces", "show", trace, "--json").exit()).isEqualTo(4);
            assertThat(around.run("doctor").exit()).isZero();
        }
    }

    /// What quiet search prints is what `spans show` takes.
    private static String traceOf(TestRun.Around around, String words) {
        String[] ids = lines(around.run("search", words, "-q")).getFirst().split(" ");
        assertThat(ids).hasSize(2);
        lines(around.run("spans", "show", ids[0], ids[1]));
        return ids[0];
    }

    @Test
    void projectsAndKeys() {
        try (Backplane backplane = start()) {
            TestRun.Around around = around(backplane);
            lines(around.run("projects", "create", "support", "--retention", "30"));
            assertThat(around.run("projects", "create", "support", "--json"))
                    .satisfies(conflict -> assertThat(conflict.exit()).isEqualTo(5))
                    .extracting(TestRun::error)
                    .asString()
                    .contains("\"next\":\"backplane projects update support\"")
                    .doesNotContain("/api/v1");
            TestRun missing = around.run("projects", "update", "nosuch", "--quota", "1", "--json");
            assertThat(missing.exit()).isEqualTo(4);
            assertThat(missing.error()).contains("\"next\":\"backplane projects create nosuch\"");
            lines(around.run("projects", "create", "support", "--exist-ok"));
            lines(around.run("projects", "update", "support", "--quota", "1000000000"));
            assertThat(around.run("projects", "list", "--json").out())
                    .contains("\"name\":\"support\"", "\"retention_days\":30", "1000000000");

            String key =
                    lines(
                                    around.run(
                                            "keys",
                                            "create",
                                            "reader",
                                            "--scope",
                                            "read",
                                            "--for-project",
                                            "support",
                                            "-q"))
                            .getFirst();
            TestRun.Around reader = around.with("BACKPLANE_API_KEY", key);
            assertThat(reader.run("traces", "list").exit()).isZero();
            assertThat(reader.run("projects", "create", "other").exit()).isEqualTo(77);
            String id = lines(around.run("keys", "list", "-q")).getFirst();
            lines(around.run("keys", "create", "another"));
            lines(around.run("keys", "revoke", id, "--yes"));
            assertThat(reader.run("traces", "list").exit()).isEqualTo(77);
            lines(around.run("projects", "delete", "support", "--yes"));
            assertThat(around.run("projects", "list", "-q").out()).doesNotContain("support");
        }
    }

    @Test
    void benchGeneratesFiles() throws IOException {
        Path files = directory.resolve("generated");
        String[] words = {
            "bench",
            "generate",
            "--profile",
            "rag",
            "--runs",
            "2",
            "--to",
            "ndjson",
            "--directory",
            files.toString()
        };
        TestRun run = TestRun.plain().run(words);
        assertThat(run.exit()).as(run.error()).isZero();
        try (var written = Files.list(files)) {
            assertThat(written).isNotEmpty();
        }
        TestRun wrong = TestRun.plain().run("bench", "generate", "--profile", "ragg");
        assertThat(wrong.exit()).isEqualTo(2);
    }

    @Test
    void demoFillsTheStoreAndBenchMeasuresIt() {
        try (Backplane backplane = start()) {
            TestRun.Around around = around(backplane);
            TestRun demo = around.run("demo", "--runs", "3", "--json");
            assertThat(demo.exit()).as(demo.error()).isZero();
            assertThat(demo.out()).startsWith("{\"title\":");
            assertThat(lines(around.run("traces", "list", "-q", "-n", "0"))).hasSize(3);
            TestRun query = around.run("bench", "query", "--each", "1", "--passes", "1");
            assertThat(query.exit()).as(query.error()).isZero();
            TestRun ingest =
                    around.run(
                            "bench",
                            "ingest",
                            "--profile",
                            "rag",
                            "--bytes",
                            "100000",
                            "--warm-up",
                            "0",
                            "--rounds",
                            "1",
                            "--connections",
                            "1",
                            "--traces",
                            "2",
                            "--json");
            assertThat(ingest.exit()).as(ingest.error()).isZero();
            assertThat(ingest.out()).startsWith("{\"title\":");
        }
    }
}
