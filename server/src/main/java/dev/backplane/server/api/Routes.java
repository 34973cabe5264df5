package dev.backplane.server.api;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.gateway.batch.Batches;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.response.Background;
import dev.backplane.gateway.response.Conversations;
import dev.backplane.gateway.response.Responses;
import dev.backplane.gateway.surface.AnthropicSurface;
import dev.backplane.gateway.surface.BatchesSurface;
import dev.backplane.gateway.surface.ConversationsSurface;
import dev.backplane.gateway.surface.EngineSurface;
import dev.backplane.gateway.surface.FilesSurface;
import dev.backplane.gateway.surface.ModelsSurface;
import dev.backplane.gateway.surface.OllamaSurface;
import dev.backplane.gateway.surface.OpenAiSurface;
import dev.backplane.gateway.surface.ResponsesSurface;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import dev.backplane.ingest.PriceTable;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.pull.Pulls;
import dev.backplane.local.library.pull.Pushes;
import dev.backplane.local.library.surface.LibrarySurface;
import dev.backplane.server.auth.Auth;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.auth.Registry;
import dev.backplane.server.auth.Scope;
import dev.backplane.server.config.Config;
import dev.backplane.server.dataset.DatasetStore;
import dev.backplane.store.TraceStore;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.web.WebFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Which path leads to which surface, with which scope.
public final class Routes {
    /// What the surfaces work on.
    ///
    /// @param temporary directory for files that live as long as a request
    /// @param audit whether changes are recorded
    /// @param dashboards the object that holds them
    /// @param config in force at the moment
    /// @param providers that the gateway has at the moment
    public record Parts(
            TraceStore store,
            FileStore files,
            Batches batches,
            Registry registry,
            Auth auth,
            IngestBudget budget,
            PriceTable prices,
            Meter meter,
            Path temporary,
            long otlpBytesMax,
            long requestBytesMax,
            long fileBytesMax,
            long overflowBytesMax,
            SqlLimits sqlLimits,
            boolean audit,
            Gateway gateway,
            Library library,
            Pulls pulls,
            Pushes pushes,
            Supplier<List<Config.ModelProvider>> providers,
            Responses responses,
            Background background,
            Conversations conversations,
            SharedObject dashboards,
            DatasetStore datasets,
            Supplier<Config> config,
            String version,
            BooleanSupplier ready) {
        private Kept kept() {
            return new Kept(store, files, datasets, conversations, background);
        }
    }

    /// A surface's method.
    private interface Action {
        void run(Caller caller, Exchange exchange) throws IOException;
    }

    /// What is asked for by `POST` and only ends something.
    private static final Set<String> ENDINGS =
            Set.of(
                    "/v1/batches/{batch}/cancel",
                    "/v1/responses/{response}/cancel",
                    "/v1/unload_lora_adapter",
                    "/api/v1/models/close");

    private static final String[] LIST = {"filter", "since", "until", "cursor", "limit"};
    private static final String[] SEARCH = {"q", "since", "until", "cursor", "limit"};

    private final Parts parts;
    private final Intake intake;
    private final Audit audit;
    private final OtlpApi otlp;
    private final OperationsApi operations;

    public Routes(Parts parts) {
        this.parts = parts;
        intake =
                new Intake(
                        parts.store(),
                        new Quotas(parts.kept(), parts.registry()),
                        parts.prices(),
                        parts.meter());
        audit = new Audit(parts.store(), parts.audit());
        otlp = new OtlpApi(parts.auth(), intake, parts.budget(), parts.otlpBytesMax());
        operations = new OperationsApi(parts.meter(), parts.ready(), parts.version());
    }

    /// For the OTLP/gRPC port.
    public Handler otlpGrpc() {
        return Router.builder().post(OtlpApi.GRPC_PATH, otlp.grpc()).build();
    }

    /// For the OTLP/HTTP port.
    public Handler otlpHttp() {
        return Router.builder()
                .post("/v1/traces", otlp::http)
                .get("/health", operations::health)
                .build();
    }

    /// For the main port: everything.
    public Handler main() {
        Router.Builder routes =
                Router.builder()
                        .get("/health", operations::health)
                        .get("/ready", operations::ready)
                        .get(
                                "/metrics",
                                as(Scope.READ, (_, exchange) -> operations.metrics(exchange)))
                        .post("/v1/traces", otlp::http)
                        .post(OtlpApi.GRPC_PATH, otlp.grpc());
        WebFiles.routes(routes);
        ingest(routes);
        braintrust(routes);
        read(routes);
        administer(routes);
        models(routes);
        return routes.build();
    }

    private void ingest(Router.Builder routes) {
        WriteApi write =
                new WriteApi(parts.store(), intake, parts.budget(), parts.requestBytesMax());
        ImportApi imports =
                new ImportApi(parts.store(), intake, parts.budget(), InstantSource.system());
        routes.post("/api/v1/spans", as(Scope.INGEST, write::lines))
                .put("/api/v1/spans/{trace}/{span}/{field}", as(Scope.INGEST, write::upload))
                .post("/api/v1/spans/{trace}/{span}/feedback", as(Scope.INGEST, write::feedback))
                .post("/api/v1/import", as(Scope.INGEST, imports::run, "name"))
                .delete("/api/v1/traces/{trace}", recorded(write::deleteTrace))
                .delete("/api/v1/spans/{trace}/{span}", recorded(write::deleteSpan));
    }

    private void braintrust(Router.Builder routes) {
        BraintrustApi braintrust =
                new BraintrustApi(
                        parts.store(),
                        intake,
                        parts.budget(),
                        new OverflowSpool(parts.temporary().resolve("overflow")),
                        parts.requestBytesMax(),
                        parts.overflowBytesMax(),
                        parts.version());
        BraintrustLogin login = new BraintrustLogin();
        routes.get("/version", braintrust::version)
                .post("/logs3", foreign(braintrust::insert))
                .post("/logs3/overflow", foreign(braintrust::reserve))
                .put("/logs3/overflow/{key}", braintrust::upload)
                .post("/api/apikey/login", foreign(login::login))
                .post("/api/project/register", foreign(login::register))
                .post("/api/project/get", foreign(login::get))
                .post("/v1/project", foreign(login::create))
                .get("/v1/project/{project}", foreign(login::show));
    }

    private void read(Router.Builder routes) {
        ReadApi read = new ReadApi(parts.store());
        TreeApi tree = new TreeApi(parts.store());
        SqlApi sql =
                new SqlApi(parts.store(), parts.sqlLimits(), parts.temporary().resolve("results"));
        datasets(routes);
        DashboardApi dashboards = new DashboardApi(parts.dashboards());
        routes.get("/api/v1/dashboards", as(Scope.READ, dashboards::list))
                .put("/api/v1/dashboards/{name}", as(Scope.INGEST, dashboards::put))
                .delete("/api/v1/dashboards/{name}", as(Scope.INGEST, dashboards::delete));
        routes.get("/api/v1/traces", as(Scope.READ, read::traces, LIST))
                .get(
                        "/api/v1/traces/{trace}",
                        as(Scope.READ, tree::tree, "offset", "limit", "q", "only", "span"))
                .get(
                        "/api/v1/traces/{trace}/totals",
                        as(Scope.READ, tree::totals, "offset", "limit"))
                .get(
                        "/api/v1/traces/{trace}/flame",
                        as(Scope.READ, tree::flame, "from", "to", "columns", "lane", "lanes"))
                .get(
                        "/api/v1/traces/{trace}/conversation",
                        as(Scope.READ, tree::conversation, "span", "from", "limit"))
                .get("/api/v1/spans", as(Scope.READ, read::spans, LIST))
                .get("/api/v1/spans/{trace}/{span}", as(Scope.READ, read::span, "payload_bytes"))
                .get("/api/v1/spans/{trace}/{span}/{field}", as(Scope.READ, read::field))
                .get("/api/v1/search", as(Scope.READ, read::search, SEARCH))
                .post("/api/v1/sql", as(Scope.READ, sql::run));
    }

    private void datasets(Router.Builder routes) {
        DatasetApi api =
                new DatasetApi(parts.store(), parts.datasets(), intake, InstantSource.system());
        String one = "/api/v1/datasets/{name}";
        routes.get("/api/v1/datasets", as(Scope.READ, api::list))
                .get(one, as(Scope.READ, api::show))
                .put(one, as(Scope.INGEST, api::put))
                .delete(one, as(Scope.INGEST, api::delete))
                .get(one + "/rows", as(Scope.READ, api::rows, "offset", "limit"))
                .post(one + "/rows", as(Scope.INGEST, api::add))
                .get(one + "/rows/{id}", as(Scope.READ, api::row))
                .put(one + "/rows/{id}", as(Scope.INGEST, api::changeRow))
                .delete(one + "/rows/{id}", as(Scope.INGEST, api::removeRow))
                .get(one + "/export", as(Scope.READ, api::export, "format", "thoughts"));
    }

    private void administer(Router.Builder routes) {
        AdminApi admin =
                new AdminApi(
                        parts.kept(),
                        parts.batches(),
                        parts.background(),
                        parts.registry(),
                        InstantSource.system());
        StoreApi store =
                new StoreApi(
                        parts.store(),
                        parts.sqlLimits().memoryBytes(),
                        parts.temporary().resolve("results"));
        StatusApi status =
                new StatusApi(parts.version(), parts.ready(), parts.temporary(), parts.config());
        routes.get("/api/v1/status", as(Scope.READ, status::status))
                .get("/api/v1/config", as(Scope.ADMIN, status::config));
        routes.get("/api/v1/projects", as(Scope.READ, admin::projects))
                .post("/api/v1/projects", recorded(admin::createProject))
                .put("/api/v1/projects/{name}", recorded(admin::changeProject))
                .delete("/api/v1/projects/{name}", recorded(admin::deleteProject))
                .get("/api/v1/keys", as(Scope.ADMIN, admin::keys))
                .post("/api/v1/keys", recorded(admin::createKey))
                .delete("/api/v1/keys/{id}", recorded(admin::deleteKey))
                .get("/api/v1/store/stats", as(Scope.READ, store::stats))
                .post("/api/v1/store/compact", recorded(store::compact))
                .post("/api/v1/store/verify", as(Scope.ADMIN, store::verify))
                .get("/api/v1/store/export", as(Scope.READ, store::export, "format", "filter"));
    }

    private void models(Router.Builder routes) {
        Gateway gateway = parts.gateway();
        long bytesMax = parts.requestBytesMax();
        new ModelsSurface(gateway, this::origin).routes(routes);
        new OpenAiSurface(gateway, this::origin, bytesMax).routes(routes);
        new AnthropicSurface(gateway, this::origin, bytesMax).routes(routes);
        LibrarySurface library =
                new LibrarySurface(
                        parts.library(),
                        parts.pulls(),
                        parts.pushes(),
                        action -> recorded((_, exchange) -> action.handle(exchange)),
                        action -> as(Scope.ADMIN, (_, exchange) -> action.handle(exchange)));
        new OllamaSurface(gateway, this::origin, bytesMax, library).routes(routes);
        new EngineSurface(
                        gateway,
                        this::origin,
                        bytesMax,
                        action -> recorded((_, exchange) -> action.handle(exchange)))
                .routes(routes);
        new BatchesSurface(parts.batches(), this::origin).routes(routes);
        new FilesSurface(
                        parts.files(),
                        this::origin,
                        parts.temporary().resolve("files"),
                        parts.fileBytesMax())
                .routes(routes);
        new ResponsesSurface(parts.responses(), this::origin, bytesMax).routes(routes);
        new ConversationsSurface(parts.conversations(), this::origin, bytesMax).routes(routes);
        RouteApi api = new RouteApi(gateway);
        ProviderApi providers = new ProviderApi(gateway, parts.providers());
        UsageApi usage = new UsageApi(parts.store(), parts.sqlLimits());
        routes.get("/api/v1/usage", as(Scope.READ, usage::usage, "by", "since", "until"))
                .get("/api/v1/providers", as(Scope.READ, providers::providers))
                .post("/api/v1/providers/test", recorded(providers::test))
                .get("/api/v1/routes", as(Scope.READ, api::explain, "model"));
    }

    private Origin origin(Exchange exchange) {
        Caller caller = parts.auth().authorize(exchange, Scope.CALL);
        // Who is above the quota may still look, delete, and end what is under way.
        if (exchange.method().equals("POST") && !ENDINGS.contains(exchange.route())) {
            intake.admit(caller);
        }
        return new Origin(
                caller.project(),
                exchange.requestId(),
                caller.key(),
                exchange.header("User-Agent").orElse(""),
                exchange.header("traceparent").orElse(""),
                Sessions.of(exchange),
                CallHeaders.tags(exchange),
                new CallHeaders(exchange),
                exchange.presence(),
                Optional.empty());
    }

    /// An action of this API.
    ///
    /// @param parameters of the query that it knows; any other is refused
    private Handler as(Scope scope, Action action, String... parameters) {
        List<String> known = List.of(parameters);
        return exchange -> {
            Caller caller = parts.auth().authorize(exchange, scope);
            Parameters.requireOnly(exchange, known);
            action.run(caller, exchange);
        };
    }

    /// An action of somebody else's API, whose callers may say more than is understood here.
    private Handler foreign(Action action) {
        return exchange -> action.run(parts.auth().authorize(exchange, Scope.INGEST), exchange);
    }

    /// An administrator's action that leaves a span.
    private Handler recorded(Action action) {
        return exchange -> {
            Caller caller = parts.auth().authorize(exchange, Scope.ADMIN);
            Parameters.requireOnly(exchange, List.of());
            Instant start = Instant.now();
            boolean failed = true;
            try {
                action.run(caller, exchange);
                failed = false;
            } catch (Problem problem) {
                exchange.status(problem.kind().httpStatus());
                throw problem;
            } finally {
                audit.record(caller, exchange, start, failed);
            }
        };
    }
}
