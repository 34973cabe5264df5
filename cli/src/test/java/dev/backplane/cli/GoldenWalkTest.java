package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every command in every format against prepared answers, compared byte for byte with the reviewed
/// files in `src/test/resources/golden`. After a wanted change, `-Dgolden.update=true` writes them
/// anew; the difference is then read before it is committed.
class GoldenWalkTest {
    private static final String TRACE_ONE =
            "{\"trace_id\":\"4f2a90\",\"name\":\"airline agent\","
                    + "\"start_time\":\"2026-11-24T08:00:00.123Z\","
                    + "\"end_time\":\"2026-11-24T08:01:02Z\",\"duration_ms\":61877.0,"
                    + "\"span_count\":1234,\"error_count\":1,\"llm_count\":12,"
                    + "\"input_tokens\":123456,\"output_tokens\":789,\"cached_tokens\":0,"
                    + "\"reasoning_tokens\":0,\"cost\":1.25,\"models\":[\"gpt-4o\",\"o3\"],"
                    + "\"session_id\":\"\",\"user_id\":\"mia\",\"agent\":\"\","
                    + "\"status\":\"error\",\"tags\":[],\"scores\":{\"reward\":0.5}}";
    private static final String TRACE_TWO =
            "{\"trace_id\":\"77\",\"name\":\"tab\\there, line\\nbreak, \\u001b[31mred\","
                    + "\"start_time\":\"2026-11-24T07:00:00Z\",\"end_time\":null,"
                    + "\"duration_ms\":null,\"span_count\":1,\"error_count\":0,\"llm_count\":0,"
                    + "\"input_tokens\":0,\"output_tokens\":0,\"cached_tokens\":0,"
                    + "\"reasoning_tokens\":0,\"cost\":0,\"models\":[],\"session_id\":\"\","
                    + "\"user_id\":\"\",\"agent\":\"\",\"status\":\"\",\"tags\":[],\"scores\":{}}";
    private static final String TREE =
            "{\"trace\":"
                    + TRACE_ONE
                    + ",\"spans\":["
                    + "{\"span_id\":\"a\",\"parent_id\":\"\",\"depth\":0,\"children\":2,"
                    + "\"name\":\"run\",\"kind\":\"agent\",\"status\":\"ok\","
                    + "\"start_time\":\"2026-11-24T08:00:00Z\",\"duration_ms\":61877.0,"
                    + "\"input_preview\":\"book a flight\"},"
                    + "{\"span_id\":\"b\",\"parent_id\":\"a\",\"depth\":1,\"children\":1,"
                    + "\"name\":\"chat\",\"kind\":\"llm\",\"status\":\"ok\",\"model\":\"gpt-4o\","
                    + "\"duration_ms\":812.4,\"input_tokens\":5321,\"output_tokens\":64,"
                    + "\"cost\":0.0139},"
                    + "{\"span_id\":\"c\",\"parent_id\":\"b\",\"depth\":2,\"children\":0,"
                    + "\"name\":\"book_reservation\",\"kind\":\"tool\",\"status\":\"error\","
                    + "\"duration_ms\":3.25,\"error\":\"payment refused\"},"
                    + "{\"span_id\":\"d\",\"parent_id\":\"a\",\"depth\":1,\"children\":0,"
                    + "\"name\":\"chat\",\"kind\":\"llm\",\"status\":\"ok\"}"
                    + "],\"total\":1234,\"next_offset\":4}";
    private static final String SPAN =
            "{\"span_id\":\"b\",\"input\":[{\"role\":\"user\",\"content\":\"hi\"}],\"n\":{}}";
    private static final String HIT =
            "{\"trace_id\":\"4f2a90\",\"span_id\":\"b\",\"name\":\"chat\",\"kind\":\"llm\","
                    + "\"start_time\":\"2026-11-24T08:00:00Z\",\"model\":\"gpt-4o\","
                    + "\"field\":\"input\",\"snippet\":\"no refund for basic economy\","
                    + "\"highlights\":[[3,9],[14,27]]}";

    private final FakeServer server = start();
    private static final Set<Command.Name> UNWALKED =
            Set.of(
                    Command.Name.UP,
                    Command.Name.DEMO,
                    Command.Name.BENCH_GENERATE,
                    Command.Name.BENCH_INGEST,
                    Command.Name.BENCH_QUERY,
                    Command.Name.BENCH_TRACE,
                    Command.Name.BENCH_GATEWAY,
                    Command.Name.BENCH_KERNELS,
                    Command.Name.BENCH_ENGINE,
                    Command.Name.BENCH_ANSWERS,
                    Command.Name.BENCH_GRAMMAR,
                    Command.Name.BENCH_CHECK,
                    Command.Name.DOCTOR,
                    Command.Name.COMPLETIONS);
    private static final String FILE = "target/runs.jsonl";

    private static FakeServer start() {
        try {
            return new FakeServer();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(Path.of(FILE), "{}\n{}\n");
        Files.writeString(
                Path.of("target/backplane.yaml"),
                """
                data: /srv/traces
                otlp_grpc: off
                keys:
                  - {name: ci, key: a-long-secret-that-is-never-shown, budget: 5/day, rpm: 60}
                providers:
                  local: {base_url: "http://127.0.0.1:8000"}
                  openai: {api_key: another-secret-that-is-never-shown}
                models:
                  smart:
                    targets:
                      - {provider: local, model: qwen, weight: 3}
                      - {provider: openai, model: gpt-4o, weight: 1}
                gateway:
                  limits: [{user: "*", concurrency: 4}]
                local: {threads: 2, memory: 8GiB}
                limits:
                  ingest_memory: 1GiB
                  list_memory: 256MiB
                """);
        Files.setPosixFilePermissions(
                Path.of("target/backplane.yaml"), PosixFilePermissions.fromString("rw-------"));
        server.answer(
                        "GET /api/v1/traces",
                        200,
                        Client.NDJSON,
                        TRACE_ONE + "\n" + TRACE_TWO + "\n{\"cursor\":\"abc\"}\n")
                .answer("GET /api/v1/spans", 200, Client.NDJSON, "")
                .answer("GET /api/v1/search", 200, Client.NDJSON, HIT + "\n")
                .json("GET /api/v1/traces/4f2a90", TREE)
                .json("GET /api/v1/spans/4f2a90/b", SPAN)
                .answer("GET /api/v1/spans/4f2a90/b/input", 200, "text/plain", "raw \u001b[0m")
                .answer("DELETE /api/v1/traces/4f2a90", 204, "", "")
                .answer("DELETE /api/v1/spans/4f2a90/b", 204, "", "")
                .answer("POST /api/v1/spans/4f2a90/a/feedback", 204, "", "")
                .json(
                        "POST /api/v1/sql",
                        "{\"columns\":[{\"name\":\"model\",\"type\":\"VARCHAR\"},"
                                + "{\"name\":\"n\",\"type\":\"BIGINT\"}],"
                                + "\"rows\":[[\"gpt-4o\",2454],[null,7]],\"truncated\":true}")
                .answer(
                        "POST /api/v1/import",
                        200,
                        Client.NDJSON,
                        "{\"traces\":1,\"spans\":1}\n{\"done\":true,\"traces\":2,\"spans\":24,"
                                + "\"rejected\":0,\"bytes\":31000000,\"rejections\":[]}\n");
        prepareDatasets();
        prepareResidents();
        prepareAdministration();
        prepareFiles();
        prepareGateway();
        prepareLibrary();
    }

    private void prepareLibrary() {
        String digest = "74701a8c35f6c8d9a4b91f3f3497643001d63e0c7a84e085bed452548fa88d45";
        server.answer(
                        "POST /api/pull",
                        200,
                        Client.NDJSON,
                        """
                        {"status":"pulling manifest"}
                        {"status":"pulling 74701a8c35f6","digest":"sha256:%1$s","total":639447744}
                        {"status":"pulling 74701a8c35f6","digest":"sha256:%1$s","total":639447744,\
                        "completed":639447744}
                        {"status":"verifying sha256 digest"}
                        {"status":"writing manifest"}
                        {"status":"success"}
                        """
                                .formatted(digest))
                .answer("POST /api/create", 200, Client.NDJSON, "{\"status\":\"success\"}\n")
                .answer("POST /api/copy", 200, "", "")
                .answer("DELETE /api/delete", 200, "", "")
                .json(
                        "GET /api/tags",
                        """
                        {"models":[{"name":"pirate:latest","model":"pirate:latest",\
                        "modified_at":"2026-11-24T01:09:48Z","size":639447744,"digest":"%1$s",\
                        "details":{"parent_model":"","format":"gguf","family":"qwen3",\
                        "families":["qwen3"],"parameter_size":"596.05M",\
                        "quantization_level":"Q8_0"}},\
                        {"name":"smart","model":"smart","modified_at":"1970-01-01T00:00:00Z",\
                        "size":0,"digest":"00","details":{}}]}\
                        """
                                .formatted(digest))
                .json(
                        "POST /api/show",
                        """
                        {"license":"apache-2.0","parameters":"temperature 0.5","system":"Arr.",\
                        "template":"","details":{},"capabilities":["completion","tools"],\
                        "modified_at":"2026-11-24T01:09:48Z","backplane":{"name":"pirate:latest",\
                        "digest":"%1$s","size":639447744,"folder":"/data/models",\
                        "read_only":false,"architecture":"qwen3","parameters":596049920,\
                        "parameter_size":"596.05M","quantization":"Q8_0","context_length":40960,\
                        "embedding_length":1024,"layers":28,"template_family":"chatml",\
                        "weight_bytes":633495552,"cache_bytes_per_token":229376,\
                        "memory_bytes":1573019648,"adapters":0,"go_template":false}}\
                        """
                                .formatted(digest));
    }

    private void prepareResidents() {
        server.json(
                        "GET /api/ps",
                        """
                        {"models":[{"name":"pirate:latest","model":"pirate:latest",\
                        "size":1573019648,"digest":"00","details":{"family":"qwen3",\
                        "parameter_size":"596.1M","quantization_level":"Q8_0"},\
                        "expires_at":"2026-11-24T01:14:48Z","size_vram":0,\
                        "context_length":40960,"file_size":639447744,"requests":1,\
                        "state":"loaded"}]}\
                        """)
                .json(
                        "POST /api/generate",
                        "{\"model\":\"pirate\",\"response\":\"\",\"done\":true,"
                                + "\"done_reason\":\"load\"}");
    }

    private void prepareDatasets() {
        server.json(
                        "GET /api/v1/datasets",
                        "{\"datasets\":[{\"name\":\"gold\",\"description\":\"what people liked\","
                                + "\"rows\":1200,\"bytes\":31000000,"
                                + "\"created_time\":\"2026-11-24T08:00:00Z\","
                                + "\"changed_time\":\"2026-11-24T09:00:00Z\"}]}")
                .json(
                        "POST /api/v1/datasets/gold/rows",
                        "{\"added\":1,\"known\":2,\"skipped_count\":1,\"skipped\":[{\"trace_id\":"
                                + "\"x\",\"span_id\":\"y\",\"message\":\"no such span (x/y)\","
                                + "\"hint\":\"check the ids\"}]}")
                .answer(
                        "GET /api/v1/datasets/gold/export",
                        200,
                        Client.NDJSON,
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n")
                .answer("DELETE /api/v1/datasets/gold", 204, "", "");
    }

    private void prepareGateway() {
        server.json(
                        "GET /api/v1/providers",
                        "{\"providers\":[{\"name\":\"openai\",\"type\":\"openai\",\"address\":"
                                + "\"https://api.openai.com/v1\",\"has_key\":true,"
                                + "\"dialects\":[\"openai_chat\",\"openai_completions\"]}]}")
                .json(
                        "POST /api/v1/providers/test",
                        """
                        {"tests":[{"name":"openai","status":"ok","address":\
                        "https://api.openai.com/v1","name_ms":1.5,"connect_ms":12.4,"tls_ms":31,\
                        "list_ms":240,"models":84,"model":"gpt-4o","first_token_ms":410.2,\
                        "call_ms":433,"failed":"","kind":"","error":"","hint":""},\
                        {"name":"local","status":"failed","address":"http://127.0.0.1:8000/v1",\
                        "name_ms":0.1,"connect_ms":null,"tls_ms":null,"list_ms":null,\
                        "models":null,"model":"qwen","first_token_ms":null,"call_ms":null,\
                        "failed":"reach","kind":"unavailable","error":\
                        "connection refused (127.0.0.1:8000)","hint":"start the service"}]}\
                        """)
                .json(
                        "GET /api/v1/routes",
                        "{\"model\":\"smart\",\"how\":\"in this order, each after the one before"
                                + " failed\",\"targets\":[{\"provider\":\"openai\",\"model\":"
                                + "\"gpt-4o\",\"weight\":0,\"state\":\"closed\"},{\"provider\":"
                                + "\"local\",\"model\":\"qwen\",\"weight\":0,\"state\":"
                                + "\"open\"}]}")
                .answer(
                        "POST /v1/chat/completions",
                        200,
                        "text/event-stream",
                        """
                        data: {"model":"gpt-4o","choices":[{"delta":{"reasoning_content":"Light \
                        …"}}]}

                        data: {"model":"gpt-4o","choices":[{"delta":{"content":"Because "}}]}

                        data: {"model":"gpt-4o","choices":[{"delta":{"content":"it scatters."}}]}

                        data: {"model":"gpt-4o","choices":[{"delta":{},"finish_reason":"stop"}]}

                        data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":1}}

                        data: [DONE]

                        """);
    }

    private void prepareAdministration() {
        server.json(
                        "GET /api/v1/projects",
                        "{\"projects\":[{\"name\":\"default\",\"retention_days\":0,"
                                + "\"quota_bytes\":0,\"stored_bytes\":1234567}]}")
                .answer(
                        "POST /api/v1/projects",
                        201,
                        Client.JSON,
                        "{\"name\":\"support\",\"retention_days\":30,\"quota_bytes\":0}")
                .json("PUT /api/v1/projects/support", "{\"name\":\"support\"}")
                .answer("DELETE /api/v1/projects/support", 204, "", "")
                .json(
                        "GET /api/v1/keys",
                        "{\"keys\":[{\"id\":\"k1\",\"name\":\"laptop\",\"scopes\":[\"ingest\","
                                + "\"read\"],\"project\":\"*\","
                                + "\"created_time\":\"2026-11-24T08:00:00Z\"}]}")
                .answer(
                        "POST /api/v1/keys",
                        201,
                        Client.JSON,
                        "{\"id\":\"k2\",\"name\":\"ci\",\"scopes\":[\"call\"],"
                                + "\"project\":\"default\",\"models\":[\"fast\"],"
                                + "\"budgets\":[\"5/day\"],\"rpm\":60,\"concurrency\":4,"
                                + "\"key\":\"bp_secret\"}")
                .json(
                        "GET /api/v1/usage",
                        "{\"by\":\"key\",\"usage\":[{\"name\":\"ci\",\"calls\":1200,"
                                + "\"errors\":3,\"input_tokens\":123456,"
                                + "\"output_tokens\":789,\"cached_tokens\":0,\"cost\":1.25},"
                                + "{\"name\":\"\",\"calls\":1,\"errors\":0,"
                                + "\"input_tokens\":5,\"output_tokens\":7,"
                                + "\"cached_tokens\":0,\"cost\":0}],\"truncated\":false}")
                .answer("DELETE /api/v1/keys/k1", 204, "", "")
                .json(
                        "GET /api/v1/store/stats",
                        "{\"received_bytes\":31000000,\"stored_bytes\":1000000,\"log_bytes\":0,"
                                + "\"fresh_spans\":0,\"segment_spans\":2454,\"manifest\":3,"
                                + "\"segments\":[{\"id\":\"s1\"}]}")
                .answer(
                        "POST /api/v1/store/compact",
                        200,
                        Client.NDJSON,
                        "{\"step\":\"fold\",\"at\":1,\"total\":2}\n{\"done\":true,"
                                + "\"segments\":1,\"stored_bytes\":1000000}\n")
                .answer(
                        "POST /api/v1/store/verify",
                        200,
                        Client.NDJSON,
                        "{\"done\":true,\"sound\":false,\"findings\":[\"segment s1: bad sum\"]}\n")
                .answer("GET /api/v1/store/export", 200, Client.NDJSON, SPAN + "\n");
    }

    private static final List<String> KEY =
            List.of(
                    "keys",
                    "create",
                    "ci",
                    "--scope",
                    "call",
                    "--model",
                    "fast",
                    "--budget",
                    "5/day",
                    "--rpm",
                    "60",
                    "--concurrency",
                    "4");
    private static final String UPLOADED =
            "{\"id\":\"file-1\",\"object\":\"file\",\"bytes\":1234,\"created_at\":1790000000,"
                    + "\"expires_at\":1792592000,\"filename\":\"in.jsonl\",\"purpose\":\"batch\"}";
    private static final String BATCH =
            "{\"id\":\"batch_1\",\"object\":\"batch\",\"endpoint\":\"/v1/chat/completions\","
                    + "\"model\":\"fast\",\"errors\":{\"object\":\"list\",\"data\":[{\"code\":"
                    + "\"invalid\",\"message\":\"custom_id comes twice\",\"line\":3}]},"
                    + "\"input_file_id\":\"file-1\",\"status\":\"completed\","
                    + "\"output_file_id\":\"file-1\",\"error_file_id\":null,"
                    + "\"created_at\":1790000000,\"expires_at\":1790086400,"
                    + "\"request_counts\":{\"total\":3,\"completed\":2,\"failed\":1},"
                    + "\"usage\":{\"input_tokens\":20,\"output_tokens\":12}}";

    private void prepareFiles() {
        server.json(
                        "GET /v1/files",
                        "{\"object\":\"list\",\"data\":["
                                + UPLOADED
                                + "],\"has_more\":false,"
                                + "\"last_id\":\"file-1\"}")
                .json("POST /v1/files", UPLOADED)
                .answer(
                        "GET /v1/files/file-1/content",
                        200,
                        "text/plain",
                        "{\"custom_id\":\"a\"}\n")
                .json("DELETE /v1/files/file-1", "{\"id\":\"file-1\",\"deleted\":true}")
                .json(
                        "GET /v1/batches",
                        "{\"object\":\"list\",\"data\":["
                                + BATCH
                                + "],\"has_more\":false,"
                                + "\"last_id\":\"batch_1\"}")
                .json("POST /v1/batches", BATCH)
                .json("GET /v1/batches/batch_1", BATCH)
                .json("POST /v1/batches/batch_1/cancel", BATCH);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @TestFactory
    List<DynamicTest> everyCommandLooksAsReviewed() {
        Map<Command.Name, List<String>> lines = lines();
        List<DynamicTest> tests = new ArrayList<>();
        for (Command command : CommandTable.all()) {
            if (isWalked(command)) {
                List<String> words = lines.get(command.name());
                tests.add(DynamicTest.dynamicTest(command.path(), () -> check(command, words)));
            }
        }
        return tests;
    }

    /// The server does not end, demo and bench measure, the doctor's findings belong to the machine
    /// and completions fill pages: they have tests of their own.
    private static boolean isWalked(Command command) {
        return !UNWALKED.contains(command.name());
    }

    private Map<Command.Name, List<String>> lines() {
        Map<Command.Name, List<String>> lines = new EnumMap<>(Command.Name.class);
        for (Command.Name name : Command.Name.values()) {
            lines.put(name, line(name));
        }
        return lines;
    }

    private static List<String> fileLine(Command.Name name) {
        return switch (name) {
            case FILES_LIST -> List.of("files", "list", "--limit", "2");
            case FILES_UPLOAD -> List.of("files", "upload", FILE);
            case FILES_DOWNLOAD -> List.of("files", "download", "file-1");
            case FILES_DELETE -> List.of("files", "delete", "file-1", "--yes");
            case BATCHES_CREATE -> List.of("batches", "create", FILE);
            case BATCHES_LIST -> List.of("batches", "list");
            case BATCHES_SHOW -> List.of("batches", "show", "batch_1");
            case BATCHES_CANCEL -> List.of("batches", "cancel", "batch_1");
            case BATCHES_RESULTS -> List.of("batches", "results", "batch_1");
            default -> throw new IllegalArgumentException(name.name());
        };
    }

    private static List<String> models(Command.Name name) {
        return switch (name) {
            case MODELS_LIST -> List.of("models", "list");
            case MODELS_SHOW -> List.of("models", "show", "pirate");
            case MODELS_CREATE ->
                    List.of("models", "create", "calm", "--from=pirate", "--parameter", "top_k=1");
            case MODELS_QUANTIZE -> List.of("models", "quantize", "pirate", "Q8_0");
            case MODELS_COPY -> List.of("models", "copy", "pirate", "second");
            case MODELS_REMOVE -> List.of("models", "remove", "pirate", "--yes");
            case RUN -> List.of("run", "pirate", "why is the sky blue?");
            case MODELS_PS -> List.of("models", "ps");
            case MODELS_STOP -> List.of("models", "stop", "pirate");
            default -> throw new IllegalArgumentException(name.name());
        };
    }

    private List<String> line(Command.Name name) {
        return switch (name) {
            case UP,
                    DEMO,
                    BENCH_GENERATE,
                    BENCH_INGEST,
                    BENCH_QUERY,
                    BENCH_TRACE,
                    BENCH_GATEWAY,
                    BENCH_KERNELS,
                    BENCH_ENGINE,
                    BENCH_ANSWERS,
                    BENCH_GRAMMAR,
                    BENCH_CHECK,
                    DOCTOR,
                    COMPLETIONS ->
                    List.of();
            case CONFIG_CHECK -> List.of("config", "check", "target/backplane.yaml");
            case TEST -> List.of("test");
            case IMPORT -> List.of("import", FILE);
            case TRACES_LIST -> List.of("traces", "list", "--limit", "2", "--since", "1d");
            case TRACES_SHOW -> List.of("traces", "show", "4f2a90", "--previews");
            case TRACES_DELETE -> List.of("traces", "delete", "4f2a90", "--yes");
            case SPANS_SHOW -> List.of("spans", "show", "4f2a90", "b");
            case SPANS_LIST -> List.of("spans", "list", "--filter", "status = 'error'");
            case SPANS_DELETE -> List.of("spans", "delete", "4f2a90", "b", "--yes");
            case SEARCH -> List.of("search", "\"basic economy\"", "refund");
            case SQL -> List.of("sql", "select model, count(*) n from spans group by model");
            case FEEDBACK -> List.of("feedback", "4f2a90", "--score", "correct=1");
            case DATASETS_LIST -> List.of("datasets", "list");
            case DATASETS_ADD -> List.of("datasets", "add", "gold", "--trace", "4f2a90");
            case DATASETS_EXPORT -> List.of("datasets", "export", "gold");
            case DATASETS_DELETE -> List.of("datasets", "delete", "gold", "--yes");
            case PROJECTS_LIST -> List.of("projects", "list");
            case PROJECTS_CREATE -> List.of("projects", "create", "support", "--retention=30");
            case PROJECTS_UPDATE -> List.of("projects", "update", "support", "--quota", "1000");
            case PROJECTS_DELETE -> List.of("projects", "delete", "support", "--yes");
            case KEYS_LIST -> List.of("keys", "list");
            case KEYS_CREATE -> KEY;
            case FILES_LIST,
                    FILES_UPLOAD,
                    FILES_DOWNLOAD,
                    FILES_DELETE,
                    BATCHES_CREATE,
                    BATCHES_LIST,
                    BATCHES_SHOW,
                    BATCHES_CANCEL,
                    BATCHES_RESULTS ->
                    fileLine(name);
            case USAGE -> List.of("usage", "--by", "key", "--since", "1d");
            case KEYS_REVOKE -> List.of("keys", "revoke", "k1", "-y");
            case CHAT -> List.of("chat", "fast", "why is the sky blue?");
            case PULL -> List.of("pull", "hf.co/Qwen/Qwen3-0.6B-GGUF:Q8_0");
            case PROVIDERS_TEST -> List.of("providers", "test", "--call", "smart");
            case PROVIDERS_LIST -> List.of("providers", "list");
            case ROUTES_EXPLAIN -> List.of("routes", "explain", "smart");
            case STORE_STATS -> List.of("store", "stats");
            case STORE_COMPACT -> List.of("store", "compact");
            case STORE_VERIFY -> List.of("store", "verify");
            case STORE_EXPORT -> List.of("store", "export");
            case VERSION -> List.of("version");
            case HELP -> List.of("help", "traces", "delete");
            default -> models(name);
        };
    }

    private void check(Command command, List<String> words) throws IOException {
        StringBuilder seen = new StringBuilder();
        TestRun.Around around =
                TestRun.plain()
                        .with("BACKPLANE_URL", server.url())
                        .with("NO_COLOR", "1")
                        .withOutputTerminal(120);
        for (Format format : Format.values()) {
            List<String> line = new ArrayList<>(words);
            line.addAll(List.of("--format", format.id()));
            TestRun run = around.run(line);
            seen.append("$ backplane %s --format %s\n".formatted(shell(words), format.id()));
            seen.append("-- exit %d\n-- stdout\n".formatted(run.exit()));
            seen.append(stable(run.out())).append("-- stderr\n").append(stable(run.error()));
            seen.append('\n');
        }
        compare(command.path().replace(' ', '-') + ".txt", seen.toString());
    }

    private static String shell(List<String> words) {
        return String.join(" ", words.stream().map(GoldenWalkTest::quoted).toList());
    }

    private static String quoted(String word) {
        if (word.matches("[\\w./=-]+")) {
            return word;
        }
        return word.contains("'") ? '"' + word + '"' : "'" + word + "'";
    }

    private String stable(String text) {
        return text.replace(server.url(), "http://server")
                .replace("\u001b", "<ESC>")
                .replace("\r", "<CR>")
                .replace("\"java\":\"" + Version.java() + "\"", "\"java\":\"25\"")
                .replaceAll("first after [\\d.]+ ms", "first after 1 ms")
                .replaceAll(
                        "first_token_ms\":[\\d.]+,\"duration_ms\":[\\d.]+",
                        "first_token_ms\":1,\"duration_ms\":1")
                .replaceAll("chat-[0-9a-f]{8}", "chat-1");
    }

    private static void compare(String name, String seen) throws IOException {
        Path golden = Path.of("src/test/resources/golden", name);
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, seen);
        }
        assertThat(seen).isEqualTo(Files.readString(golden));
    }

    @Test
    void goldenFilesAreThoseOfTheCommands() throws IOException {
        List<String> wanted =
                CommandTable.all().stream()
                        .filter(GoldenWalkTest::isWalked)
                        .map(command -> command.path().replace(' ', '-') + ".txt")
                        .toList();
        try (var files = Files.list(Path.of("src/test/resources/golden"))) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(wanted);
        }
    }
}
