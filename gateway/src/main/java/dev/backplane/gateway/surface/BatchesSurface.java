package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.gateway.batch.Batch;
import dev.backplane.gateway.batch.Batches;
import dev.backplane.gateway.batch.Order;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.json.Members;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.Set;

/// OpenAI's `/v1/batches`.
public final class BatchesSurface {
    private static final int BODY_BYTES_MAX = 1 << 20;
    private static final int PAGE_DEFAULT = 20;
    private static final int PAGE_MAX = 100;
    private static final String EXPIRY = "output_expires_after";
    private static final Set<String> PARAMETERS =
            Set.of(
                    "limit",
                    "input_file_id",
                    "endpoint",
                    "completion_window",
                    "metadata",
                    EXPIRY,
                    "batch_id",
                    "after");

    private final Batches batches;
    private final OriginOf origins;

    public BatchesSurface(Batches batches, OriginOf origins) {
        this.batches = batches;
        this.origins = origins;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/batches", as(this::create))
                .get("/v1/batches", as(this::list))
                .get("/v1/batches/{batch}", as(this::retrieve))
                .post("/v1/batches/{batch}/cancel", as(this::cancel));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(
                    (failed, problem) -> OpenAiSurface.problem(failed, problem, PARAMETERS));
            action.run(origins.of(exchange), exchange);
        };
    }

    private void create(Origin origin, Exchange exchange) throws IOException {
        Members body = Members.of(Replies.body(exchange, BODY_BYTES_MAX), exchange.path());
        String endpoint = body.text("endpoint");
        if (!batches.endpoints().contains(endpoint)) {
            throw Problem.invalid("endpoint is not one of batches", "endpoint")
                    .fix("send " + String.join(", ", batches.endpoints()));
        }
        if (!body.text("completion_window").equals(BatchObject.WINDOW)) {
            throw Problem.invalid("completion window is not known", "completion_window")
                    .fix("send " + BatchObject.WINDOW);
        }
        if (!body.has("input_file_id")) {
            throw Problem.invalid("input file is missing", "input_file_id")
                    .fix("send the id of a file with purpose batch");
        }
        Order order =
                new Order(
                        origin.project(),
                        origin.key(),
                        origin.userAgent(),
                        origin.session(),
                        origin.tags(),
                        endpoint,
                        body.text("input_file_id"),
                        Metadata.of(body),
                        expiry(body));
        Replies.json(exchange, 200, BatchObject.batch(batches.create(order)));
    }

    private static OptionalLong expiry(Members body) {
        if (!body.has(EXPIRY)) {
            return OptionalLong.empty();
        }
        Members expiry = body.object(EXPIRY);
        if (!expiry.text("anchor").equals("created_at")) {
            throw Problem.invalid("anchor of the lifetime is not known", EXPIRY)
                    .fix("send created_at");
        }
        return OptionalLong.of(Lifetimes.seconds(expiry.raw("seconds").text(), EXPIRY));
    }

    private void list(Origin origin, Exchange exchange) throws IOException {
        Batches.Page page =
                batches.list(
                        origin.project(),
                        exchange.query("after").orElse(""),
                        Replies.limit(exchange, PAGE_DEFAULT, PAGE_MAX));
        Replies.json(exchange, 200, BatchObject.list(page.batches(), page.hasMore()));
    }

    private void retrieve(Origin origin, Exchange exchange) throws IOException {
        Batch batch =
                batches.find(origin.project(), exchange.parameter("batch"))
                        .orElseThrow(BatchesSurface::missing);
        Replies.json(exchange, 200, BatchObject.batch(batch));
    }

    private void cancel(Origin origin, Exchange exchange) throws IOException {
        Batch batch =
                batches.cancel(origin.project(), exchange.parameter("batch"))
                        .orElseThrow(BatchesSurface::missing);
        Replies.json(exchange, 200, BatchObject.batch(batch));
    }

    private static Problem missing() {
        return Problem.notFound("there is no batch of this id", "batch_id")
                .fix("see GET /v1/batches of this project");
    }
}
