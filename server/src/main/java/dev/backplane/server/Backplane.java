package dev.backplane.server;

import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.gateway.batch.Batches;
import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.Inlining;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.response.Background;
import dev.backplane.gateway.response.Conversations;
import dev.backplane.gateway.response.ResponseStore;
import dev.backplane.gateway.response.Responses;
import dev.backplane.gateway.surface.BatchEndpoints;
import dev.backplane.http.HttpServer;
import dev.backplane.ingest.PriceTable;
import dev.backplane.local.ModelSource;
import dev.backplane.s3.S3Config;
import dev.backplane.s3.S3ObjectStore;
import dev.backplane.server.api.BatchGate;
import dev.backplane.server.api.IngestBudget;
import dev.backplane.server.api.Kept;
import dev.backplane.server.api.Routes;
import dev.backplane.server.api.TraceResponses;
import dev.backplane.server.auth.ApiKey;
import dev.backplane.server.auth.Auth;
import dev.backplane.server.auth.KeyLimits;
import dev.backplane.server.auth.Registry;
import dev.backplane.server.auth.Scope;
import dev.backplane.server.config.Config;
import dev.backplane.server.dataset.DatasetStore;
import dev.backplane.store.TraceStore;
import dev.backplane.store.database.StoreOptions;
import dev.backplane.store.database.TraceDatabase;
import dev.backplane.store.sql.SqlLimits;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The running process: everything that [Config] asks for, wired.
public final class Backplane implements AutoCloseable {
    /// Of this build.
    public static final String VERSION = "0.1.0";

    private static final System.Logger LOG = System.getLogger(Backplane.class.getName());
    private static final Duration LAST_CALLS = Duration.ofSeconds(10);
    private static final Duration DRAIN = Duration.ofSeconds(20);
    private static final String MAIN = "main";
    private static final String OTLP_GRPC = "otlp_grpc";
    private static final String OTLP_HTTP = "otlp_http";

    /// How a trace store comes into being on the objects of a store.
    @FunctionalInterface
    public interface StoreOpener {
        /// @param local directory of this process on its own disk
        TraceStore open(ObjectStore objects, Path local, Meter meter) throws IOException;
    }

    private volatile Config config;
    private final Meter meter = new Meter();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final AtomicBoolean ready = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();
    private Optional<HttpServer> http = Optional.empty();
    private Optional<Auth> auth = Optional.empty();
    private Optional<LiveRules> rules = Optional.empty();
    private Optional<Models> models = Optional.empty();

    private Backplane(Config config) {
        this.config = config;
    }

    /// As [#start(Config, StoreOpener, Consumer)], with the trace database.
    public static Backplane start(Config config, Consumer<String> progress) {
        return start(
                config,
                (objects, local, meter) -> database(config.limits(), objects, local, meter),
                progress);
    }

    private static TraceStore database(
            Config.Limits limits, ObjectStore objects, Path local, Meter meter) throws IOException {
        StoreOptions options = StoreOptions.of(local).withColumnBytes(limits.listMemoryBytes());
        return TraceDatabase.open(
                objects instanceof LocalObjectStore ? options : options.withLogInObjectStore(),
                objects,
                HybridClock.system(),
                meter);
    }

    /// Opens the store and the sockets; when this returns, requests are served.
    ///
    /// @param progress told what happens, a line each, for people
    /// @throws Problem that says what keeps it from starting
    public static Backplane start(Config config, StoreOpener opener, Consumer<String> progress) {
        Backplane backplane = new Backplane(config);
        try {
            backplane.open(opener, progress);
            return backplane;
        } catch (IOException e) {
            backplane.close();
            throw Problem.of(
                            Problem.Kind.CONFIG,
                            "store cannot be opened: " + reason(e),
                            where(config))
                    .fix("check that the directory or bucket exists and can be written")
                    .causedBy(e);
        } catch (RuntimeException e) {
            backplane.close();
            throw e;
        }
    }

    /// In words; the messages of these exceptions are paths.
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "a file or directory is missing";
            case AccessDeniedException _ -> "permission is denied";
            case NotDirectoryException _, FileAlreadyExistsException _ ->
                    "a file is where a directory should be";
            case FileSystemException failed when failed.getReason() != null ->
                    failed.getReason().toLowerCase(Locale.ROOT);
            default -> "reading or writing failed";
        };
    }

    private static boolean objectsInData(Config config) {
        return config.store() instanceof Config.Store.Directory(Path path)
                && path.startsWith(config.data());
    }

    private static String where(Config config) {
        return switch (config.store()) {
            case Config.Store.Directory(Path path) -> path.toString();
            case Config.Store.Bucket bucket -> "s3://" + bucket.bucket() + "/" + bucket.prefix();
        };
    }

    private void open(StoreOpener opener, Consumer<String> progress) throws IOException {
        Path local = Files.createDirectories(config.data().resolve("local"));
        ObjectStore objects = opened(objects());
        Registry registry = Registry.open(objects);
        Auth auth = new Auth(registry, keys(config), config.loopbackWithoutKey());
        auth.requireKeysFor(hosts());
        progress.accept("data      " + config.data());
        if (!objectsInData(config)) {
            progress.accept("store     " + where(config));
        }
        TraceStore store = opened(opener.open(objects, local, meter));
        Path temporary = emptied(config.data().resolve("tmp"));
        FileStore files = new FileStore(objects, InstantSource.system(), meter);
        LiveRules rules = new LiveRules(auth, config.models().limits());
        this.auth = Optional.of(auth);
        this.rules = Optional.of(rules);
        Limiter limiter = new Limiter(rules, InstantSource.system(), meter);
        opened(Ledger.open(objects, store, limiter, meter));
        Routes.Parts parts = parts(objects, store, files, registry, auth, limiter, temporary);
        Routes routes = new Routes(parts);
        // After the batches, which hold files that would expire.
        opened(
                RetentionLoop.start(
                        List.of(
                                new RetentionLoop.Kept(store::projects, store::expire),
                                new RetentionLoop.Kept(
                                        parts.conversations()::projects,
                                        parts.conversations()::expire)),
                        List.of(files::sweep, parts.batches()::sweep, parts.background()::sweep),
                        registry,
                        config.retentionDays(),
                        InstantSource.system()));
        HttpServer server = opened(HttpServer.start(listeners(routes), meter));
        http = Optional.of(server);
        ready.set(true);
        announce(server, progress);
    }

    /// Whatever an earlier run left here belongs to requests that are gone.
    private static Path emptied(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(directory)) {
                    Files.delete(file);
                }
            }
        }
        return directory;
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    private ObjectStore objects() throws IOException {
        return switch (config.store()) {
            case Config.Store.Directory(Path path) -> {
                Files.createDirectories(path);
                yield LocalObjectStore.open(path);
            }
            case Config.Store.Bucket bucket ->
                    S3ObjectStore.open(
                            new S3Config(
                                    bucket.bucket(),
                                    bucket.prefix(),
                                    bucket.region(),
                                    bucket.endpoint().map(URI::create),
                                    bucket.pathStyle(),
                                    Optional.empty()));
        };
    }

    private static List<ApiKey> keys(Config config) {
        List<ApiKey> keys = new ArrayList<>();
        config.apiKey()
                .ifPresent(secret ->
                        keys.add(
                                key(
                                        "BACKPLANE_API_KEY",
                                        secret,
                                        Set.of(Scope.ADMIN),
                                        ApiKey.ALL_PROJECTS,
                                        KeyLimits.NONE)));
        for (Config.Key key : config.keys()) {
            keys.add(key(key.name(), key.secret(), key.scopes(), key.project(), key.limits()));
        }
        return keys;
    }

    private static ApiKey key(
            String name, String secret, Set<Scope> scopes, String project, KeyLimits limits) {
        return new ApiKey(name, name, ApiKey.hash(secret), scopes, project, 0, limits);
    }

    private List<String> hosts() {
        List<String> hosts = new ArrayList<>();
        hosts.add(config.listen().host());
        config.otlpGrpc().ifPresent(address -> hosts.add(address.host()));
        config.otlpHttp().ifPresent(address -> hosts.add(address.host()));
        return hosts;
    }

    private Routes.Parts parts(
            ObjectStore objects,
            TraceStore store,
            FileStore files,
            Registry registry,
            Auth auth,
            Limiter limiter,
            Path temporary)
            throws IOException {
        Config.Limits limits = config.limits();
        PriceTable prices = config.prices().map(PriceTable::load).orElseGet(PriceTable::bundled);
        LocalLibrary library = opened(LocalLibrary.open(config.library(), VERSION, meter));
        Models models = opened(models(store, files, prices, limiter, library.models()));
        ResponseStore kept =
                config.models().content() == ContentPolicy.FULL
                        ? new TraceResponses(store)
                        : ResponseStore.NONE;
        Conversations conversations =
                new Conversations(
                        objects, kept.keeps(), limits.requestBytes(), InstantSource.system());
        Background background =
                opened(
                        Background.open(
                                new Background.Parts(
                                        models.gateway(),
                                        kept,
                                        objects,
                                        temporary.resolve("responses"),
                                        LAST_CALLS,
                                        InstantSource.system(),
                                        meter)));
        Responses responses =
                new Responses(
                        models.gateway(), kept, conversations, background, InstantSource.system());
        DatasetStore datasets = new DatasetStore(objects, InstantSource.system());
        Kept owned = new Kept(store, files, datasets, conversations, background);
        Batches.Settings settings =
                new Batches.Settings(
                        BatchEndpoints.all(models.gateway(), responses),
                        new BatchGate(owned, registry, auth, models.gateway()),
                        limits.batchCalls(),
                        (int) Math.min(limits.requestBytes(), Integer.MAX_VALUE / 2),
                        temporary.resolve("batches"),
                        Duration.ofDays(limits.batchDays()),
                        LAST_CALLS);
        Batches batches =
                opened(Batches.open(objects, files, settings, InstantSource.system(), meter));
        return new Routes.Parts(
                store,
                files,
                batches,
                registry,
                auth,
                new IngestBudget(limits.ingestMemoryBytes(), meter),
                prices,
                meter,
                temporary,
                limits.otlpBytes(),
                limits.requestBytes(),
                limits.fileBytes(),
                limits.ingestMemoryBytes() / 3,
                new SqlLimits(limits.sqlTime(), limits.sqlRows(), limits.sqlMemoryBytes()),
                config.audit(),
                models.gateway(),
                library.library(),
                library.pulls(),
                library.pushes(),
                models::providers,
                responses,
                background,
                conversations,
                new SharedObject(objects, "meta/dashboards.json"),
                datasets,
                () -> config,
                VERSION,
                ready::get);
    }

    private Models models(
            TraceStore store,
            FileStore files,
            PriceTable prices,
            Limiter limiter,
            ModelSource pulled) {
        Models opening =
                Models.open(
                        config.models(),
                        store,
                        prices,
                        limiter,
                        new Inlining(files, config.limits().requestBytes()),
                        List.of(pulled),
                        meter);
        models = Optional.of(opening);
        return opening;
    }

    /// Takes keys, providers, models and limits of calls from another configuration, for requests
    /// from now on; those that run go on as they began.
    ///
    /// @throws Problem `CONFIG`; nothing is changed then
    synchronized void apply(Config changed) {
        auth.orElseThrow().change(keys(changed), hosts());
        rules.orElseThrow().change(changed.models().limits());
        models.orElseThrow().change(changed.models());
        if (config.needsRestart(changed)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "of the changed configuration only keys, providers, models and limits of calls"
                            + " are in force; the rest is at the next start");
        }
        config = config.withCalls(changed);
    }

    /// Looks at the configuration file from now on, and applies what changes there.
    ///
    /// @param load reads the whole configuration as at the start
    public void watch(Path file, Supplier<Config> load) {
        opened(new ConfigWatch(file, load, this::apply, meter)).start();
    }

    private List<HttpServer.Listener> listeners(Routes routes) {
        List<HttpServer.Listener> listeners = new ArrayList<>();
        Config.Address main = config.listen();
        listeners.add(new HttpServer.Listener(MAIN, main.host(), main.port(), routes.main()));
        config.otlpGrpc()
                .ifPresent(address ->
                        listeners.add(
                                new HttpServer.Listener(
                                        OTLP_GRPC,
                                        address.host(),
                                        address.port(),
                                        routes.otlpGrpc())));
        config.otlpHttp()
                .ifPresent(address ->
                        listeners.add(
                                new HttpServer.Listener(
                                        OTLP_HTTP,
                                        address.host(),
                                        address.port(),
                                        routes.otlpHttp())));
        return listeners;
    }

    private void announce(HttpServer server, Consumer<String> progress) {
        progress.accept("listening http://" + address(config.listen().host(), server.port(MAIN)));
        config.otlpGrpc()
                .ifPresent(grpc ->
                        progress.accept(
                                "OTLP/gRPC " + address(grpc.host(), server.port(OTLP_GRPC))));
        config.otlpHttp()
                .ifPresent(plain ->
                        progress.accept(
                                "OTLP/HTTP http://"
                                        + address(plain.host(), server.port(OTLP_HTTP))));
        announceModels(progress);
        progress.accept(
                "send      any OpenTelemetry SDK with its default endpoint, or"
                        + " OTEL_EXPORTER_OTLP_ENDPOINT=http://"
                        + address(config.listen().host(), server.port(MAIN)));
        progress.accept("stop      Ctrl-C");
        LOG.log(System.Logger.Level.INFO, "serving, version {0}", VERSION);
    }

    private void announceModels(Consumer<String> progress) {
        Config.Models models = config.models();
        List<String> providers =
                models.providers().stream().map(Config.ModelProvider::name).toList();
        if (!providers.isEmpty()) {
            boolean isFound = models.discovered().local().containsAll(providers);
            progress.accept(
                    "models    "
                            + models.models().stream()
                                    .map(model -> model.name() + ", ")
                                    .collect(Collectors.joining())
                            + "any as PROVIDER/MODEL of "
                            + String.join(", ", providers)
                            + (isFound ? ", if they run here" : ""));
        }
        if (!models.discovered().unusedKeys().isEmpty()) {
            progress.accept(
                    "          "
                            + String.join(", ", models.discovered().unusedKeys())
                            + " in the environment: used with --discover keys only");
        }
    }

    private static String address(String host, int port) {
        return new Config.Address(host, port).toString();
    }

    /// The port of the main listener, which knows every path.
    public int port() {
        return port(MAIN);
    }

    public int otlpGrpcPort() {
        return port(OTLP_GRPC);
    }

    public int otlpHttpPort() {
        return port(OTLP_HTTP);
    }

    private int port(String listener) {
        return http.orElseThrow(() -> new IllegalStateException("not started")).port(listener);
    }

    public Meter meter() {
        return meter;
    }

    /// Closes on SIGTERM and SIGINT from now on. To be called before anybody is told that the
    /// server serves: who knows its address may stop it.
    public void closeWhenProcessStops() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "shutdown"));
    }

    /// Waits until it is closed.
    public void awaitClosed() throws InterruptedException {
        closed.await();
    }

    /// Stops accepting, lets running requests end, closes the store. May be called twice.
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        ready.set(false);
        http.ifPresent(server -> server.stop(DRAIN));
        while (!opened.isEmpty()) {
            AutoCloseable part = opened.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0} did not close: {1}",
                        part.getClass().getSimpleName(),
                        e.getClass().getName());
            }
        }
        LOG.log(System.Logger.Level.INFO, "stopped");
        closed.countDown();
    }
}
