package dev.backplane.server.api;

import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import java.io.IOException;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/// What routes would do.
final class RouteApi {
    private final Gateway gateway;

    RouteApi(Gateway gateway) {
        this.gateway = gateway;
    }

    /// `GET /api/v1/routes?model=NAME`: what would be done for a name; without one
    /// `{"routes":[…]}`, for all that are configured.
    void explain(Caller caller, Exchange exchange) throws IOException {
        String model = Parameters.text(exchange, "model");
        if (!model.isEmpty()) {
            RouteTable.Explanation explanation = gateway.routes().explain(model);
            exchange.sendJson(200, json -> write(json, explanation));
            return;
        }
        RouteTable table = gateway.routes();
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("routes");
                    table.routes().forEach(route -> write(json, table.explain(route.model())));
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, RouteTable.Explanation explanation) {
        json.writeStartObject();
        json.writeStringProperty("model", explanation.model());
        json.writeStringProperty("how", explanation.how());
        json.writeArrayPropertyStart("targets");
        for (RouteTable.Step step : explanation.steps()) {
            json.writeStartObject();
            json.writeStringProperty("provider", step.provider());
            json.writeStringProperty("model", step.model());
            json.writeNumberProperty("weight", step.weight());
            json.writeStringProperty("state", step.state().name().toLowerCase(Locale.ROOT));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
