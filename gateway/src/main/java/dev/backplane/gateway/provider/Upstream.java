package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
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
        ClientResponse response = http.send(request);
        context.closing(response);
        if (response.status() / 100 == 2) {
            return response;
        }
        try (response) {
            throw refused(response);
        }
    }

    private Problem refused(ClientResponse response) {
        int status = response.status();
        Slice body = read(response, ERROR_BYTES_MAX);
        Problem problem = errors.read(body, status, where);
        Optional<Duration> delay = retryAfter(response);
        return delay.isPresent() ? problem.retryAfter(delay.get()) : problem;
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

    /// The whole body.
    public Slice body(ClientResponse response) {
        return read(response, ANSWER_BYTES_MAX);
    }

    private Slice read(ClientResponse response, int bytesMax) {
        InputStream in = response.body();
        try {
            byte[] bytes = in.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw Problem.unavailable("answer is longer than " + bytesMax + " bytes", where)
                        .fix("ask for less");
            }
            return Slice.of(bytes);
        } catch (IOException e) {
            throw Problem.unavailable("answer could not be read", where).causedBy(e);
        }
    }

    /// The problem of an answer that ended before it was complete.
    public Problem cutOff() {
        return Problem.unavailable("answer ended before it was complete", where).fix("try again");
    }
}
