package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/// What surfaces share of HTTP.
final class Replies {
    private Replies() {}

    static Slice body(Exchange exchange, long bytesMax) throws IOException {
        try (InputStream in = exchange.body(BodyLimits.buffered(bytesMax))) {
            return Slice.read(in, exchange.contentLength(), Integer.MAX_VALUE - 8);
        }
    }

    static void json(Exchange exchange, int status, Slice body) throws IOException {
        exchange.send(status, "application/json", body);
    }

    static void text(Exchange exchange, String text) throws IOException {
        exchange.send(200, "text/plain; charset=utf-8", Slice.of(text));
    }

    /// @param body the problem in the dialect's form
    static void problem(Exchange exchange, Problem problem, Slice body) throws IOException {
        problem(exchange, problem, problem.kind().httpStatus(), body);
    }

    /// The same where the dialect has a status of its own for it. OpenAI's and Anthropic's clients
    /// try any answer of 500 and above again unless told that it is no use.
    static void problem(Exchange exchange, Problem problem, int status, Slice body)
            throws IOException {
        Errors.retryAfter(problem)
                .ifPresent(delay -> exchange.header("Retry-After", Errors.seconds(delay)));
        if (!problem.kind().retryable()) {
            exchange.header("x-should-retry", "false");
        }
        json(exchange, status, body);
    }

    /// How many elements of a list the query asks for.
    static int limit(Exchange exchange, int otherwise, int max) {
        String text = exchange.query("limit").orElse("" + otherwise);
        if (text.matches("[0-9]{1,5}")) {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= max) {
                return limit;
            }
        }
        throw Problem.invalid("limit is no number from 1 to " + max, "limit")
                .fix("send a limit from 1 to " + max);
    }

    /// The order of a list, the newest first unless the query says otherwise.
    static boolean newestFirst(Exchange exchange) {
        return switch (exchange.query("order").orElse("desc")) {
            case "desc" -> true;
            case "asc" -> false;
            default -> throw Problem.invalid("order is not known", "order").fix("use asc or desc");
        };
    }

    static void stream(Exchange exchange, String contentType) {
        exchange.header("Content-Type", contentType)
                .header("Cache-Control", "no-store")
                .header("X-Accel-Buffering", "no");
    }

    /// The models that clients can choose from: those with routes, and those of the catalogue.
    static List<ModelInfo> models(Gateway gateway) {
        RouteTable table = gateway.routes();
        List<ModelInfo> models = new ArrayList<>();
        table.routes().forEach(route -> models.add(info(route.model(), route)));
        table.catalogue().models().stream()
                .filter(found -> models.stream().noneMatch(model -> model.id().equals(found.id())))
                .toList()
                .forEach(models::add);
        return models;
    }

    static ModelInfo info(String name, Route route) {
        return new ModelInfo(name, 0, route.targets().getFirst().provider().name());
    }

    /// The problem of a route that waits for an engine of ours.
    static Problem noEngine(Exchange exchange) {
        return Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "no local engine runs here",
                        exchange.method() + " " + exchange.route())
                .fix("ask the server that runs the model");
    }
}
