package dev.backplane.bench.gateway;

import dev.backplane.bench.runs.AgentRun;
import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.OpenAiChat;
import dev.backplane.bench.runs.Profile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Requests as agents send them: model calls of the workload's runs, made before any clock runs.
///
/// Their last message carries a number, which is another in every request that is sent, so that
/// each brings a message that nobody has seen, as a turn of a conversation does.
final class ChatRequests {
    /// Digits of the number.
    static final int DIGITS = 12;

    private static final String PLACE = "0".repeat(DIGITS);
    private static final int RUNS_MAX = 1_000;

    /// What a request looks like.
    enum Shape {
        /// A research agent in its first turns: instructions, tools, a question. 4 to 8 KB.
        CHAT(Profile.RESEARCH, 4_000, 8_000, false),
        /// A coding agent on its way: about 50 KB of history.
        HISTORY(Profile.CODING, 40_000, 60_000, false),
        /// As `CHAT`, the answer as a stream.
        STREAM(Profile.RESEARCH, 4_000, 8_000, true);

        private final Profile profile;
        private final int bytesMin;
        private final int bytesMax;
        private final boolean streams;

        Shape(Profile profile, int bytesMin, int bytesMax, boolean streams) {
            this.profile = profile;
            this.bytesMin = bytesMin;
            this.bytesMax = bytesMax;
            this.streams = streams;
        }

        String id() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        boolean streams() {
            return streams;
        }
    }

    /// @param bytes head and body
    /// @param bodyBytes of them
    /// @param numberAt where the number's digits are
    record Request(byte[] bytes, int bodyBytes, int numberAt) {}

    /// Where requests go, without a key.
    record Destination(URI url, String model) {}

    private ChatRequests() {}

    /// @return `count` different ones
    static List<Request> make(Shape shape, Destination destination, long seed, int count) {
        AgentRuns runs = new AgentRuns(seed, 0.1);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; requests.size() < count; i++) {
            if (i == RUNS_MAX) {
                throw new IllegalStateException("too few calls of this size: " + shape);
            }
            AgentRun run = runs.run(shape.profile, i);
            for (AgentSpan span : run.spans()) {
                if (span.work() instanceof ModelCall call && requests.size() < count) {
                    request(shape, destination, call).ifPresent(requests::add);
                }
            }
        }
        return requests;
    }

    private static Optional<Request> request(Shape shape, Destination destination, ModelCall call) {
        String said = OpenAiChat.request(call);
        if (said.length() < shape.bytesMin || said.length() > shape.bytesMax) {
            return Optional.empty();
        }
        String body =
                "{\"model\":\"%s\",%s,\"temperature\":0.2,\"max_tokens\":1024%s}"
                        .formatted(
                                destination.model(),
                                numbered(said),
                                shape.streams
                                        ? ",\"stream\":true,"
                                                + "\"stream_options\":{\"include_usage\":true}"
                                        : "");
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        byte[] head = head(destination, content.length).getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[head.length + content.length];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(content, 0, bytes, head.length, content.length);
        return Optional.of(new Request(bytes, content.length, find(bytes)));
    }

    /// Puts the number at the beginning of the last message's text.
    private static String numbered(String said) {
        String content = "\"content\":\"";
        int at = said.lastIndexOf("{\"role\":");
        int text = said.indexOf(content, at) + content.length();
        return said.substring(0, text) + "[" + PLACE + "] " + said.substring(text);
    }

    private static int find(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return text.lastIndexOf("[" + PLACE + "] ") + 1;
    }

    private static String head(Destination destination, int length) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: "
                + destination.url().getRawAuthority()
                + "\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
                + "User-Agent: backplane-bench/1\r\n"
                + "Content-Length: "
                + length
                + "\r\n\r\n";
    }
}
