package dev.backplane.cli;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Speaks HTTP to one server. Every answer that is not a success becomes a [Failure].
///
/// Uses `HttpURLConnection`, because `java.net.http.HttpClient` takes ten times as long to start.
/// Nothing is sent twice: the connection's own silent repetition of a POST is off, and redirects
/// are not followed, so that a key never travels to a place it was not meant for.
final class Client {
    static {
        System.setProperty("sun.net.http.retryPost", "false");
    }

    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";

    private static final int CONNECT_MILLIS = 5_000;
    private static final int KEY_LENGTH_MAX = 4_096;
    private static final long ENVELOPE_BYTES_MAX = 1 << 20;

    /// What to send: the media type, the length or -1 when it is not known, and who writes it.
    record Body(String type, long length, Writer writer) {
        static Body json(Node value) {
            byte[] bytes = value.json().getBytes(StandardCharsets.UTF_8);
            return new Body(JSON, bytes.length, out -> out.write(bytes));
        }
    }

    /// The head of a successful answer and its body, which the caller closes.
    record Reply(HttpURLConnection head, InputStream body) {
        /// The header's value, or the empty string.
        String header(String name) {
            return Optional.ofNullable(head.getHeaderField(name)).orElse("");
        }

        /// The media type without its parameters.
        String type() {
            String type = header("Content-Type");
            int end = type.indexOf(';');
            return (end < 0 ? type : type.substring(0, end)).strip();
        }
    }

    /// Writes a request body; may be called once.
    interface Writer {
        void write(OutputStream out) throws IOException;
    }

    private final URI base;
    private final String project;
    private final String key;
    private final int silenceMillis;
    private final String userAgent;

    private Client(URI base, String project, String key, int silenceMillis, String userAgent) {
        this.base = base;
        this.project = project;
        this.key = key;
        this.silenceMillis = silenceMillis;
        this.userAgent = userAgent;
    }

    /// The client that the options of the command line describe.
    static Client of(
            Invocation invocation, Terminal terminal, Output output, Optional<Agent> agent) {
        URI base = base(invocation.text("url"));
        String key = key(invocation, terminal);
        boolean isOpen = base.getScheme().equals("http") && !isLoopback(base.getHost());
        if (!key.isEmpty() && isOpen) {
            output.warn("the API key goes to %s without encryption".formatted(base.getHost()));
        }
        String tag = agent.map(found -> "; agent/" + found.id()).orElse("");
        String userAgent = "backplane-cli/" + Version.current() + "; java/" + Version.java() + tag;
        int silence = (int) Math.min(Integer.MAX_VALUE, invocation.duration("timeout").toMillis());
        return new Client(base, invocation.text("project"), key, silence, userAgent);
    }

    private static URI base(String url) {
        try {
            URI uri = new URI(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
            boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (isHttp && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (URISyntaxException _) {
            // Reported below, together with addresses of another kind.
        }
        throw Failure.usage("not the address of a server: " + url)
                .hint("give --url or BACKPLANE_URL like http://127.0.0.1:7700");
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static String key(Invocation invocation, Terminal terminal) {
        String file = invocation.text("api-key-file");
        if (file.isEmpty()) {
            return header(terminal.variable("BACKPLANE_API_KEY").strip(), "BACKPLANE_API_KEY");
        }
        try (InputStream in =
                file.equals("-") ? terminal.in() : Files.newInputStream(Path.of(file))) {
            byte[] bytes = in.readNBytes(KEY_LENGTH_MAX + 1);
            String key = new String(bytes, StandardCharsets.UTF_8).strip();
            if (key.isEmpty() || bytes.length > KEY_LENGTH_MAX) {
                throw Failure.of(
                                Problem.Kind.CONFIG,
                                "no API key in the file",
                                "no API key in " + file)
                        .hint("the file holds one key and nothing else");
            }
            return header(key, file);
        } catch (IOException e) {
            throw Failure.of(
                            Problem.Kind.CONFIG,
                            "cannot read the API key file",
                            "cannot read the API key file " + file)
                    .hint("check --api-key-file or BACKPLANE_API_KEY_FILE");
        }
    }

    private static String header(String key, String place) {
        if (key.chars().allMatch(letter -> letter > ' ' && letter < 0x7f)) {
            return key;
        }
        throw Failure.of(
                        Problem.Kind.CONFIG,
                        "the API key has characters that no key has",
                        "the API key in " + place + " has characters that no key has")
                .hint("check for blanks and line breaks inside it");
    }

    String url() {
        return base.toString();
    }

    String userAgent() {
        return userAgent;
    }

    /// Whether it is the address of a server that was started without options.
    boolean isDefaultAddress() {
        return isLoopback(base.getHost()) && base.getPort() == 7700;
    }

    /// The API key, or the empty string.
    String key() {
        return key;
    }

    boolean hasKey() {
        return !key.isEmpty();
    }

    /// A path with its parts encoded: `path("traces", id)` is `/api/v1/traces/<id>`.
    static String path(String... parts) {
        StringBuilder path = new StringBuilder("/api/v1");
        for (String part : parts) {
            path.append('/').append(encode(part));
        }
        return path.toString();
    }

    /// Percent-encoded, as it stands in a path, a query or a header.
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// The path with those parameters that have a value.
    static String query(String path, Map<String, String> parameters) {
        StringBuilder target = new StringBuilder(path);
        char separator = '?';
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (!parameter.getValue().isEmpty()) {
                target.append(separator)
                        .append(encode(parameter.getKey()))
                        .append('=')
                        .append(encode(parameter.getValue()));
                separator = '&';
            }
        }
        return target.toString();
    }

    /// The body of a successful answer; the caller closes it.
    InputStream get(String target, String accept) {
        return send("GET", target, accept, Optional.empty());
    }

    /// The answer as one JSON object, or an empty one for an empty answer. For small answers.
    Node.Fields ask(String method, String target, Optional<Body> body) {
        try (InputStream in = send(method, target, JSON, body)) {
            return object(in, in.available() == 0 ? "" : target).orElse(Node.Fields.EMPTY);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /// The body of a successful answer; the caller closes it.
    InputStream send(String method, String target, String accept, Optional<Body> body) {
        return send(method, target, Map.of("Accept", accept), body).body();
    }

    /// The answer, if it is a success.
    Reply send(String method, String target, Map<String, String> headers, Optional<Body> body) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(base + target).toURL().openConnection();
            connection.setRequestMethod(method);
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(silenceMillis);
            headers.forEach(connection::setRequestProperty);
            connection.setRequestProperty("User-Agent", userAgent);
            if (!project.isEmpty()) {
                connection.setRequestProperty("X-Backplane-Project", encode(project));
            }
            if (!key.isEmpty()) {
                connection.setRequestProperty("Authorization", "Bearer " + key);
            }
            if (body.isPresent()) {
                write(connection, body.get());
            }
            int status = connection.getResponseCode();
            if (status / 100 == 2) {
                return new Reply(connection, connection.getInputStream());
            }
            throw refused(connection, status);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private void write(HttpURLConnection connection, Body body) throws IOException {
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", body.type());
        if (body.length() >= 0) {
            connection.setFixedLengthStreamingMode(body.length());
        } else {
            connection.setChunkedStreamingMode(1 << 16);
        }
        OutputStream out = connection.getOutputStream();
        try {
            body.writer().write(out);
            out.close();
        } catch (IOException e) {
            // A server may answer and hang up before it has read all; its answer says more.
            int status = connection.getResponseCode();
            if (status / 100 == 2) {
                throw e;
            }
            throw refused(connection, status);
        }
    }

    private Failure refused(HttpURLConnection connection, int status) {
        Node.Fields envelope = Node.Fields.EMPTY;
        InputStream error = connection.getErrorStream();
        String type = String.valueOf(connection.getContentType());
        if (error != null && type.startsWith(JSON)) {
            try (InputStream in = error) {
                byte[] bytes = in.readNBytes((int) ENVELOPE_BYTES_MAX);
                envelope =
                        object(new java.io.ByteArrayInputStream(bytes), "error")
                                .orElse(Node.Fields.EMPTY);
            } catch (IOException | Failure _) {
                envelope = Node.Fields.EMPTY;
            }
        }
        Failure failure = Failure.remote(envelope, status);
        if (envelope.values().isEmpty() && status / 100 == 3) {
            return failure.hint("the address leads elsewhere: check --url or BACKPLANE_URL");
        }
        if (failure.kind() == Problem.Kind.UNAUTHENTICATED && !hasKey()) {
            return failure.hint("set BACKPLANE_API_KEY, or give --api-key-file");
        }
        return failure;
    }

    private static Optional<Node.Fields> object(InputStream in, String where) {
        try (JsonParser parser = Json.parser(in)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return Optional.empty();
            }
            if (first == JsonToken.START_OBJECT && Node.read(parser) instanceof Node.Fields read) {
                return Optional.of(read);
            }
        } catch (JacksonException e) {
            throw notOurs(where);
        }
        throw notOurs(where);
    }

    /// The failure for an answer that is not what this API gives.
    static Failure notOurs(String where) {
        return Failure.of(
                        Problem.Kind.UNAVAILABLE,
                        "the answer is not a Backplane server's",
                        "the answer to " + where + " is not a Backplane server's")
                .hint("check --url or BACKPLANE_URL")
                .next("backplane doctor");
    }

    /// The failure for a connection that could not be made or broke.
    Failure broken(IOException e) {
        String place = "no answer from " + base;
        if (e instanceof SocketTimeoutException) {
            return Failure.of(Problem.Kind.TIMEOUT, "the server is silent", place)
                    .hint("try again, or wait longer with --timeout");
        }
        boolean isAbsent =
                e instanceof ConnectException
                        || e instanceof UnknownHostException
                        || e instanceof NoRouteToHostException;
        if (isAbsent) {
            return Failure.of(
                            Problem.Kind.UNAVAILABLE,
                            "the server is not running",
                            "the server is not running at " + base)
                    .hint("start it: backplane up; or name another with --url or BACKPLANE_URL")
                    .next("backplane up");
        }
        return Failure.of(
                        Problem.Kind.UNAVAILABLE,
                        "the connection broke",
                        "the connection to " + base + " broke: " + e.getMessage())
                .hint("try again; backplane doctor looks at the server")
                .next("backplane doctor");
    }

    /// Reads `{"<name>":[…], …}` and hands over each element of the list as it arrives; the answer
    /// is what stands beside the list. `before` gets what stood before it.
    Node.Fields list(InputStream body, String name, RowReader reader) {
        Map<String, Node> rest = new java.util.LinkedHashMap<>();
        try (InputStream in = body;
                JsonParser parser = Json.parser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw notOurs(name);
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = parser.currentName();
                JsonToken token = parser.nextToken();
                if (!key.equals(name) || token != JsonToken.START_ARRAY) {
                    rest.put(key, Node.read(parser));
                    continue;
                }
                reader.begin(new Node.Fields(rest));
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    reader.row(Node.read(parser));
                }
            }
        } catch (JacksonException e) {
            throw cut(e);
        } catch (IOException e) {
            throw broken(e);
        }
        return new Node.Fields(rest);
    }

    /// Takes a list as it is read.
    interface RowReader {
        /// Called once, with the members that stand before the list.
        default void begin(Node.Fields before) {}

        void row(Node row);
    }

    /// Reads one JSON object a line; answers the last, which the others lead to.
    Node.Fields lines(InputStream body, java.util.function.Consumer<Node.Fields> each) {
        List<Node.Fields> last = new ArrayList<>();
        try (InputStream in = body;
                JsonParser parser = Json.parser(in)) {
            while (parser.nextToken() != null) {
                if (!(Node.read(parser) instanceof Node.Fields line)) {
                    throw notOurs("a stream of lines");
                }
                if (line.values().containsKey("error")) {
                    throw Failure.remote(line, 500);
                }
                each.accept(line);
                last.clear();
                last.add(line);
            }
        } catch (JacksonException e) {
            throw cut(e);
        } catch (IOException e) {
            throw broken(e);
        }
        return last.isEmpty() ? Node.Fields.EMPTY : last.getFirst();
    }

    /// The failure for an answer that ends in the middle or is no JSON.
    Failure cut(JacksonException e) {
        return switch (e.getCause()) {
            case IOException broken -> broken(broken);
            case UncheckedIOException wrapped -> broken(new IOException(wrapped));
            case null, default -> notOurs(base.toString());
        };
    }
}
