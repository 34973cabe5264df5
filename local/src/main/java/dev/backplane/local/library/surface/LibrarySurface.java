package dev.backplane.local.library.surface;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.surface.OllamaLibrary;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import dev.backplane.local.library.Creation;
import dev.backplane.local.library.Digest;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.ModelName;
import dev.backplane.local.library.pull.Pulls;
import dev.backplane.local.library.pull.Pushes;
import dev.backplane.tensor.gguf.QuantisationScheme;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The library over Ollama's paths.
public final class LibrarySurface implements OllamaLibrary {
    private static final int BODY_BYTES_MAX = 8 << 20;

    private final Library library;
    private final Pulls pulls;
    private final Pushes pushes;
    private final UnaryOperator<Handler> change;
    private final UnaryOperator<Handler> look;

    /// @param change makes a handler one for those who may change the library
    /// @param look the same for those who may know what is in it
    public LibrarySurface(
            Library library,
            Pulls pulls,
            Pushes pushes,
            UnaryOperator<Handler> change,
            UnaryOperator<Handler> look) {
        this.library = library;
        this.pulls = pulls;
        this.pushes = pushes;
        this.change = change;
        this.look = look;
    }

    @Override
    public List<Entry> entries() {
        return library.list().stream()
                .map(model -> new Entry(model.name().toString(), ModelJson.entry(model)))
                .toList();
    }

    @Override
    public Optional<Slice> show(String name) {
        return library.find(name).map(model -> ModelJson.show(library, model));
    }

    @Override
    public void routes(Router.Builder routes) {
        routes.post("/api/pull", changing(this::pull))
                .post("/api/push", changing(this::push))
                .post("/api/create", changing(this::create))
                .post("/api/copy", changing(this::copy))
                .delete("/api/delete", changing(this::delete))
                .post("/api/blobs/{digest}", changing(this::receive))
                .get("/api/blobs/{digest}", as(look, this::hasBlob));
    }

    private Handler changing(Handler handler) {
        return as(change, handler);
    }

    private static Handler as(UnaryOperator<Handler> permission, Handler handler) {
        Handler permitted = permission.apply(handler);
        return exchange -> {
            exchange.answerProblemsWith(ErrorJson::send);
            permitted.handle(exchange);
        };
    }

    private static JsonTree.Fields body(Exchange exchange) throws IOException {
        Slice bytes;
        try (InputStream in = exchange.body(BodyLimits.buffered(BODY_BYTES_MAX))) {
            bytes = Slice.read(in, exchange.contentLength(), Integer.MAX_VALUE - 8);
        }
        String text = new String(bytes.bytes(), StandardCharsets.UTF_8);
        if (JsonTree.parse(text, exchange.path()) instanceof JsonTree.Fields fields) {
            return fields;
        }
        throw Problem.invalid("body is no object", exchange.path()).fix("send a JSON object");
    }

    /// Older clients say `name`.
    private static ModelName model(JsonTree.Fields body, String where) {
        String model = text(body, "model");
        String name = model.isEmpty() ? text(body, "name") : model;
        if (name.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model");
        }
        return ModelName.parse(name);
    }

    /// Empty where it is absent or null.
    private static String text(JsonTree.Fields body, String name) {
        return switch (body.find(name).orElse(JsonTree.NOTHING)) {
            case JsonTree.Text(String value) -> value;
            case JsonTree.Nothing _ -> "";
            case JsonTree other ->
                    throw Problem.invalid("%s is %s".formatted(name, other.kind()), name)
                            .fix("send a text, or leave it out");
        };
    }

    private static boolean streams(JsonTree.Fields body) {
        return !body.find("stream").orElse(JsonTree.NOTHING).equals(new JsonTree.Flag(false));
    }

    private void pull(Exchange exchange) throws IOException {
        JsonTree.Fields body = body(exchange);
        ModelName name = model(body, exchange.path());
        StatusLines lines = new StatusLines(exchange, streams(body), "pulling");
        lines.run(() -> pulls.pull(name, lines));
    }

    private void push(Exchange exchange) throws IOException {
        JsonTree.Fields body = body(exchange);
        ModelName name = model(body, exchange.path());
        StatusLines lines = new StatusLines(exchange, streams(body), "pushing");
        lines.run(() -> pushes.push(name, lines));
    }

    private void create(Exchange exchange) throws IOException {
        JsonTree.Fields body = body(exchange);
        String where = exchange.path();
        ModelName name = model(body, where);
        String from = text(body, "from");
        String quantize = text(body, "quantize");
        Creation creation =
                new Creation(
                        name,
                        from.isEmpty() ? Optional.empty() : Optional.of(ModelName.parse(from)),
                        digests(body, "files", where),
                        digests(body, "adapters", where),
                        member(body, "template"),
                        member(body, "system"),
                        licenses(body),
                        object(body, "parameters", where),
                        body.find("messages").filter(JsonTree.Items.class::isInstance),
                        quantize.isEmpty()
                                ? Optional.empty()
                                : Optional.of(QuantisationScheme.of(quantize)));
        StatusLines lines = new StatusLines(exchange, streams(body), "quantizing");
        lines.run(() -> {
            creation.create(library, lines::progress);
            lines.status("writing manifest");
            lines.status("success");
        });
    }

    private static Optional<String> member(JsonTree.Fields body, String name) {
        return body.find(name).isPresent() ? Optional.of(text(body, name)) : Optional.empty();
    }

    private static List<String> licenses(JsonTree.Fields body) {
        return switch (body.find("license").orElse(JsonTree.NOTHING)) {
            case JsonTree.Text(String text) -> text.isEmpty() ? List.of() : List.of(text);
            case JsonTree.Items(List<JsonTree> items) ->
                    items.stream()
                            .filter(JsonTree.Text.class::isInstance)
                            .map(item -> ((JsonTree.Text) item).value())
                            .toList();
            case JsonTree.Number _, JsonTree.Flag _, JsonTree.Nothing _, JsonTree.Fields _ ->
                    List.of();
        };
    }

    private static Map<String, JsonTree> object(JsonTree.Fields body, String name, String where) {
        JsonTree value = body.find(name).orElse(JsonTree.NOTHING);
        if (value instanceof JsonTree.Fields(Map<String, JsonTree> values)) {
            return values;
        }
        if (value instanceof JsonTree.Nothing) {
            return Map.of();
        }
        throw Problem.invalid(name + " is " + value.kind(), where).fix("send an object");
    }

    private static Map<String, Digest> digests(JsonTree.Fields body, String name, String where) {
        Map<String, Digest> digests = new LinkedHashMap<>();
        object(body, name, where)
                .forEach((file, value) -> {
                    if (!(value instanceof JsonTree.Text(String digest))) {
                        throw Problem.invalid("file without a digest", where + ": " + name)
                                .fix("send {\"FILE\":\"sha256:…\"}");
                    }
                    digests.put(file, Digest.parse(digest, where + ": " + name));
                });
        return digests;
    }

    private void copy(Exchange exchange) throws IOException {
        JsonTree.Fields body = body(exchange);
        library.copy(
                ModelName.parse(text(body, "source")), ModelName.parse(text(body, "destination")));
        exchange.status(200);
    }

    private void delete(Exchange exchange) throws IOException {
        library.remove(model(body(exchange), exchange.path()));
        exchange.status(200);
    }

    private void receive(Exchange exchange) throws IOException {
        Digest digest = Digest.parse(exchange.parameter("digest"), "digest");
        if (Files.exists(library.own().blob(digest))) {
            exchange.status(200);
            return;
        }
        try (InputStream in = exchange.body(BodyLimits.STREAM)) {
            library.own().add(digest, in, exchange.contentLength());
        }
        exchange.status(201);
    }

    private void hasBlob(Exchange exchange) {
        Digest digest = Digest.parse(exchange.parameter("digest"), "digest");
        if (!Files.exists(library.own().blob(digest))) {
            throw Problem.notFound("no blob " + digest, "blobs")
                    .fix("send it: POST /api/blobs/" + digest);
        }
        exchange.status(200);
    }
}
