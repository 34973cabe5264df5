package dev.backplane.server.clients;

import dev.backplane.core.Meter;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A model that does what it is told, asked in the language of OpenAI, Anthropic or Gemini.
///
/// | the user's last words | what it does |
/// |---|---|
/// | `fail 429` | answers with that status |
/// | `stall` | begins to stream and does not end |
/// | `think …` | shows a thought first |
/// | anything, with tools | calls each, with arguments that fit its schema |
/// | anything, after results of tools | repeats the results |
/// | anything, with a schema | answers with JSON that fits it |
/// | anything, with media | names their types |
/// | anything else | repeats it |
final class FakeModel implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.shared();

    /// What a request asks for, in whatever language.
    ///
    /// @param said by the user, last
    /// @param results of tools that the model has not answered to
    /// @param media types of images and files in the user's last message
    record Turn(
            String said,
            boolean stream,
            List<Function> tools,
            List<String> results,
            List<String> media,
            Optional<JsonNode> schema) {}

    /// @param parameters a JSON Schema
    record Function(String name, JsonNode parameters) {}

    /// @param arguments a JSON object
    record Call(String name, JsonNode arguments) {}

    /// What it does.
    record Reply(String thought, String text, List<Call> calls) {
        /// Streams come in such pieces.
        List<String> pieces() {
            List<String> pieces = new ArrayList<>();
            for (int from = 0; from < text.length(); from += 4) {
                pieces.add(text.substring(from, Math.min(text.length(), from + 4)));
            }
            return pieces;
        }
    }

    /// A language of providers.
    interface Language {
        Turn read(JsonNode body, String path);

        JsonNode whole(Reply reply);

        /// The frames of a stream, without blank lines.
        List<String> stream(Reply reply);

        JsonNode error(int status, String message);
    }

    /// A request as it came.
    record Seen(String path, JsonNode body) {}

    private final HttpServer server;
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> stopped = new LinkedBlockingQueue<>();

    FakeModel() {
        Language openAi = new OpenAiLanguage();
        Language anthropic = new AnthropicLanguage();
        Language gemini = new GeminiLanguage();
        Router.Builder routes =
                Router.builder()
                        .post("/v1/chat/completions", exchange -> answer(exchange, openAi))
                        .post("/v1/embeddings", this::embed)
                        .post("/v1/messages", exchange -> answer(exchange, anthropic))
                        .post("/v1/messages/count_tokens", this::count)
                        .post("/v1beta/models/{call}", exchange -> answer(exchange, gemini));
        server =
                HttpServer.start(
                        List.of(new HttpServer.Listener("main", "127.0.0.1", 0, routes.build())),
                        new Meter());
    }

    String root() {
        return "http://127.0.0.1:" + server.port("main");
    }

    /// All requests so far.
    List<Seen> seen() {
        return seen;
    }

    /// Waits until somebody has left a stream that does not end.
    boolean wasLeft() throws InterruptedException {
        return stopped.poll(20, TimeUnit.SECONDS) != null;
    }

    private JsonNode body(Exchange exchange) throws IOException {
        try (InputStream in = exchange.body(BodyLimits.buffered(16 << 20))) {
            JsonNode body = JSON.readTree(in);
            seen.add(new Seen(exchange.path(), body));
            return body;
        }
    }

    private static void json(Exchange exchange, int status, JsonNode body) throws IOException {
        exchange.send(status, "application/json", JSON.writeValueAsBytes(body));
    }

    private void answer(Exchange exchange, Language language) throws IOException {
        Turn turn = language.read(body(exchange), exchange.path());
        if (turn.said().startsWith("fail ")) {
            int status = Integer.parseInt(turn.said().substring(5, 8));
            json(exchange, status, language.error(status, "told to fail with " + status));
            return;
        }
        Reply reply = reply(turn);
        if (!turn.stream()) {
            json(exchange, 200, language.whole(reply));
            return;
        }
        exchange.header("Content-Type", "text/event-stream");
        List<String> frames = language.stream(reply);
        boolean stalls = turn.said().equals("stall");
        try {
            for (int i = 0; i < frames.size(); i++) {
                send(exchange, frames.get(i));
                if (stalls && i == frames.size() / 2) {
                    stall(exchange, frames.get(i));
                }
            }
        } catch (IOException left) {
            // A client may leave after the first frame, before the stall begins.
            if (stalls) {
                stopped.add(exchange.path());
            }
            throw left;
        }
    }

    private static void send(Exchange exchange, String frame) throws IOException {
        exchange.output().write((frame + "\n\n").getBytes(StandardCharsets.UTF_8));
        exchange.output().flush();
    }

    /// Says the same again and again, so that it notices when nobody listens.
    private void stall(Exchange exchange, String frame) throws IOException {
        try {
            for (int i = 0; i < 2_000; i++) {
                send(exchange, frame);
                Thread.sleep(10);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private static Reply reply(Turn turn) {
        String thought = turn.said().startsWith("think") ? "Let me see." : "";
        if (!turn.results().isEmpty()) {
            return new Reply(thought, "tools say " + String.join(", ", turn.results()), List.of());
        }
        if (!turn.tools().isEmpty()) {
            List<Call> calls =
                    turn.tools().stream()
                            .map(tool -> new Call(tool.name(), Sample.of(tool.parameters())))
                            .toList();
            return new Reply(thought, "", calls);
        }
        if (turn.schema().isPresent()) {
            String json = Sample.of(turn.schema().get()).toString();
            return new Reply(thought, json, List.of());
        }
        String text =
                turn.media().isEmpty()
                        ? "you said " + turn.said()
                        : "I see " + String.join(", ", turn.media());
        return new Reply(thought, text, List.of());
    }

    /// As many numbers as asked for, in the encoding asked for; each vector begins with its place.
    private void embed(Exchange exchange) throws IOException {
        JsonNode body = body(exchange);
        List<JsonNode> inputs =
                body.path("input").isArray()
                        ? new ArrayList<>(body.path("input").values())
                        : List.of(body.path("input"));
        ObjectNode answer = JSON.createObjectNode().put("object", "list").put("model", "e-1");
        for (int i = 0; i < inputs.size(); i++) {
            ObjectNode vector = answer.withArray("data").addObject();
            vector.put("object", "embedding").put("index", i);
            if (body.path("encoding_format").asString("").equals("base64")) {
                vector.put("embedding", OpenAiLanguage.base64(i, -0.5f));
            } else {
                vector.putArray("embedding").add(i).add(-0.5);
            }
        }
        answer.putObject("usage").put("prompt_tokens", 3).put("total_tokens", 3);
        json(exchange, 200, answer);
    }

    private void count(Exchange exchange) throws IOException {
        body(exchange);
        json(exchange, 200, JSON.createObjectNode().put("input_tokens", 7));
    }

    @Override
    public void close() {
        server.stop(Duration.ofMillis(100));
    }

    /// What OpenAI's and Anthropic's languages say in content: text, or parts of which some have
    /// it.
    static String text(JsonNode content) {
        if (content.isString()) {
            return content.asString();
        }
        StringBuilder text = new StringBuilder();
        content.values().forEach(part -> text.append(part.path("text").asString("")));
        return text.toString();
    }
}
