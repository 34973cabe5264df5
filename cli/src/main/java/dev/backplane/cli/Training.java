package dev.backplane.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/// The training run of the ahead-of-time cache: the launcher runs it once after a build, so that
/// the classes of client commands are stored loaded and linked. It answers itself over loopback;
/// its output is thrown away.
public final class Training {
    private static final String TRACE =
            "{\"trace_id\":\"4f2a\",\"name\":\"run\",\"start_time\":\"2026-11-24T08:00:00Z\","
                    + "\"duration_ms\":1234.5,\"span_count\":2,\"error_count\":0,\"llm_count\":1,"
                    + "\"input_tokens\":12345,\"output_tokens\":67,\"cost\":0.0123,"
                    + "\"models\":[\"m\"],\"scores\":{\"a\":1}}";
    private static final String SPANS =
            "{\"trace\":"
                    + TRACE
                    + ",\"spans\":[{\"span_id\":\"a\",\"depth\":0,\"name\":\"run\","
                    + "\"kind\":\"agent\",\"duration_ms\":12.5,\"status\":\"error\","
                    + "\"error\":\"x\"},"
                    + "{\"span_id\":\"b\",\"depth\":1,\"name\":\"call\",\"kind\":\"llm\"}],"
                    + "\"total\":2,\"next_offset\":null}";
    private static final String HIT =
            "{\"trace_id\":\"4f2a\",\"span_id\":\"b\",\"name\":\"call\",\"field\":\"input\","
                    + "\"snippet\":\"a refund\",\"highlights\":[[2,8]]}";
    private static final String ROWS =
            "{\"columns\":[{\"name\":\"n\",\"type\":\"BIGINT\"}],\"rows\":[[1]],"
                    + "\"truncated\":false}";
    private static final String CHAT =
            "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n"
                    + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
                    + "\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
    private static final String REFUSAL =
            "{\"error\":\"no such trace\",\"kind\":\"not_found\",\"message\":\"No such trace.\","
                    + "\"hint\":\"\",\"next\":\"\",\"retryable\":false,\"request_id\":\"r\"}";

    private Training() {}

    /// Runs what people and agents run most, in their formats.
    public static void main(String[] words) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer(server, "/api/v1/traces", 200, TRACE + "\n");
        answer(server, "/api/v1/traces/4f2a", 200, SPANS);
        answer(server, "/api/v1/traces/none", 404, REFUSAL);
        answer(server, "/api/v1/search", 200, HIT + "\n");
        answer(server, "/api/v1/sql", 200, ROWS);
        answer(server, "/v1/chat/completions", 200, "text/event-stream", CHAT);
        server.start();
        Map<String, String> environment =
                Map.of(
                        "BACKPLANE_URL",
                        "http://127.0.0.1:" + server.getAddress().getPort(),
                        "LANG",
                        "C.UTF-8");
        for (String format : List.of("human", "agent", "json")) {
            run(environment, format, "version");
            run(environment, format, "traces", "list", "--limit", "10", "--since", "1d");
            run(environment, format, "traces", "show", "4f2a");
            run(environment, format, "traces", "show", "none");
            run(environment, format, "search", "refund");
            run(environment, format, "sql", "select 1");
            run(environment, format, "chat", "m", "hi");
            run(environment, format, "help");
        }
        server.stop(0);
    }

    private static void run(Map<String, String> environment, String format, String... words) {
        Terminal terminal =
                new Terminal(
                        new ByteArrayInputStream(new byte[0]),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        environment,
                        false,
                        true,
                        true,
                        120,
                        RawMode.NONE,
                        ZoneId.systemDefault(),
                        Clock.systemUTC());
        List<String> line = new java.util.ArrayList<>(List.of(words));
        line.addAll(List.of("--format", format));
        Main.run(line, terminal);
    }

    private static void answer(HttpServer server, String path, int status, String body) {
        answer(server, path, status, Client.JSON, body);
    }

    private static void answer(
            HttpServer server, String path, int status, String type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        server.createContext(
                path,
                exchange -> {
                    exchange.getResponseHeaders().set("Content-Type", type);
                    exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(status, bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
    }
}
