package dev.backplane.http;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Fields;
import tools.jackson.core.JsonGenerator;

/// One request and its response. Belongs to the thread of its [Handler].
///
/// Status, headers and trailers may change until the first byte of [#output] leaves (a flush, or
/// the buffer's end), trailers until the handler returns.
public final class Exchange {
    private final Request request;
    private final Response response;
    private final String requestId;
    private final OutputBuffer output;
    private final HttpFields.Mutable trailers = HttpFields.build();
    private Map<String, String> parameters = Map.of();
    private String route = "none";
    private Optional<RequestInput> rawBody = Optional.empty();
    private Optional<Fields> query = Optional.empty();
    private ProblemWriter problems = Errors::send;
    private final Departure presence = new Departure(this::watch);
    private boolean released;
    private boolean slow;
    private final Map<String, String> lasting = new LinkedHashMap<>();

    Exchange(Request request, Response response, String requestId) {
        this.request = request;
        this.response = response;
        this.requestId = requestId;
        this.output = new OutputBuffer(response);
        response.getHeaders().put("X-Request-Id", requestId);
        // Without, a handler that computes for long would count as failed after the idle time.
        request.addIdleTimeoutListener(_ -> false);
    }

    // ---- request

    /// Upper case.
    public String method() {
        return request.getMethod();
    }

    /// As sent, still percent-encoded, without the query.
    public String path() {
        String path = request.getHttpURI().getPath();
        return path == null ? "" : path;
    }

    /// The template that matched (`/api/v1/traces/{trace}`), or `none`.
    public String route() {
        return route;
    }

    /// The decoded value of a `{name}` in the route; never empty.
    public String parameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("route " + route + " has no parameter " + name);
        }
        return value;
    }

    /// The first value of a query parameter.
    public Optional<String> query(String name) {
        return Optional.ofNullable(query().getValue(name));
    }

    /// The names of all query parameters.
    public Set<String> queryNames() {
        return query().getNames();
    }

    private Fields query() {
        Fields fields = query.orElseGet(this::parseQuery);
        query = Optional.of(fields);
        return fields;
    }

    private Fields parseQuery() {
        try {
            return Request.extractQueryParameters(request, StandardCharsets.UTF_8);
        } catch (RuntimeException malformed) {
            throw Problem.invalid("query string cannot be decoded", path())
                    .fix("percent-encode parameter values as UTF-8")
                    .causedBy(malformed);
        }
    }

    /// The first value of a header.
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /// The media type of the request in lower case without parameters, or empty.
    public String contentType() {
        return mediaType(header("Content-Type").orElse(""));
    }

    /// Whether the `Accept` header names the media type.
    public boolean accepts(String mediaType) {
        return request.getHeaders().getCSV("Accept", false).stream()
                .anyMatch(accepted -> mediaType(accepted).equals(mediaType));
    }

    private static String mediaType(String value) {
        int end = value.indexOf(';');
        return (end < 0 ? value : value.substring(0, end))
                .strip()
                .toLowerCase(java.util.Locale.ROOT);
    }

    /// Of the peer, without the port.
    public String remoteAddress() {
        return Request.getRemoteAddr(request);
    }

    /// The host that the sender believes to speak to (`Host`, or HTTP/2's authority), without the
    /// port.
    public String host() {
        return Request.getServerName(request);
    }

    /// As [#host], with the port if there is one.
    public String authority() {
        String authority = request.getHttpURI().getAuthority();
        return authority == null ? host() : authority;
    }

    /// The sender's `X-Request-Id` if it is sane, else one of ours; also in the response's headers.
    public String requestId() {
        return requestId;
    }

    /// `HTTP/1.1` or `HTTP/2.0`.
    public String protocol() {
        return request.getConnectionMetaData().getProtocol();
    }

    /// The request's bytes as they arrive, content encoding not removed.
    ///
    /// Reading throws [ClientGone] when the sender goes away or stalls.
    public InputStream rawBody() {
        RequestInput body =
                rawBody.orElseGet(() -> new RequestInput(Content.Source.asInputStream(request)));
        rawBody = Optional.of(body);
        return body;
    }

    /// The request's bytes with the content encoding (identity, gzip, zstd) removed.
    ///
    /// @throws Problem `UNSUPPORTED` for another encoding; reading throws `TOO_LARGE` beyond the
    ///   limits and `INVALID` for a malformed encoding
    public InputStream body(BodyLimits limits) {
        return Decoding.of(
                header("Content-Encoding").orElse("identity"), rawBody(), limits, path());
    }

    /// The length that the sender announced, if it did.
    public long contentLength() {
        return request.getLength();
    }

    // ---- response

    public Exchange status(int status) {
        response.setStatus(status);
        return this;
    }

    /// The response's status so far.
    public int status() {
        return response.getStatus();
    }

    /// Sets a header of the response.
    public Exchange header(String name, String value) {
        response.getHeaders().put(name, value);
        return this;
    }

    /// Sets a header that the answer has also if it becomes a problem's.
    public Exchange lastingHeader(String name, String value) {
        lasting.put(name, value);
        return header(name, value);
    }

    /// Adds a field to be sent after the body (HTTP/2, or chunked HTTP/1.1).
    public Exchange trailer(String name, String value) {
        trailers.put(name, value);
        response.setTrailersSupplier(() -> trailers);
        return this;
    }

    /// The response's body. Buffered; a flush sends what there is.
    public OutputStream output() {
        return output;
    }

    /// Sends status and headers, for a client that is to know that it waits for the body.
    public void begin() throws IOException {
        output.begin();
    }

    /// Whether status and headers have left.
    public boolean started() {
        return response.isCommitted();
    }

    /// Whether the client still waits. To be asked for when the request's body was read: what still
    /// comes of it would hide that the client goes. Lasts until the handler returns.
    public Presence presence() {
        return presence;
    }

    /// Over HTTP/2 a client says when it goes; over HTTP/1 its connection ends.
    private void watch() {
        switch (request.getConnectionMetaData().getHttpVersion()) {
            case HTTP_2, HTTP_3 -> request.addFailureListener(_ -> presence.left());
            case HTTP_0_9, HTTP_1_0, HTTP_1_1 -> watched().ifPresent(this::watch);
        }
    }

    /// Writes of this exchange that wait for the client fail at once, too.
    private void watch(WatchedEndPoint connection) {
        connection.watch(() -> {
            presence.left();
            connection.close();
        });
    }

    private Optional<WatchedEndPoint> watched() {
        EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
        return connection instanceof WatchedEndPoint watched
                ? Optional.of(watched)
                : Optional.empty();
    }

    public void send(int status, String contentType, byte[] body) throws IOException {
        send(status, contentType, Slice.of(body));
    }

    public void send(int status, String contentType, Slice body) throws IOException {
        status(status).header("Content-Type", contentType);
        body.writeTo(output);
        output.close();
    }

    public void sendText(int status, String text) throws IOException {
        send(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /// Sends small JSON.
    public void sendJson(int status, Consumer<JsonGenerator> body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator generator = Json.generator(bytes)) {
            body.accept(generator);
        }
        send(status, "application/json", bytes.toByteArray());
    }

    /// Answers problems of this exchange in another shape than that of [Errors], because its
    /// protocol says so. What was prepared of the response is gone when the writer is called.
    public Exchange answerProblemsWith(ProblemWriter writer) {
        problems = writer;
        return this;
    }

    /// Sends a problem as the response.
    @FunctionalInterface
    public interface ProblemWriter {
        void send(Exchange exchange, Problem problem) throws IOException;
    }

    // ---- for the package

    void refuse(Problem problem) throws IOException {
        reset();
        if (problem.kind() == Problem.Kind.SLOW_SENDER) {
            // The rest of the body may still come: nobody waits for it (RFC 9110, 15.5.9).
            slow = true;
            lastingHeader("Connection", "close");
        }
        problems.send(this, problem);
        finish();
    }

    void route(String template, Map<String, String> values) {
        route = template;
        parameters = values;
    }

    /// Forgets what was prepared, so that an error can be sent instead.
    void reset() {
        output.discard();
        trailers.clear();
        response.reset();
        response.setTrailersSupplier(null);
        response.getHeaders().put("X-Request-Id", requestId);
        lasting.forEach((name, value) -> response.getHeaders().put(name, value));
    }

    /// Sends what is still buffered and ends the response.
    void finish() throws IOException {
        output.close();
    }

    /// Ends the watch for the client; before the exchange ends, because then the connection belongs
    /// to the next request.
    void release() {
        if (!released) {
            released = true;
            watched().ifPresent(WatchedEndPoint::unwatch);
        }
    }

    /// Whether the body was read to its end, or is not worth being waited for.
    boolean drained() {
        return slow || rawBody.map(RequestInput::ended).orElse(false);
    }

    /// Whether the sender waits to be told to send its body.
    boolean expectsContinue() {
        return request.getHeaders()
                .contains(HttpHeader.EXPECT, HttpHeaderValue.CONTINUE.asString());
    }
}
