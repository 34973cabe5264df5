package dev.backplane.cli;

import dev.backplane.bench.BenchCommands;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.check.CrashCheck;
import dev.backplane.bench.check.Stop;
import dev.backplane.bench.gateway.GatewayTrial;
import dev.backplane.bench.gateway.MockUpstream;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.core.Problem;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// `demo` and `bench`: work that the bench module does, with its reports in our formats.
final class BenchCommand {
    private final Invocation invocation;
    private final Output output;

    BenchCommand(Invocation invocation, Output output) {
        this.invocation = invocation;
        this.output = output;
    }

    /// A piece of work that says how far it is.
    private interface Work<T> {
        T run(Progress progress);
    }

    private <T> T watched(String label, Work<T> work) {
        try (dev.backplane.cli.Progress line = output.progress(label)) {
            return work.run(
                    new Progress() {
                        @Override
                        public void at(String what, long done, long total) {
                            String of = total > 0 ? " of " + Units.count(total) : "";
                            line.text(what + " " + Units.count(done) + of);
                        }

                        @Override
                        public void finished(String sentence) {
                            line.clear();
                            output.step(label, sentence);
                        }
                    });
        }
    }

    int demo(Client client) {
        requireServer(client);
        BenchCommands.DemoOptions options =
                new BenchCommands.DemoOptions(
                        target(client),
                        invocation.smallCount("runs"),
                        invocation.count("seed"),
                        invocation.duration("period"));
        print(watched("demo", progress -> BenchCommands.demo(options, progress)));
        output.hint("look at it: backplane traces list");
        return 0;
    }

    int generate() {
        BenchCommands.GenerateOptions options =
                new BenchCommands.GenerateOptions(
                        invocation.values("profile"),
                        invocation.smallCount("runs"),
                        invocation.count("seed"),
                        invocation.number("scale"),
                        directory(),
                        invocation.text("to"));
        print(watched("generate", progress -> BenchCommands.generate(options, progress)));
        return 0;
    }

    int ingest(Client client) {
        requireServer(client);
        BenchCommands.IngestOptions options =
                new BenchCommands.IngestOptions(
                        target(client),
                        invocation.text("profile"),
                        invocation.count("seed"),
                        invocation.count("bytes"),
                        invocation.count("warm-up"),
                        invocation.smallCount("rounds"),
                        invocation.smallCount("connections"),
                        invocation.smallCount("request-bytes"),
                        invocation.smallCount("traces"),
                        invocation.has("server-pid")
                                ? OptionalLong.of(invocation.count("server-pid"))
                                : OptionalLong.empty());
        print(watched("ingest", progress -> BenchCommands.ingest(options, progress)));
        return 0;
    }

    int query(Client client) {
        requireServer(client);
        BenchCommands.QueryOptions options =
                new BenchCommands.QueryOptions(
                        target(client),
                        invocation.smallCount("each"),
                        invocation.smallCount("passes"),
                        invocation.count("seed"),
                        invocation.has("drop-caches"));
        print(watched("query", progress -> BenchCommands.query(options, progress)));
        return 0;
    }

    int trace(Client client) {
        requireServer(client);
        BenchCommands.TraceOptions options =
                new BenchCommands.TraceOptions(
                        target(client),
                        invocation.count("seed"),
                        invocation.text("profile"),
                        invocation.count("spans"),
                        invocation.smallCount("passes"),
                        Optional.of(invocation.text("trace")).filter(id -> !id.isEmpty()));
        print(watched("trace", progress -> BenchCommands.trace(options, progress)));
        return 0;
    }

    int kernels() {
        BenchCommands.KernelsOptions options =
                new BenchCommands.KernelsOptions(
                        invocation.values("kernel"),
                        invocation.count("bytes"),
                        invocation.smallCount("millis"),
                        invocation.has("threads")
                                ? invocation.smallCount("threads")
                                : Runtime.getRuntime().availableProcessors(),
                        !invocation.has("no-machine-code"));
        print(watched("kernels", progress -> BenchCommands.kernels(options, progress)));
        return 0;
    }

    int engine() {
        BenchCommands.EngineOptions options =
                new BenchCommands.EngineOptions(
                        Optional.of(invocation.text("model"))
                                .filter(file -> !file.isEmpty())
                                .map(Path::of),
                        invocation.text("type"),
                        invocation.text("kv"),
                        invocation.values("row"),
                        invocation.smallCount("prompt"),
                        invocation.smallCount("tokens"),
                        invocation.smallCount("together"),
                        invocation.smallCount("rounds"),
                        invocation.has("threads")
                                ? invocation.smallCount("threads")
                                : Runtime.getRuntime().availableProcessors(),
                        !invocation.has("no-machine-code"));
        print(watched("engine", progress -> BenchCommands.engine(options, progress)));
        return 0;
    }

    int answers() {
        BenchCommands.AnswersOptions options =
                new BenchCommands.AnswersOptions(
                        invocation.text("type"),
                        invocation.smallCount("answers"),
                        invocation.smallCount("tokens"),
                        invocation.has("threads")
                                ? invocation.smallCount("threads")
                                : Runtime.getRuntime().availableProcessors());
        print(watched("answers", progress -> BenchCommands.answers(options, progress)));
        return 0;
    }

    int grammar() {
        BenchCommands.GrammarOptions options =
                new BenchCommands.GrammarOptions(
                        Optional.of(invocation.text("tokenizer"))
                                .filter(file -> !file.isEmpty())
                                .map(Path::of),
                        invocation.smallCount("answers"));
        print(watched("grammar", progress -> BenchCommands.grammar(options, progress)));
        return 0;
    }

    int check() {
        BenchCommands.CheckOptions options =
                new BenchCommands.CheckOptions(
                        server(),
                        invocation.has("seed") ? invocation.count("seed") : System.nanoTime(),
                        invocation.smallCount("rounds"),
                        invocation.smallCount("writers"),
                        directory(),
                        invocation.has("full-disk"));
        Stop stop = new Stop();
        try (var _ = StopSignal.calls(stop::ask)) {
            return report(
                    watched("check", progress -> BenchCommands.check(options, progress, stop)));
        }
    }

    private int report(CrashCheck.Verdict verdict) {
        print(verdict.report());
        output.flush();
        if (!verdict.isSound()) {
            throw Failure.of(
                            Problem.Kind.INTERNAL,
                            "a promise was broken",
                            "the server did not do what it has to")
                    .hint("the report says what, and where the data and the log lie");
        }
        return 0;
    }

    int gateway() {
        List<String> asked = invocation.values("request");
        int streams = invocation.smallCount("streams");
        MockUpstream.Pace pace =
                streams > 0
                        ? streaming()
                        : new MockUpstream.Pace(
                                invocation.duration("delay"),
                                invocation.smallCount("tokens"),
                                invocation.duration("interval"));
        GatewayTrial.Options options =
                new GatewayTrial.Options(
                        asked.isEmpty() ? List.of("chat") : asked,
                        invocation.number("rate"),
                        invocation.duration("length"),
                        invocation.duration("warm-up"),
                        invocation.smallCount("rounds"),
                        invocation.has("highest"),
                        invocation.number("p99"),
                        streams,
                        pace,
                        invocation.smallCount("upstream-port"),
                        invocation.count("seed"));
        String running = invocation.text("gateway");
        print(
                watched(
                        "gateway",
                        progress ->
                                running.isEmpty()
                                        ? BenchCommands.gateway(
                                                server("--config", "{config}"),
                                                invocation.has("async"),
                                                options,
                                                progress)
                                        : BenchCommands.gateway(
                                                running(running), options, progress)));
        return 0;
    }

    /// Of streams that are as long as a run.
    private MockUpstream.Pace streaming() {
        double perSecond = invocation.number("rate-tokens");
        if (perSecond < 0.1 || perSecond > 1_000) {
            throw Problem.invalid("must be from 0.1 to 1000", "--rate-tokens");
        }
        double seconds = invocation.duration("length").toMillis() / 1e3;
        return new MockUpstream.Pace(
                invocation.duration("delay"),
                (int) Math.max(1, perSecond * seconds),
                Duration.ofNanos((long) (1e9 / perSecond)));
    }

    private GatewayTrial.Subject.Running running(String address) {
        URI url = URI.create(address);
        if (url.getHost() == null || url.getPort() < 0 || !"http".equals(url.getScheme())) {
            throw Problem.invalid("not an address with a port: " + address, "--gateway")
                    .fix("give one such as http://127.0.0.1:4000");
        }
        return new GatewayTrial.Subject.Running(url, invocation.text("model"));
    }

    /// This very program as a server of its own, with further options of `up`.
    private static List<String> server(String... further) {
        List<String> words = new ArrayList<>(server());
        words.addAll(List.of(further));
        return words;
    }

    private static List<String> server() {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The launcher starts this program with a server's heap, and so should that.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("-X") || flag.startsWith("--"))
                .forEach(words::add);
        words.addAll(up());
        return words;
    }

    private static List<String> up() {
        return List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "up",
                "--data",
                "{data}",
                "--listen",
                "{listen}",
                "--otlp-grpc",
                "off",
                "--otlp-http",
                "off");
    }

    /// An absent server is found here, with the usual words, before anything is generated.
    private static void requireServer(Client client) {
        client.ask("GET", "/health", Optional.empty());
    }

    private Optional<Path> directory() {
        return Optional.of(invocation.text("directory"))
                .filter(name -> !name.isEmpty())
                .map(Path::of);
    }

    private Target target(Client client) {
        return new Target(
                URI.create(client.url()),
                Optional.of(client.key()).filter(key -> !key.isEmpty()),
                Optional.of(invocation.text("project")).filter(name -> !name.isEmpty()));
    }

    /// One JSON document, or the tables one after the other.
    private void print(Report report) {
        if (output.format().isJson()) {
            output.data().print(report.json() + "\n");
            return;
        }
        boolean isHuman = output.isHuman();
        if (isHuman) {
            report.conditions().forEach((name, value) -> output.say(name + ": " + value));
        }
        for (Report.Table table : report.tables()) {
            if (report.tables().size() > 1) {
                output.say(table.name());
            }
            List<String> names = isHuman ? table.columns() : table.keys();
            TableWriter writer = output.table(shape(table, names), List.of());
            for (List<Object> row : table.rows()) {
                Map<String, Node> fields = new LinkedHashMap<>();
                for (int i = 0; i < row.size(); i++) {
                    fields.put(names.get(i), cell(row.get(i), isHuman));
                }
                writer.row(new Node.Fields(fields));
            }
            writer.end(Node.Fields.EMPTY);
        }
        report.notes().forEach(isHuman ? output::say : output::hint);
    }

    private static Table shape(Report.Table table, List<String> names) {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            int index = i;
            boolean isNumber =
                    table.rows().stream().anyMatch(row -> row.get(index) instanceof Number);
            columns.add(Column.of(names.get(i), isNumber ? Unit.NUMBER : Unit.TEXT, ""));
        }
        return new Table(table.name(), columns);
    }

    private static Node cell(Object value, boolean isHuman) {
        return switch (value) {
            case Long whole -> Node.of(whole);
            case Double real ->
                    isHuman
                            ? new Node.Number(Double.toString(Math.round(real * 100) / 100.0))
                            : new Node.Number(Report.rounded(real).toPlainString());
            case Object other -> Node.of(other.toString());
        };
    }
}
