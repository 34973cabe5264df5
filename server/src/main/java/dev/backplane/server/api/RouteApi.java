package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import java.io.IOException;
import java.util.Locale;

/// What a route would do.
final class RouteApi {
    private final Gateway gateway;

    RouteApi(Gateway gateway) {
        this.gateway = gateway;
    }

    /// `GET /api/v1/routes?model=NAME`
    void explain(Caller caller, Exchange exchange) throws IOException {
        String model =
                exchange.query("model")
                        .orElseThrow(() ->
                                Problem.invalid("model is missing", exchange.path())
                                        .fix("add ?model=NAME"));
        RouteTable.Explanation explanation = gateway.routes().explain(model);
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("model", explanation.model());
                    json.writeStringProperty("how", explanation.how());
                    json.writeName("targets");
                    json.writeStartArray();
                    for (RouteTable.Step step : explanation.steps()) {
                        json.writeStartObject();
                        json.writeStringProperty("provider", step.provider());
                        json.writeStringProperty("model", step.model());
                        json.writeNumberProperty("weight", step.weight());
                        json.writeStringProperty(
                                "state", step.state().name().toLowerCase(Locale.ROOT));
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }
}
