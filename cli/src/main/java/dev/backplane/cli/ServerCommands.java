package dev.backplane.cli;

import dev.backplane.server.Backplane;
import dev.backplane.server.ProcessLog;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import dev.backplane.server.config.ConfigLoader.Checked;
import dev.backplane.server.config.ConfigLoader.Overrides;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// `up` and `config check`: the commands that are the server, or look at it from the inside. No
/// other class of this package but [ConfigReport] knows the server, so that clients start without
/// it.
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
        ProcessLog.begin();
        Checked checked = ConfigLoader.check(terminal.environment(), overrides());
        Config config = checked.config().orElseGet(this::config);
        checked.warnings().forEach(doubt -> output.warn(doubt.getMessage() + "; " + doubt.fix()));
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
        return new ConfigReport(output)
                .show(ConfigLoader.check(terminal.environment(), overrides()));
    }

    private Config config() {
        return ConfigLoader.load(terminal.environment(), overrides());
    }

    private Overrides overrides() {
        if (invocation.command().name() == Command.Name.CONFIG_CHECK) {
            return new Overrides(
                    checkedFile().map(Path::of),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
        return new Overrides(
                option("config").map(Path::of),
                option("data").map(Path::of),
                option("listen"),
                option("otlp-grpc"),
                option("otlp-http"),
                option("discover"));
    }

    /// Given either way.
    private Optional<String> checkedFile() {
        Optional<String> argument = invocation.optionalArgument(0);
        Optional<String> option = option("config");
        boolean isVariable = option.equals(Optional.of(terminal.variable("BACKPLANE_CONFIG")));
        if (argument.isPresent() && option.isPresent() && !isVariable && !option.equals(argument)) {
            throw Failure.usage("two files: %s and %s".formatted(argument.get(), option.get()))
                    .hint("give one of them");
        }
        return argument.or(() -> option);
    }

    private Optional<String> option(String name) {
        return Optional.of(invocation.text(name)).filter(text -> !text.isEmpty());
    }
}
