package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.http.Loopback;
import dev.backplane.ingest.PriceTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Puts a [Config] together.
public final class ConfigLoader {
    /// What the command line said; empty for what it left open.
    public record Overrides(
            Optional<Path> config,
            Optional<Path> data,
            Optional<String> listen,
            Optional<String> otlpGrpc,
            Optional<String> otlpHttp,
            Optional<String> discover) {
        /// With nothing said of what to discover.
        public Overrides(
                Optional<Path> config,
                Optional<Path> data,
                Optional<String> listen,
                Optional<String> otlpGrpc,
                Optional<String> otlpHttp) {
            this(config, data, listen, otlpGrpc, otlpHttp, Optional.empty());
        }

        public static final Overrides NONE =
                new Overrides(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
    }

    /// What a look at a configuration found.
    ///
    /// @param config if nothing is wrong with it
    /// @param errors all that is wrong, each with file, line, column and what to write instead
    /// @param warnings what can be used, but is hardly meant so
    public record Checked(Optional<Config> config, List<Problem> errors, List<Problem> warnings) {
        public Checked {
            errors = List.copyOf(errors);
            warnings = List.copyOf(warnings);
        }
    }

    private static final Config.Address ANY_PORT = new Config.Address("127.0.0.1", 0);

    private final Map<String, String> environment;
    private final Findings findings = new Findings();
    private final Secrets secrets = new Secrets(this::variable);
    private final KeySettings keys = new KeySettings(secrets, findings);

    private ConfigLoader(Map<String, String> environment) {
        this.environment = environment;
    }

    /// @param environment usually [System#getenv()]
    /// @throws Problem `CONFIG` that says file, line, column and what to write instead: the first
    ///   if there are several
    public static Config load(Map<String, String> environment, Overrides overrides) {
        Checked checked = check(environment, overrides);
        if (checked.config().isPresent()) {
            return checked.config().get();
        }
        Problem first = checked.errors().getFirst();
        int more = checked.errors().size() - 1;
        throw more == 0
                ? first
                : first.fix(
                        "%s; %d more to mend, see backplane config check"
                                .formatted(first.fix(), more));
    }

    /// The same, with all that can be said about it.
    public static Checked check(Map<String, String> environment, Overrides overrides) {
        ConfigLoader loader = new ConfigLoader(environment);
        Findings findings = loader.findings;
        Optional<Path> file = file(environment, overrides);
        Optional<Config> config =
                findings.read(() ->
                        loader.config(
                                file.map(ConfigLoader::read).orElseGet(Settings::empty),
                                overrides));
        if (loader.secrets.inFile()) {
            file.filter(ConfigLoader::isOpenToOthers)
                    .ifPresent(open ->
                            findings.doubt(
                                    Problem.of(
                                                    Problem.Kind.CONFIG,
                                                    "configuration holds keys and others may read"
                                                            + " it",
                                                    open.toString())
                                            .fix("chmod 600, or name variables instead")));
        }
        return new Checked(
                findings.errors().isEmpty() ? config : Optional.empty(),
                findings.errors(),
                findings.warnings());
    }

    /// By its permissions, where the system has such.
    private static boolean isOpenToOthers(Path file) {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            return permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.GROUP_READ);
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /// The file that [#load] reads, if there is one.
    public static Optional<Path> file(Map<String, String> environment, Overrides overrides) {
        ConfigLoader loader = new ConfigLoader(environment);
        return overrides.config().or(() -> loader.variable("BACKPLANE_CONFIG").map(Path::of));
    }

    private static Settings read(Path file) {
        try {
            return Settings.parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw Problem.of(
                            Problem.Kind.CONFIG,
                            "configuration file cannot be read",
                            file.toString())
                    .fix("check that it exists, is readable and is UTF-8")
                    .causedBy(e);
        }
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }

    private Config config(Settings settings, Overrides overrides) {
        Optional<String> dataText = settings.text("data");
        Path data =
                overrides
                        .data()
                        .or(() -> variable("BACKPLANE_DATA").map(ConfigLoader::path))
                        .or(() -> dataText.map(ConfigLoader::path))
                        .orElseGet(() -> path("~/.backplane"))
                        .toAbsolutePath();
        Config config =
                new Config(
                        data,
                        findings.read(
                                () -> store(settings, data), new Config.Store.Directory(data)),
                        findings.read(() -> listen(settings, overrides.listen()), ANY_PORT),
                        findings.read(
                                () ->
                                        address(
                                                settings,
                                                "otlp_grpc",
                                                overrides.otlpGrpc(),
                                                "127.0.0.1:4317"),
                                Optional.empty()),
                        findings.read(
                                () ->
                                        address(
                                                settings,
                                                "otlp_http",
                                                overrides.otlpHttp(),
                                                "127.0.0.1:4318"),
                                Optional.empty()),
                        findings.read(() -> retentionDays(settings), 0),
                        keys.read(settings),
                        keys.admin(variable("BACKPLANE_API_KEY")),
                        flag(settings, "loopback_without_key"),
                        findings.read(() -> models(settings, data, overrides), Config.Models.NONE),
                        library(settings, data),
                        findings.read(() -> limits(settings), Config.Limits.defaults()),
                        prices(settings),
                        flag(settings, "audit"),
                        findings.read(() -> log(settings), Config.LogFormat.HUMAN));
        settings.finish(findings::error);
        lookAtAddresses(config, settings);
        return config;
    }

    private Config.Models models(Settings settings, Path data, Overrides overrides) {
        ModelSettings models = new ModelSettings(secrets, this::variable, data, findings);
        Config.Models read = models.read(settings, overrides.discover(), keys::mayExist);
        keys.lookAtModels(models::isModel);
        return read;
    }

    /// Read here as well, so that a wrong one is found before a start.
    private Optional<Path> prices(Settings settings) {
        Optional<Path> file =
                findings.read(() -> settings.text("prices"), Optional.<String>empty())
                        .map(ConfigLoader::path);
        file.ifPresent(path -> findings.read(() -> PriceTable.load(path)));
        return file;
    }

    private boolean flag(Settings settings, String name) {
        return findings.read(() -> settings.flag(name).orElse(true), true);
    }

    private static int retentionDays(Settings settings) {
        return settings.section("retention")
                .flatMap(retention -> retention.number("days", 36_500))
                .orElse(0L)
                .intValue();
    }

    /// Whether the server would start depends on keys that were made over its API as well.
    private void lookAtAddresses(Config config, Settings settings) {
        boolean isKeyless = config.keys().isEmpty() && config.apiKey().isEmpty();
        List<Config.Address> addresses = new ArrayList<>(List.of(config.listen()));
        config.otlpGrpc().ifPresent(addresses::add);
        config.otlpHttp().ifPresent(addresses::add);
        addresses.stream()
                .filter(address -> isKeyless && !Loopback.is(address.host()))
                .findFirst()
                .ifPresent(address ->
                        findings.doubt(
                                settings.doubt(
                                                "listen",
                                                "opens "
                                                        + address
                                                        + " to others, and no key is configured")
                                        .fix(
                                                "set BACKPLANE_API_KEY or keys; it starts only if"
                                                        + " a key was made over the API before")));
    }

    private Config.Library library(Settings settings, Path data) {
        LibrarySettings library = new LibrarySettings(environment);
        return findings.read(
                () -> library.read(settings, data), library.read(Settings.empty(), data));
    }

    static Path path(String text) {
        return text.equals("~") || text.startsWith("~/")
                ? Path.of(System.getProperty("user.home"), text.substring(1))
                : Path.of(text);
    }

    private static Config.Store store(Settings settings, Path data) {
        Optional<Settings> section = settings.section("store");
        Optional<String> path = section.flatMap(store -> store.text("path"));
        Optional<Settings> s3 = section.flatMap(store -> store.section("s3"));
        if (path.isPresent() && s3.isPresent()) {
            throw settings.problem("store", "has both path and s3").fix("keep one of them");
        }
        if (s3.isEmpty()) {
            return new Config.Store.Directory(
                    path.map(ConfigLoader::path).orElseGet(() -> data.resolve("store")));
        }
        Settings bucket = s3.get();
        String prefix = bucket.text("prefix").orElse("");
        return new Config.Store.Bucket(
                bucket.text("bucket")
                        .orElseThrow(() ->
                                bucket.problem("bucket", "is missing").fix("name the bucket")),
                prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/",
                bucket.text("region").orElse("us-east-1"),
                bucket.text("endpoint"),
                bucket.flag("path_style").orElse(false));
    }

    private static Config.Address listen(Settings settings, Optional<String> override) {
        return address(settings, "listen", override, "127.0.0.1:7700")
                .orElseThrow(() ->
                        settings.problem("listen", "cannot be off")
                                .fix("give an address such as 127.0.0.1:7700"));
    }

    private static Optional<Config.Address> address(
            Settings settings, String name, Optional<String> override, String otherwise) {
        Optional<String> set = settings.text(name);
        String text = override.or(() -> set).orElse(otherwise);
        if (text.equals("off") || text.equals("false")) {
            return Optional.empty();
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String port = colon < 0 ? "" : text.substring(colon + 1);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            Problem problem =
                    override.isPresent()
                            ? Problem.of(Problem.Kind.CONFIG, "'" + text + "' is no address", name)
                            : settings.problem(name, "is '" + text + "', which is no address");
            throw problem.fix("write HOST:PORT such as " + otherwise + ", or off");
        }
        return Optional.of(new Config.Address(host, Integer.parseInt(port)));
    }

    private static Config.Limits limits(Settings settings) {
        Settings limits = settings.section("limits").orElseGet(Settings::empty);
        Config.Limits otherwise = Config.Limits.defaults();
        return new Config.Limits(
                limits.bytes("otlp_bytes").orElse(otherwise.otlpBytes()),
                limits.bytes("request_bytes").orElse(otherwise.requestBytes()),
                limits.bytes("file_bytes").orElse(otherwise.fileBytes()),
                limits.number("batch_calls", 1, 1_000)
                        .map(Long::intValue)
                        .orElse(otherwise.batchCalls()),
                limits.number("batch_days", 36_500)
                        .map(Long::intValue)
                        .orElse(otherwise.batchDays()),
                limits.bytes("ingest_memory").orElse(otherwise.ingestMemoryBytes()),
                limits.time("sql_time").orElse(otherwise.sqlTime()),
                limits.number("sql_rows", 100_000_000).orElse(otherwise.sqlRows()),
                limits.bytes("sql_memory").orElse(otherwise.sqlMemoryBytes()),
                limits.bytes("list_memory").orElse(otherwise.listMemoryBytes()));
    }

    private static Config.LogFormat log(Settings settings) {
        String text = settings.text("log").orElse("human").toLowerCase(Locale.ROOT);
        return switch (text) {
            case "human" -> Config.LogFormat.HUMAN;
            case "json" -> Config.LogFormat.JSON;
            default -> throw settings.problem("log", "is '" + text + "'").fix("use human or json");
        };
    }
}
