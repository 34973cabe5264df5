package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/// OpenAI's `/v1/responses`.
public final class ResponsesSurface {
    private static final int PAGE_DEFAULT = 20;
    private static final int PAGE_MAX = 100;

    private final Gateway gateway;
    private final OriginOf origins;
    private final ResponseStore store;
    private final InstantSource clock;
    private final long bodyBytesMax;

    public ResponsesSurface(
            Gateway gateway,
            OriginOf origins,
            ResponseStore store,
            InstantSource clock,
            long bodyBytesMax) {
        this.gateway = gateway;
        this.origins = origins;
        this.store = store;
        this.clock = clock;
        this.bodyBytesMax = bodyBytesMax;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/responses", as(this::create))
                .get("/v1/responses/{response}", as(this::retrieve))
                .delete("/v1/responses/{response}", as(this::delete))
                .get("/v1/responses/{response}/input_items", as(this::inputItems))
                .post("/v1/responses/{response}/cancel", as(this::cancel));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(ResponsesSurface::problem);
            action.run(origins.of(exchange), exchange);
        };
    }

    /// A problem that is at home in a parameter names it, as OpenAI does.
    private static void problem(Exchange exchange, Problem problem) throws IOException {
        Slice body =
                switch (problem.where()) {
                    case "previous_response_id" ->
                            Errors.write(
                                    problem,
                                    exchange.requestId(),
                                    problem.where(),
                                    problem.kind() == Problem.Kind.NOT_FOUND
                                            ? "previous_response_not_found"
                                            : problem.kind().id());
                    case "response_id", "input", "after" ->
                            Errors.write(
                                    problem,
                                    exchange.requestId(),
                                    problem.where(),
                                    problem.kind().id());
                    default -> Errors.write(problem, exchange.requestId());
                };
        OpenAiSurface.problem(exchange, problem, body);
    }

    private void create(Origin origin, Exchange exchange) throws IOException {
        ResponsesRequest request =
                ResponsesRequestReader.read(Replies.body(exchange, bodyBytesMax), exchange.path());
        ResponseRun run = ResponseRun.prepare(request, origin, store, clock);
        if (request.request().stream()) {
            Replies.stream(exchange, OpenAiSurface.STREAM);
            run.run(gateway, Frames.to(exchange.output()), exchange::started);
            return;
        }
        Replies.json(exchange, 200, run.run(gateway, Frames.none(), exchange::started).response());
    }

    private ResponseStore.Kept find(Origin origin, Exchange exchange) {
        return ResponseId.parse(exchange.parameter("response"))
                .flatMap(id -> store.get(origin.project(), id))
                .orElseThrow(ResponsesSurface::missing);
    }

    private static Problem missing() {
        return Problem.notFound("response not found", "response_id")
                .fix("use the id of a response that was stored in this project");
    }

    private void retrieve(Origin origin, Exchange exchange) throws IOException {
        Slice response = find(origin, exchange).response();
        if (exchange.query("stream").filter("true"::equals).isPresent()) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "streams are not kept here",
                            exchange.path())
                    .fix("leave stream out");
        }
        Replies.json(exchange, 200, response);
    }

    private void delete(Origin origin, Exchange exchange) throws IOException {
        ResponseId id =
                ResponseId.parse(exchange.parameter("response"))
                        .filter(parsed -> store.delete(origin.project(), parsed))
                        .orElseThrow(ResponsesSurface::missing);
        Replies.json(
                exchange,
                200,
                new JsonOut()
                        .beginObject()
                        .name("id")
                        .text(id.toString())
                        .name("object")
                        .text("response")
                        .name("deleted")
                        .literal("true")
                        .endObject()
                        .slice());
    }

    private void inputItems(Origin origin, Exchange exchange) throws IOException {
        ResponseStore.Kept kept = find(origin, exchange);
        boolean newestFirst =
                switch (exchange.query("order").orElse("desc")) {
                    case "desc" -> true;
                    case "asc" -> false;
                    default ->
                            throw Problem.invalid("order is not known", exchange.path())
                                    .fix("use asc or desc");
                };
        Conversation before = Conversation.upTo(store, origin.project(), kept.previous());
        List<Slice> items = new ArrayList<>(before.items());
        items.addAll(StoredItems.elements(kept.items(), ""));
        String after = exchange.query("after").orElse("");
        Replies.json(
                exchange,
                200,
                StoredItems.page(
                        items,
                        newestFirst,
                        after,
                        Replies.limit(exchange, PAGE_DEFAULT, PAGE_MAX)));
    }

    /// Only what runs in the background can be cancelled so, and nothing does.
    private void cancel(Origin origin, Exchange exchange) {
        find(origin, exchange);
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "responses in the background are not made here, so there is none to cancel",
                        exchange.path())
                .fix("close the connection of a response to stop it");
    }
}
