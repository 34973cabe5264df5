import dev.backplane.core.Meter;
import dev.backplane.core.Slice;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.HttpServer;
import dev.backplane.http.Router;
import dev.backplane.http.client.ClientRequest;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/// The floor of the gateway's overhead: the same HTTP server and client with nothing between them.
/// Reads a body, sends it on, and gives the answer back as it comes; knows no JSON, no routes and
/// no spans.
///
///     java -cp 'cli/target/dist/APP/*' bench/peers/BareProxy.java PORT http://127.0.0.1:UPSTREAM
public final class BareProxy {
    private static final String PATH = "/v1/chat/completions";
    private static final int BODY_MAX = 64 << 20;

    private BareProxy() {}

    public static void main(String[] arguments) throws InterruptedException {
        URI upstream = URI.create(arguments[1] + PATH);
        HttpClient client = HttpClient.start(HttpClient.Limits.DEFAULT);
        Router routes =
                Router.builder().post(PATH, exchange -> pass(exchange, client, upstream)).build();
        HttpServer.start(
                List.of(
                        new HttpServer.Listener(
                                "main", "127.0.0.1", Integer.parseInt(arguments[0]), routes)),
                new Meter());
        Thread.sleep(Duration.ofDays(1));
    }

    private static void pass(Exchange exchange, HttpClient client, URI upstream)
            throws IOException {
        byte[] body;
        try (InputStream in = exchange.body(BodyLimits.buffered(BODY_MAX))) {
            body = in.readAllBytes();
        }
        ClientRequest request =
                new ClientRequest(
                        "POST",
                        upstream,
                        List.of(new ClientRequest.Header("Content-Type", "application/json")),
                        Slice.of(body),
                        Timeouts.DEFAULT);
        try (ClientResponse response = client.send(request)) {
            exchange.status(response.status())
                    .header("Content-Type", response.header("Content-Type").orElse(""));
            response.body().transferTo(exchange.output());
        }
    }
}
