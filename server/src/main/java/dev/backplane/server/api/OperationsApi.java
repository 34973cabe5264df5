package dev.backplane.server.api;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/// Life signs, metrics and the front page.
final class OperationsApi {
    private final Meter meter;
    private final BooleanSupplier ready;
    private final String version;

    /// @param ready whether requests are served: the store is open and the server is not stopping
    OperationsApi(Meter meter, BooleanSupplier ready, String version) {
        this.meter = meter;
        this.ready = ready;
        this.version = version;
    }

    /// `GET /health`: the process is alive.
    void health(Exchange exchange) throws IOException {
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("status", "ok");
                    json.writeStringProperty("version", version);
                    json.writeEndObject();
                });
    }

    /// `GET /ready`: it serves.
    void ready(Exchange exchange) throws IOException {
        if (!ready.getAsBoolean()) {
            throw Problem.unavailable("server is not ready", "server").fix("try again");
        }
        health(exchange);
    }

    /// `GET /metrics`, for Prometheus.
    void metrics(Exchange exchange) throws IOException {
        exchange.send(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                meter.render().getBytes(StandardCharsets.UTF_8));
    }

    /// `GET /`
    void front(Exchange exchange) throws IOException {
        exchange.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        exchange.send(
                200,
                "text/html; charset=utf-8",
                FRONT.replace("VERSION", version).getBytes(StandardCharsets.UTF_8));
    }

    private static final String FRONT =
            """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Backplane</title>
            <style>
              body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto;
                     padding: 0 1rem; color-scheme: light dark }
              code, pre { font-family: ui-monospace, monospace; font-size: .9em }
              table { border-collapse: collapse } td { padding: .15rem 1rem .15rem 0;
                     vertical-align: top }
            </style>
            <h1>Backplane VERSION</h1>
            <p>This server keeps the traces of AI agents: what they were asked, which models and
            tools they called, what it cost and what came out.</p>
            <h2>Send spans</h2>
            <p>An OpenTelemetry SDK or Collector with its default endpoints on this machine is
            received as it is (gRPC on 4317, HTTP on 4318). Elsewhere, set:</p>
            <pre>OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:7700
            OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
            OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20KEY</pre>
            <h2>Read them</h2>
            <pre>backplane traces list
            backplane search '"basic economy" refund'
            backplane sql 'select model, count(*) from spans group by model'</pre>
            <h2>Endpoints</h2>
            <table>
            <tr><td><code>POST /v1/traces</code><td>OTLP, protobuf or JSON
            <tr><td><code>POST /api/v1/spans</code><td>span events, one a line
            <tr><td><code>POST /api/v1/import?name=</code><td>a file of trajectories or traces
            <tr><td><code>POST /logs3</code><td>Braintrust rows
            <tr><td><a href="/api/v1/traces"><code>GET /api/v1/traces</code></a><td>traces,
              newest first
            <tr><td><code>GET /api/v1/traces/{trace}</code><td>the tree of one
            <tr><td><code>GET /api/v1/spans/{trace}/{span}</code><td>everything about a span
            <tr><td><code>GET /api/v1/search?q=</code><td>full text
            <tr><td><code>POST /api/v1/sql</code><td>SQL
            <tr><td><a href="/api/v1/projects"><code>GET /api/v1/projects</code></a><td>projects
            <tr><td><a href="/api/v1/store/stats"><code>GET /api/v1/store/stats</code></a><td>sizes
            <tr><td><a href="/health"><code>/health</code></a>
              <a href="/ready"><code>/ready</code></a>
              <a href="/metrics"><code>/metrics</code></a><td>operations
            </table>
            </html>
            """;
}
