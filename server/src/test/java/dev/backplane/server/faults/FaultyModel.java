package dev.backplane.server.faults;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/// A provider on a bare socket, in OpenAI's or Anthropic's language by the path that is asked. It
/// counts the connections on which it was asked: one is over when the other side has closed it, or
/// it has. A connection that nothing was asked on waits in the other side's pool.
final class FaultyModel implements Closeable {
    /// What it does with a request.
    interface Script {
        void play(Connection connection) throws IOException, InterruptedException;
    }

    private final ServerSocket listening;
    private volatile Script script = _ -> {};

    // Guarded by this.
    private int open;
    private final Set<String> traces = new HashSet<>();

    FaultyModel() throws IOException {
        listening = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("faulty-model").start(this::accept);
    }

    String root() {
        return "http://127.0.0.1:" + listening.getLocalPort();
    }

    void plays(Script next) {
        script = next;
    }

    /// Waits until it has been asked in that trace.
    synchronized void awaitAsked(String trace) throws InterruptedException {
        while (!traces.contains(trace)) {
            wait();
        }
    }

    /// Waits until each connection that it was asked on is closed: what leaks waits for ever.
    synchronized void awaitNoConnection() throws InterruptedException {
        while (open > 0) {
            wait();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Connection connection = new Connection(socket);
            connection.readRequest();
            synchronized (this) {
                open++;
                traces.add(connection.trace());
                notifyAll();
            }
            play(connection);
        } catch (IOException | InterruptedException gone) {
            // Whoever asked has left, which is what many tests are about.
        }
    }

    private void play(Connection connection) throws IOException, InterruptedException {
        try {
            script.play(connection);
        } finally {
            synchronized (this) {
                open--;
                notifyAll();
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }

    /// One request and what is written for it.
    static final class Connection {
        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private Language language = Language.CHAT;
        private String trace = "";

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new BufferedInputStream(socket.getInputStream());
            this.out = socket.getOutputStream();
        }

        private void readRequest() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("no request");
                }
                head.append((char) next);
            }
            String text = head.toString();
            language = Language.of(text.substring(0, text.indexOf("\r\n")));
            String length =
                    text.toLowerCase(Locale.ROOT)
                            .replaceAll("(?s).*\r\ncontent-length: (\\d+).*", "$1");
            in.readNBytes(length.matches("\\d+") ? Integer.parseInt(length) : 0);
            trace = text.replaceAll("(?is).*\r\ntraceparent: 00-([0-9a-f]{32}).*", "$1");
        }

        /// That the request belongs to.
        String trace() {
            return trace;
        }

        Language language() {
            return language;
        }

        void write(String text) throws IOException {
            write(text.getBytes(StandardCharsets.UTF_8));
        }

        void write(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
        }

        /// The head of a stream, whose end can be told. Each connection serves one request, and
        /// says so, as whoever sends the next one would meet it closing.
        void head() throws IOException {
            write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                            + "Connection: close\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
        }

        void chunk(String text) throws IOException {
            chunk(text.getBytes(StandardCharsets.UTF_8));
        }

        void chunk(byte[] bytes) throws IOException {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream();
            chunk.writeBytes(
                    (Integer.toHexString(bytes.length) + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            chunk.writeBytes(bytes);
            chunk.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            write(chunk.toByteArray());
        }

        void lastChunk() throws IOException {
            write("0\r\n\r\n");
        }

        void answer(int status, String headers, String body) throws IOException {
            write(
                    "HTTP/1.1 "
                            + status
                            + " X\r\nContent-Type: application/json\r\nConnection: close\r\n"
                            + headers
                            + "Content-Length: "
                            + body.getBytes(StandardCharsets.UTF_8).length
                            + "\r\n\r\n"
                            + body);
        }

        /// Until the other side has closed.
        void awaitEnd() throws IOException {
            while (in.read() >= 0) {
                Thread.onSpinWait();
            }
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    /// How a provider says it.
    enum Language {
        CHAT,
        COMPLETIONS,
        MESSAGES;

        static final String TEXT = "né🛫";

        static Language of(String requestLine) {
            return requestLine.contains("/messages")
                    ? MESSAGES
                    : requestLine.contains("/chat/") ? CHAT : COMPLETIONS;
        }

        /// The beginning of a stream, which says [#TEXT].
        String first() {
            return switch (this) {
                case CHAT ->
                        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
                                + "{\"role\":\"assistant\",\"content\":\""
                                + TEXT
                                + "\"}}]}\n\n";
                case COMPLETIONS ->
                        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"text\":\""
                                + TEXT
                                + "\"}]}\n\n";
                case MESSAGES ->
                        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{"
                                + "\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\","
                                + "\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":3,"
                                + "\"output_tokens\":1}}}\n\n"
                                + "event: content_block_start\ndata: {\"type\":"
                                + "\"content_block_start\",\"index\":0,\"content_block\":{"
                                + "\"type\":\"text\",\"text\":\"\"}}\n\n"
                                + "event: content_block_delta\ndata: {\"type\":"
                                + "\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                                + "\"text_delta\",\"text\":\""
                                + TEXT
                                + "\"}}\n\n";
            };
        }

        /// More of it.
        String more() {
            return switch (this) {
                case CHAT ->
                        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\"}}]}\n\n";
                case COMPLETIONS -> "data: {\"choices\":[{\"index\":0,\"text\":\" a\"}]}\n\n";
                case MESSAGES ->
                        "event: content_block_delta\ndata: {\"type\":"
                                + "\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                                + "\"text_delta\",\"text\":\" a\"}}\n\n";
            };
        }

        /// Its end.
        String last() {
            return switch (this) {
                case CHAT ->
                        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"
                                + ",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"
                                + "data: [DONE]\n\n";
                case COMPLETIONS ->
                        "data: {\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":"
                                + "\"stop\"}],\"usage\":{\"prompt_tokens\":3,"
                                + "\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
                case MESSAGES ->
                        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
                                + "\"index\":0}\n\nevent: message_delta\ndata: {\"type\":"
                                + "\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                                + "\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\n"
                                + "data: {\"type\":\"message_stop\"}\n\n";
            };
        }

        /// An answer in one piece.
        String whole() {
            return switch (this) {
                case CHAT ->
                        "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{"
                                + "\"role\":\"assistant\",\"content\":\""
                                + TEXT
                                + "\"},\"finish_reason\":\"stop\"}]}";
                case COMPLETIONS ->
                        "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"text\":\""
                                + TEXT
                                + "\",\"finish_reason\":\"stop\"}]}";
                case MESSAGES ->
                        "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
                                + "\"content\":[{\"type\":\"text\",\"text\":\""
                                + TEXT
                                + "\"}],\"stop_reason\":\"end_turn\",\"usage\":{"
                                + "\"input_tokens\":3,\"output_tokens\":2}}";
            };
        }

        String error(String message) {
            return switch (this) {
                case CHAT, COMPLETIONS ->
                        "{\"error\":{\"message\":\"" + message + "\",\"type\":\"server_error\"}}";
                case MESSAGES ->
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                                + "\"message\":\""
                                + message
                                + "\"}}";
            };
        }

        /// An error in the middle of a stream.
        String errorEvent(String message) {
            return (this == MESSAGES ? "event: error\n" : "") + "data: " + error(message) + "\n\n";
        }
    }
}
