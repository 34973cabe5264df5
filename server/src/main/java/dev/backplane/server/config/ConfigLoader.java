package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
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
            Optional<String> otlpHttp) {
        public static final Overrides NONE =
                new Overrides(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
    }

    private final Map<String, String> environment;

    private ConfigLoader(Map<String, String> environment) {
        this.environment = environment;
    }

    /// @param environment usually [System#getenv()]
    /// @throws Problem `CONFIG` that says file, line, column and what to write instead
    public static Config load(Map<String, String> environment, Overrides overrides) {
        ConfigLoader loader = new ConfigLoader(environment);
        Settings settings =
                file(environment, overrides).map(ConfigLoader::read).orElseGet(Settings::empty);
        return loader.config(settings, overrides);
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
        Optional<Settings> retention = settings.section("retention");
        Config config =
                new Config(
                        data,
                        store(settings, data),
                        required(settings, "listen", overrides.listen(), "127.0.0.1:7700"),
                        address(settings, "otlp_grpc", overrides.otlpGrpc(), "127.0.0.1:4317"),
                        address(settings, "otlp_http", overrides.otlpHttp(), "127.0.0.1:4318"),
                        retention.flatMap(s -> s.number("days", 36_500)).orElse(0L).intValue(),
                        keys(settings),
                        variable("BACKPLANE_API_KEY"),
                        settings.flag("loopback_without_key").orElse(true),
                        new ModelSettings(this::variable).read(settings),
                        limits(settings.section("limits").orElseGet(Settings::empty)),
                        settings.text("prices").map(ConfigLoader::path),
                        settings.flag("audit").orElse(true),
                        log(settings));
        settings.finish();
        return config;
    }

    private static Path path(String text) {
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

    private static Config.Address required(
            Settings settings, String name, Optional<String> override, String otherwise) {
        return address(settings, name, override, otherwise)
                .orElseThrow(() ->
                        settings.problem(name, "cannot be off")
                                .fix("give an address such as " + otherwise));
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
            throw Problem.of(Problem.Kind.CONFIG, "'" + text + "' is not an address", name)
                    .fix("write HOST:PORT such as " + otherwise + ", or off");
        }
        return Optional.of(new Config.Address(host, Integer.parseInt(port)));
    }

    private List<Config.Key> keys(Settings settings) {
        List<Config.Key> keys = new ArrayList<>();
        for (Settings key : settings.sections("keys")) {
            Optional<String> variable = key.text("key_env");
            Optional<String> secret = key.text("key").or(() -> variable.flatMap(this::variable));
            Set<Scope> scopes = EnumSet.noneOf(Scope.class);
            for (String scope : key.texts("scopes")) {
                scopes.add(
                        Scope.byId(scope)
                                .orElseThrow(() ->
                                        key.problem("scopes", "names '" + scope + "'")
                                                .fix("use ingest, read, call or admin")));
            }
            keys.add(
                    new Config.Key(
                            key.text("name").orElse("key " + (keys.size() + 1)),
                            secret.orElseThrow(() ->
                                    key.problem("key_env", "gives no key")
                                            .fix("set the variable that it names")),
                            scopes.isEmpty() ? Set.of(Scope.INGEST, Scope.READ) : scopes,
                            key.text("project").orElse("default"),
                            LimitSettings.key(key)));
        }
        return keys;
    }

    private static Config.Limits limits(Settings limits) {
        Config.Limits otherwise = Config.Limits.defaults();
        return new Config.Limits(
                limits.bytes("otlp_bytes").orElse(otherwise.otlpBytes()),
                limits.bytes("request_bytes").orElse(otherwise.requestBytes()),
                limits.bytes("ingest_memory").orElse(otherwise.ingestMemoryBytes()),
                limits.seconds("sql_time").orElse(otherwise.sqlTime()),
                limits.number("sql_rows", 100_000_000).orElse(otherwise.sqlRows()),
                limits.bytes("sql_memory").orElse(otherwise.sqlMemoryBytes()));
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
