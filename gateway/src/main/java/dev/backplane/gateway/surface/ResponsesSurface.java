package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.response.Responses;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;

/// OpenAI's `/v1/responses`.
public final class ResponsesSurface {
    private static final int PAGE_DEFAULT = 20;
    private static final int PAGE_MAX = 100;

    private final Responses responses;
    private final OriginOf origins;
    private final long bodyBytesMax;

    public ResponsesSurface(Responses responses, OriginOf origins, long bodyBytesMax) {
        this.responses = responses;
        this.origins = origins;
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
    static void problem(Exchange exchange, Problem problem) throws IOException {
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
                    case "conversation" ->
                            Errors.write(
                                    problem,
                                    exchange.requestId(),
                                    problem.where(),
                                    problem.kind() == Problem.Kind.CONFLICT
                                            ? "conversation_locked"
                                            : problem.kind().id());
                    case "response_id",
                            "input",
                            "after",
                            "order",
                            "limit",
                            "items",
                            "item_id",
                            "metadata",
                            "background",
                            "starting_after" ->
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
        if (request.background()) {
            begin(request, origin, exchange);
        } else if (request.request().stream()) {
            Replies.stream(exchange, OpenAiSurface.STREAM);
            responses.answer(request, origin, Frames.to(exchange.output()), exchange::started);
        } else {
            Responses.Result result =
                    responses.answer(request, origin, Frames.none(), exchange::started);
            Replies.json(exchange, 200, result.response());
        }
    }

    private void begin(ResponsesRequest request, Origin origin, Exchange exchange)
            throws IOException {
        Responses.Begun begun = responses.begin(request, origin);
        if (request.request().stream()) {
            events(origin, exchange, begun.id(), 0);
        } else {
            Replies.json(exchange, 200, begun.response());
        }
    }

    private void events(Origin origin, Exchange exchange, ResponseId id, long from)
            throws IOException {
        Replies.stream(exchange, OpenAiSurface.STREAM);
        exchange.begin();
        responses.events(origin.project(), id, from, exchange.output(), exchange.presence());
    }

    private static ResponseId id(Exchange exchange) {
        return ResponseId.parse(exchange.parameter("response"))
                .orElseThrow(ResponsesSurface::missing);
    }

    private static Problem missing() {
        return Problem.notFound("response not found", "response_id")
                .fix("use the id of a response that was stored in this project");
    }

    private void retrieve(Origin origin, Exchange exchange) throws IOException {
        ResponseId id = id(exchange);
        if (exchange.query("stream").filter("true"::equals).isPresent()) {
            if (responses.findStream(origin.project(), id).isEmpty()) {
                throw missing();
            }
            events(origin, exchange, id, from(exchange));
        } else {
            Replies.json(
                    exchange,
                    200,
                    responses.find(origin.project(), id).orElseThrow(ResponsesSurface::missing));
        }
    }

    /// The number of the first event that the client has not heard.
    private static long from(Exchange exchange) {
        String after = exchange.query("starting_after").orElse("");
        if (after.isEmpty()) {
            return 0;
        }
        if (!after.matches("[0-9]{1,15}")) {
            throw Problem.invalid("starting_after is no number of an event", "starting_after")
                    .fix("send the sequence_number of the last event that was heard");
        }
        return Long.parseLong(after) + 1;
    }

    private void delete(Origin origin, Exchange exchange) throws IOException {
        ResponseId id = id(exchange);
        if (!responses.delete(origin.project(), id)) {
            throw missing();
        }
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
        Replies.json(
                exchange,
                200,
                StoredItems.page(
                        responses
                                .items(origin.project(), id(exchange))
                                .orElseThrow(ResponsesSurface::missing),
                        Replies.newestFirst(exchange),
                        exchange.query("after").orElse(""),
                        Replies.limit(exchange, PAGE_DEFAULT, PAGE_MAX)));
    }

    private void cancel(Origin origin, Exchange exchange) throws IOException {
        Replies.json(
                exchange,
                200,
                responses
                        .cancel(origin.project(), id(exchange))
                        .orElseThrow(ResponsesSurface::missing));
    }
}
