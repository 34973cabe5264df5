package dev.backplane.cli;

import dev.backplane.server.Backplane;
import dev.backplane.server.ProcessLog;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import dev.backplane.server.config.ConfigLoader.Overrides;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// `up` and `config check`: the commands that are the server, or look at it from the inside. No
/// other class of this package knows the server, so that clients start without it.
final class ServerCommands {
    private final Invocation invocation;
    private final Output output;
    private final Terminal terminal;

    ServerCommands(Invocation invocation, Output output, Terminal terminal) {
        this.invocation = invocation;
        this.output = output;
        this.terminal = terminal;
    }

    /// Serves until the process is told to stop; the JVM then ends by the signal's own exit code.
    int up() {
        Config config = config();
        // Where stderr is promised to be JSON, the log is as well.
        ProcessLog.install(output.format().isJson() ? Config.LogFormat.JSON : config.log());
        try (Backplane backplane = Backplane.start(config, output::say)) {
            backplane.closeWhenProcessStops();
            if (!output.isHuman()) {
                output.object(addresses(config, backplane), Map.of(), "url");
                output.flush();
            }
            ConfigLoader.file(terminal.environment(), overrides())
                    .ifPresent(file -> backplane.watch(file, this::config));
            backplane.awaitClosed();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private static Node.Fields addresses(Config config, Backplane backplane) {
        Map<String, Node> addresses = new LinkedHashMap<>();
        addresses.put(
                "url",
                Node.of("http://" + new Config.Address(config.listen().host(), backplane.port())));
        config.otlpGrpc()
                .ifPresent(grpc ->
                        addresses.put(
                                "otlp_grpc",
                                Node.of(
                                        new Config.Address(grpc.host(), backplane.otlpGrpcPort())
                                                .toString())));
        config.otlpHttp()
                .ifPresent(plain ->
                        addresses.put(
                                "otlp_http",
                                Node.of(
                                        "http://"
                                                + new Config.Address(
                                                        plain.host(), backplane.otlpHttpPort()))));
        addresses.put("data", Node.of(config.data().toString()));
        return new Node.Fields(addresses);
    }

    /// Reads the configuration as `up` would, and shows what it comes to; secrets stay out.
    int check() {
        Config config = config();
        Map<String, Node> facts = new LinkedHashMap<>();
        facts.put("sound", Node.of(true));
        facts.put("data", Node.of(config.data().toString()));
        facts.put(
                "store",
                Node.of(
                        switch (config.store()) {
                            case Config.Store.Directory(Path path) -> path.toString();
                            case Config.Store.Bucket bucket ->
                                    "s3://" + bucket.bucket() + "/" + bucket.prefix();
                        }));
        facts.put("listen", Node.of(config.listen().toString()));
        facts.put("otlp_grpc", Node.of(address(config.otlpGrpc())));
        facts.put("otlp_http", Node.of(address(config.otlpHttp())));
        facts.put("retention_days", Node.of(config.retentionDays()));
        facts.put("keys", Node.of(config.keys().size() + (config.apiKey().isPresent() ? 1 : 0)));
        facts.put("loopback_without_key", Node.of(config.loopbackWithoutKey()));
        Config.Limits limits = config.limits();
        facts.put("otlp_bytes", Node.of(limits.otlpBytes()));
        facts.put("request_bytes", Node.of(limits.requestBytes()));
        facts.put("ingest_memory", Node.of(limits.ingestMemoryBytes()));
        facts.put("sql_time", Node.of(limits.sqlTime().toSeconds() + "s"));
        facts.put("sql_rows", Node.of(limits.sqlRows()));
        facts.put("sql_memory", Node.of(limits.sqlMemoryBytes()));
        facts.put("prices", Node.of(config.prices().map(Path::toString).orElse("bundled")));
        facts.put("audit", Node.of(config.audit()));
        facts.put("log", Node.of(config.log().name().toLowerCase(java.util.Locale.ROOT)));
        Map<String, Unit> units =
                Map.of(
                        "otlp_bytes", Unit.BYTES,
                        "request_bytes", Unit.BYTES,
                        "ingest_memory", Unit.BYTES,
                        "sql_rows", Unit.COUNT,
                        "sql_memory", Unit.BYTES);
        output.object(new Node.Fields(facts), units, "sound");
        return 0;
    }

    private static String address(Optional<Config.Address> address) {
        return address.map(Config.Address::toString).orElse("off");
    }

    private Config config() {
        return ConfigLoader.load(terminal.environment(), overrides());
    }

    private Overrides overrides() {
        boolean isUp = invocation.command().name() == Command.Name.UP;
        Optional<String> file = isUp ? option("config") : invocation.optionalArgument(0);
        return new Overrides(
                file.map(Path::of),
                isUp ? option("data").map(Path::of) : Optional.empty(),
                isUp ? option("listen") : Optional.empty(),
                isUp ? option("otlp-grpc") : Optional.empty(),
                isUp ? option("otlp-http") : Optional.empty());
    }

    private Optional<String> option(String name) {
        return Optional.of(invocation.text(name)).filter(text -> !text.isEmpty());
    }
}
