package dev.backplane.server.api;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/// Life signs and metrics.
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
}
