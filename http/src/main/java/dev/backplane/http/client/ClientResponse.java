package dev.backplane.http.client;

import java.io.InputStream;
import java.util.Optional;
import org.eclipse.jetty.client.Response;

/// The head of an answer and the stream of its body. Belongs to one thread, but any thread may
/// close it.
public final class ClientResponse implements AutoCloseable {
    private final Response head;
    private final Flight flight;
    private final InputStream body;

    ClientResponse(Response head, Flight flight) {
        this.head = head;
        this.flight = flight;
        this.body = new FlightInput(flight);
    }

    public int status() {
        return head.getStatus();
    }

    /// The first value of a header.
    public Optional<String> header(String name) {
        return Optional.ofNullable(head.getHeaders().get(name));
    }

    /// The media type in lower case without parameters, or empty.
    public String contentType() {
        String value = header("Content-Type").orElse("");
        int end = value.indexOf(';');
        return (end < 0 ? value : value.substring(0, end))
                .strip()
                .toLowerCase(java.util.Locale.ROOT);
    }

    /// The length of the body that the sender announced, or below 0.
    public long contentLength() {
        return head.getHeaders().getLongField("Content-Length");
    }

    /// `HTTP/1.1` or `HTTP/2.0`.
    public String protocol() {
        return head.getVersion().asString();
    }

    /// The body as it arrives. A read waits for at least one byte.
    ///
    /// Reading throws [dev.backplane.core.Problem]: `TIMEOUT` when a clock ran out, `UNAVAILABLE`
    /// when the answer was cut off, the thread was interrupted or this was closed.
    public InputStream body() {
        return body;
    }

    /// The same for answers whose head says nothing, because they are sent before there is anything
    /// to say: until [#begun], the first byte's clock goes on.
    public InputStream stream() {
        flight.awaitBeginning();
        return body;
    }

    /// What was waited for has come. May be called by any thread.
    public void begun() {
        flight.begin();
    }

    /// When all that matters was read: keeps the connection if the body ends here, or nearly.
    public void finish() {
        flight.finish();
    }

    /// Aborts the exchange unless its body was read to the end.
    @Override
    public void close() {
        flight.close();
    }
}
