package dev.backplane.bench.check;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.runs.JsonString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A tiny trace server in memory that speaks as much of the interface as the checker uses, and can
/// break one promise. What it holds survives [#kill], as a good store's would.
final class SinkServer implements Subject {
    enum Fault {
        NONE,
        /// Forgets an acknowledged span at each kill.
        LOSES,
        /// Shows a span twice.
        DOUBLES,
        /// Changes one byte of a payload at each kill.
        CORRUPTS,
        /// Shows a span only from its second read on.
        SHOWS_LATE,
        /// Deleted spans come back at the next start.
        RESURRECTS,
        /// Acknowledges feedback and forgets it.
        DROPS_FEEDBACK,
        /// Refuses the first tree after each start for now, which it may.
        ASKS_TO_WAIT
    }

    private static final class Stored {
        boolean inserted;
        boolean readBefore;
        byte[] input = new byte[0];
        byte[] output = new byte[0];
        String mark = "";
        String score = "";
    }

    private final Fault fault;
    private final Map<String, Map<String, Stored>> traces = new LinkedHashMap<>();
    private final Map<String, Map<String, Stored>> deleted = new LinkedHashMap<>();
    private boolean waited;
    private HttpServer server;
    private ExecutorService threads;

    SinkServer(Fault fault) {
        this.fault = fault;
    }

    @Override
    public URI start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        threads = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public synchronized void kill() {
        server.stop(0);
        threads.shutdownNow();
        switch (fault) {
            case LOSES ->
                    traces.values().stream()
                            .filter(t -> !t.isEmpty())
                            .findFirst()
                            .ifPresent(trace -> trace.remove(trace.keySet().iterator().next()));
            case CORRUPTS ->
                    traces.values().stream()
                            .flatMap(trace -> trace.values().stream())
                            .filter(span -> span.input.length > 0)
                            .findFirst()
                            .ifPresent(span -> span.input[span.input.length / 2] ^= 1);
            case RESURRECTS -> deleted.forEach((trace, spans) -> traces.get(trace).putAll(spans));
            case ASKS_TO_WAIT -> waited = false;
            case NONE, DOUBLES, SHOWS_LATE, DROPS_FEEDBACK -> {}
        }
    }

    @Override
    public void close() {
        kill();
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/");
        byte[] body = exchange.getRequestBody().readAllBytes();
        String method = exchange.getRequestMethod();
        if (path[1].equals("v1")) {
            insert(body);
            answer(exchange, 200, new byte[0]);
        } else if (path[3].equals("sql")) {
            String query = JsonTree.text(JsonTree.object(body), "query");
            String trace = query.substring(query.indexOf('\'') + 1, query.lastIndexOf('\''));
            answer(exchange, 200, rows(trace));
        } else if (path[3].equals("traces") && fault == Fault.ASKS_TO_WAIT && !waited) {
            waited = true;
            answer(exchange, 504, bytes("{\"error\":\"took too long\"}"));
        } else if (path[3].equals("traces")) {
            answer(exchange, 200, tree(path[4]));
        } else if (method.equals("POST") && path.length == 4) {
            merge(JsonTree.object(body));
            answer(exchange, 200, bytes("{\"accepted\":1,\"rejected\":[]}"));
        } else if (method.equals("POST") && path[3].equals("spans")) {
            feedback(stored(path[4], path[5]), JsonTree.object(body));
            answer(exchange, 200, bytes("{}"));
        } else if (method.equals("DELETE")) {
            delete(path[4], path[5]);
            answer(exchange, 204, new byte[0]);
        } else {
            read(exchange, path);
        }
    }

    private void insert(byte[] body) throws IOException {
        var request = ExportTraceServiceRequest.parseFrom(body);
        for (var resource : request.getResourceSpansList()) {
            Span span = resource.getScopeSpans(0).getSpans(0);
            Stored stored = stored(hex(span.getTraceId()), hex(span.getSpanId()));
            stored.inserted = true;
            stored.mark = "";
            stored.input = new byte[0];
            stored.output = new byte[0];
            for (var attribute : span.getAttributesList()) {
                byte[] value = attribute.getValue().getStringValueBytes().toByteArray();
                switch (attribute.getKey()) {
                    case "gen_ai.input.messages", "gen_ai.tool.call.arguments" ->
                            stored.input = value;
                    case "gen_ai.output.messages", "gen_ai.tool.call.result" ->
                            stored.output = value;
                    default -> {}
                }
            }
        }
    }

    private static String hex(com.google.protobuf.ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private Stored stored(String trace, String span) {
        return traces.computeIfAbsent(trace, _ -> new LinkedHashMap<>())
                .computeIfAbsent(span, _ -> new Stored());
    }

    private void merge(Map<String, Object> line) {
        Stored stored = stored(JsonTree.text(line, "trace_id"), JsonTree.text(line, "span_id"));
        stored.output = bytes(JsonTree.text(line, "output"));
        if (line.get("metadata") instanceof Map<?, ?> metadata) {
            stored.mark = metadata.get("mark").toString();
        }
    }

    private void feedback(Stored stored, Map<String, Object> body) {
        if (fault != Fault.DROPS_FEEDBACK && body.get("scores") instanceof Map<?, ?> scores) {
            stored.score = scores.get("check").toString();
        }
    }

    private void delete(String trace, String span) {
        Stored gone = traces.get(trace).remove(span);
        deleted.computeIfAbsent(trace, _ -> new LinkedHashMap<>()).put(span, gone);
    }

    private List<String> ids(String trace) {
        List<String> ids = new ArrayList<>();
        traces.getOrDefault(trace, Map.of())
                .forEach((id, stored) -> {
                    if (stored.inserted) {
                        ids.add(id);
                    }
                });
        if (fault == Fault.DOUBLES && ids.size() > 3) {
            ids.add(ids.get(1));
        }
        return ids;
    }

    private byte[] rows(String trace) {
        StringBuilder out = new StringBuilder("{\"columns\":[],\"rows\":[");
        for (String id : ids(trace)) {
            out.append(out.toString().endsWith("[") ? "" : ",").append("[\"").append(id);
            out.append("\"]");
        }
        return bytes(out.append("]}").toString());
    }

    private byte[] tree(String trace) {
        StringBuilder out = new StringBuilder("{\"trace\":{},\"spans\":[");
        for (String id : ids(trace)) {
            out.append(out.toString().endsWith("[") ? "" : ",").append("{\"span_id\":\"");
            out.append(id).append("\",\"start_time\":\"now\"}");
        }
        return bytes(out.append("],\"next_offset\":null}").toString());
    }

    private void read(HttpExchange exchange, String[] path) throws IOException {
        Stored stored = traces.getOrDefault(path[4], Map.of()).get(path[5]);
        boolean hidden = stored != null && fault == Fault.SHOWS_LATE && !stored.readBefore;
        if (stored != null) {
            stored.readBefore = true;
        }
        if (stored == null || hidden) {
            answer(exchange, 404, bytes("{\"error\":\"no such span\"}"));
        } else if (path.length > 6) {
            answer(exchange, 200, path[6].equals("input") ? stored.input : stored.output);
        } else {
            StringBuilder out = new StringBuilder("{\"span_id\":\"").append(path[5]).append('"');
            if (stored.inserted) {
                out.append(",\"start_time\":\"now\"");
            }
            if (!stored.score.isEmpty()) {
                out.append(",\"scores\":{\"check\":").append(stored.score).append('}');
            }
            out.append(",\"metadata\":{\"mark\":").append(JsonString.of(stored.mark));
            answer(exchange, 200, bytes(out.append("}}").toString()));
        }
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
