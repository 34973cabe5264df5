package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.dialect.openai.Errors;
import dev.backplane.gateway.dialect.openai.Rankings;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;

/// vLLM's paths beside OpenAI's.
///
/// `POST /rerank` (and below `/v1` and `/v2`) and `POST /score` (and below `/v1`) say how well
/// texts answer a question ([Rankings]); they are calls like those for vectors. The rest only an
/// engine can answer.
///
/// `POST /tokenize` takes the body of a chat or of a completion and answers with its tokens; a body
/// with `return_token_strs` also gets what each reads as. `POST /detokenize` takes `model` and
/// `tokens`.
///
/// `POST /v1/load_lora_adapter` with `lora_name`, `lora_path` and, where there are several models,
/// `base_model_name`, makes an adapter a model of that name; `POST /v1/unload_lora_adapter` with
/// `lora_name` ends it. `POST /api/v1/models/open` with `name` and `path` makes a file a model, and
/// `POST /api/v1/models/close` with `name` ends it. All read files where the server runs, and so
/// are for those who may administer it.
public final class EngineSurface {
    private final Gateway gateway;
    private final Residence residence;
    private final OriginOf origins;
    private final long bodyBytesMax;
    private final UnaryOperator<Handler> admin;

    /// @param admin lets only those pass who may administer the server
    public EngineSurface(
            Gateway gateway, OriginOf origins, long bodyBytesMax, UnaryOperator<Handler> admin) {
        this.gateway = gateway;
        this.residence = new Residence(gateway);
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
        this.admin = admin;
    }

    public void routes(Router.Builder routes) {
        routes.post("/tokenize", as(this::tokenize)).post("/detokenize", as(this::detokenize));
        routes.post("/v1/load_lora_adapter", admin.apply(as(this::loadAdapter)))
                .post("/v1/unload_lora_adapter", admin.apply(as(this::unloadAdapter)))
                .post("/api/v1/models/open", admin.apply(plain(this::openModel)))
                .post("/api/v1/models/close", admin.apply(plain(this::closeModel)));
        for (String path : List.of("/rerank", "/v1/rerank", "/v2/rerank")) {
            routes.post(path, as(this::rerank));
        }
        for (String path : List.of("/score", "/v1/score")) {
            routes.post(path, as(this::score));
        }
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(EngineSurface::problem);
            action.run(origins.of(exchange), exchange);
        };
    }

    /// A path of our own API, whose problems are told in its form.
    private Handler plain(Action action) {
        return exchange -> action.run(origins.of(exchange), exchange);
    }

    private void openModel(Origin origin, Exchange exchange) throws IOException {
        Members members = Members.of(Replies.body(exchange, bodyBytesMax), exchange.path());
        String name = required(members, "name", exchange);
        String path = required(members, "path", exchange);
        residence.adapt(origin, (engine, _) -> engine.openModel(name, path));
        named(exchange, name);
    }

    private void closeModel(Origin origin, Exchange exchange) throws IOException {
        Members members = Members.of(Replies.body(exchange, bodyBytesMax), exchange.path());
        String name = required(members, "name", exchange);
        residence.adapt(origin, (engine, _) -> engine.closeModel(name));
        named(exchange, name);
    }

    private static void named(Exchange exchange, String name) throws IOException {
        JsonOut out = new JsonOut().beginObject().name("name").text(name).endObject();
        Replies.json(exchange, 200, out.slice());
    }

    private void rerank(Origin origin, Exchange exchange) throws IOException {
        Rankings asked = Rankings.rerank(Replies.body(exchange, bodyBytesMax), exchange.path());
        Ranking.Answer answer = gateway.rank(origin, asked.request());
        Replies.json(exchange, 200, asked.write(answer, "rerank-" + origin.requestId()));
    }

    private void score(Origin origin, Exchange exchange) throws IOException {
        Ranking.Request asked =
                Rankings.score(Replies.body(exchange, bodyBytesMax), exchange.path());
        Ranking.Answer answer = gateway.rank(origin, asked);
        String id = "score-" + origin.requestId();
        long now = System.currentTimeMillis() / 1_000;
        Replies.json(exchange, 200, Rankings.writeScores(answer, id, now));
    }

    private void loadAdapter(Origin origin, Exchange exchange) throws IOException {
        Members members = Members.of(Replies.body(exchange, bodyBytesMax), exchange.path());
        String name = required(members, "lora_name", exchange);
        String path = required(members, "lora_path", exchange);
        residence.adapt(
                origin,
                (engine, context) ->
                        engine.loadAdapter(name, path, members.text("base_model_name"), context));
        Replies.text(exchange, "Success: LoRA adapter '%s' added successfully.".formatted(name));
    }

    private void unloadAdapter(Origin origin, Exchange exchange) throws IOException {
        Members members = Members.of(Replies.body(exchange, bodyBytesMax), exchange.path());
        String name = required(members, "lora_name", exchange);
        residence.adapt(origin, (engine, _) -> engine.unloadAdapter(name));
        Replies.text(exchange, "Success: LoRA adapter '%s' removed successfully.".formatted(name));
    }

    private static String required(Members members, String name, Exchange exchange) {
        String text = members.text(name);
        if (text.isEmpty()) {
            throw Problem.invalid(name + " is missing", exchange.path()).fix("give it as text");
        }
        return text;
    }

    private void tokenize(Origin origin, Exchange exchange) throws IOException {
        Slice body = Replies.body(exchange, bodyBytesMax);
        Members members = Members.of(body, exchange.path());
        boolean texts = members.flag("return_token_strs");
        ModelRequest request =
                members.has("messages")
                        ? ChatRequestReader.read(body, exchange.path())
                        : Completions.read(body, exchange.path());
        InProcess.Tokens tokens =
                residence.ask(
                        origin,
                        request.model(),
                        (engine, model, context) ->
                                engine.tokenize(request.withModel(model), context));
        JsonOut out = new JsonOut().beginObject();
        out.name("count").literal("" + tokens.ids().length);
        out.name("max_model_len").literal("" + tokens.contextMax()).name("tokens").beginArray();
        for (int id : tokens.ids()) {
            out.literal("" + id);
        }
        out.endArray().name("token_strs");
        if (texts) {
            out.beginArray();
            tokens.texts().forEach(out::text);
            out.endArray();
        } else {
            out.literal("null");
        }
        Replies.json(exchange, 200, out.endObject().slice());
    }

    private void detokenize(Origin origin, Exchange exchange) throws IOException {
        Members members = Members.of(Replies.body(exchange, bodyBytesMax), exchange.path());
        String model = required(members, "model", exchange);
        int[] ids =
                members.array("tokens").stream()
                        .mapToLong(json -> JsonCursor.read(json, "tokens", JsonCursor::integer))
                        .mapToInt(EngineSurface::id)
                        .toArray();
        String text =
                residence.ask(
                        origin,
                        model,
                        (engine, name, context) -> engine.detokenize(name, ids, context));
        Replies.json(
                exchange,
                200,
                new JsonOut().beginObject().name("prompt").text(text).endObject().slice());
    }

    private static int id(long number) {
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw Problem.invalid("there is no token " + number, "tokens").fix("give token ids");
        }
        return (int) number;
    }

    private static void problem(Exchange exchange, Problem problem) throws IOException {
        Replies.problem(exchange, problem, Errors.write(problem, exchange.requestId()));
    }
}
