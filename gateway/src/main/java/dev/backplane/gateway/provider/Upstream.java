package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.client.ClientCall;
import dev.backplane.http.client.ClientRequest;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A provider's address with what every request to it carries: what the providers over HTTP have in
/// common. Answers other than 2xx become problems. Thread-safe.
public final class Upstream {
    private static final int ANSWER_BYTES_MAX = 64 << 20;
    private static final int ERROR_BYTES_MAX = 64 << 10;

    /// Reads a dialect's error body.
    @FunctionalInterface
    public interface ErrorReader {
        Problem read(Slice body, int status, String where);
    }

    /// Adds to a request's headers what proves who asks.
    @FunctionalInterface
    public interface Signer {
        /// @param headers that are sent, but for `Host`
        /// @return these and those of the proof
        List<Header> sign(String method, URI uri, List<Header> headers, Slice body);
    }

    private final String where;
    private final HttpClient http;
    private final String base;
    private final Signer signer;
    private final ErrorReader errors;

    /// @param name of the provider
    /// @param base of all paths, such as `https://api.openai.com/v1`
    /// @param headers such as the key
    public Upstream(
            String name, HttpClient http, URI base, List<Header> headers, ErrorReader errors) {
        this(name, http, base, (_, _, sent, _) -> joined(sent, headers), errors);
    }

    /// @param signer told every request
    public Upstream(String name, HttpClient http, URI base, Signer signer, ErrorReader errors) {
        this.where = "provider " + name;
        this.http = http;
        String text = base.toString();
        this.base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        this.signer = signer;
        this.errors = errors;
    }

    private static List<Header> joined(List<Header> some, List<Header> others) {
        List<Header> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    /// A name, which is the client's text, as one part of a path.
    ///
    /// @throws Problem `INVALID` for one that would lead elsewhere
    static String segment(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw Problem.invalid("'" + name + "' is no name of a model", "model")
                    .fix("name a model of the provider");
        }
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /// For problems.
    public String where() {
        return where;
    }

    /// Sends JSON and waits for the head of an answer that is one. The caller closes it; cancelling
    /// the call does, too.
    public ClientResponse post(String path, Slice json, String accept, CallContext context) {
        return post(path, json, accept, List.of(), context);
    }

    /// @param headers besides those of every request
    ClientResponse post(
            String path, Slice json, String accept, List<Header> headers, CallContext context) {
        return send("POST", path, json, accept, headers, context);
    }

    public ClientResponse get(String path, CallContext context) {
        return get(path, List.of(), context);
    }

    /// @param headers besides those of every request
    ClientResponse get(String path, List<Header> headers, CallContext context) {
        return send("GET", path, Slice.EMPTY, "application/json", headers, context);
    }

    private ClientResponse send(
            String method,
            String path,
            Slice json,
            String accept,
            List<Header> headers,
            CallContext context) {
        List<Header> all = new ArrayList<>(headers);
        all.add(new Header("Accept", accept));
        all.add(new Header("User-Agent", "backplane/0.1"));
        if (!json.isEmpty()) {
            all.add(new Header("Content-Type", "application/json"));
        }
        if (!context.traceparent().isEmpty()) {
            all.add(new Header("traceparent", context.traceparent()));
        }
        URI uri = URI.create(base + path);
        ClientRequest request =
                new ClientRequest(
                        method, uri, signer.sign(method, uri, all, json), json, context.timeouts());
        ClientCall call = http.call(request);
        context.closing(call);
        ClientResponse response = call.answer();
        if (response.status() / 100 == 2) {
            return response;
        }
        try (response) {
            throw refused(response);
        }
    }

    private Problem refused(ClientResponse response) {
        int status = response.status();
        if (status < 400) {
            return redirected(response);
        }
        Problem problem = errors.read(said(response), status, where);
        Optional<Duration> delay = retryAfter(response);
        return delay.isPresent() ? problem.retryAfter(delay.get()) : problem;
    }

    /// Keys are not sent where an answer says.
    private Problem redirected(ClientResponse response) {
        return Problem.of(
                        Problem.Kind.CONFIG,
                        "provider answered with redirect " + response.status(),
                        where)
                .fix("set base_url to where the API is");
    }

    /// What there is of an error's body: whatever becomes of the rest, the status tells enough.
    private static Slice said(ClientResponse response) {
        byte[] bytes = new byte[ERROR_BYTES_MAX];
        int size = 0;
        try {
            InputStream in = response.body();
            int count = in.read(bytes, 0, bytes.length);
            while (count > 0) {
                size += count;
                count = in.read(bytes, size, bytes.length - size);
            }
        } catch (IOException | Problem cutOff) {
            return Slice.of(Arrays.copyOf(bytes, size));
        }
        return Slice.of(Arrays.copyOf(bytes, size));
    }

    private static Optional<Duration> retryAfter(ClientResponse response) {
        Optional<Duration> millis =
                response.header("retry-after-ms")
                        .filter(text -> text.matches("\\d{1,9}"))
                        .map(text -> Duration.ofMillis(Long.parseLong(text)));
        return millis.or(() ->
                response.header("Retry-After")
                        .filter(text -> text.matches("\\d{1,6}"))
                        .map(text -> Duration.ofSeconds(Long.parseLong(text))));
    }

    /// The body of a stream, whose answer begins when the context is told so.
    InputStream stream(ClientResponse response, CallContext context) {
        context.whenBegun(response::begun);
        return response.stream();
    }

    /// The whole body.
    public Slice body(ClientResponse response) {
        try {
            Slice bytes =
                    Slice.read(response.body(), response.contentLength(), ANSWER_BYTES_MAX + 1);
            if (bytes.length() > ANSWER_BYTES_MAX) {
                throw Problem.unavailable(
                                "answer is longer than " + ANSWER_BYTES_MAX + " bytes", where)
                        .fix("ask for less");
            }
            return bytes;
        } catch (IOException e) {
            throw Problem.unavailable("answer could not be read", where).causedBy(e);
        }
    }

    /// The problem of an answer that ended before it was complete.
    public Problem cutOff() {
        return Problem.unavailable("answer ended before it was complete", where).fix("try again");
    }
}
