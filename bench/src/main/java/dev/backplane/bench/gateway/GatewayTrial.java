package dev.backplane.bench.gateway;

import dev.backplane.bench.check.ChildServer;
import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import dev.backplane.bench.measure.ProcessMeter;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// `bench gateway`: puts a model server, a gateway and the load around each other and measures.
public final class GatewayTrial {
    /// Which gateway is measured.
    public sealed interface Subject {
        /// A server of ours, started over a directory of its own.
        ///
        /// @param command see [ChildServer]; it must take `--config {config}` as well
        /// @param async whether answers do not wait for their span to be durable
        record Own(List<String> command, Path home, boolean async) implements Subject {
            public Own {
                command = List.copyOf(command);
            }
        }

        /// One that runs already, on this machine, and sends what is asked of `model` to
        /// `http://127.0.0.1:UPSTREAM/v1`.
        record Running(URI url, String model) implements Subject {}
    }

    /// @param requests `chat`, `history` or `stream`
    /// @param perSecond requests
    /// @param length of one run
    /// @param warmUp before the first run of each kind of request
    /// @param rounds of a run straight and one through the gateway
    /// @param highest whether to look for the highest rate
    /// @param p99MillisMax what it has to keep
    /// @param streams if above 0, so many streams at once are measured instead, each as long as a
    ///   run, and `requests`, `perSecond`, `rounds` and `highest` do not matter
    /// @param pace of the model server
    /// @param upstreamPort where it listens; 0 for any
    public record Options(
            List<String> requests,
            double perSecond,
            Duration length,
            Duration warmUp,
            int rounds,
            boolean highest,
            double p99MillisMax,
            int streams,
            MockUpstream.Pace pace,
            int upstreamPort,
            long seed) {
        public Options {
            requests = List.copyOf(requests);
        }
    }

    private GatewayTrial() {}

    public static Report run(Subject subject, Options options, Progress progress)
            throws IOException {
        try (MockUpstream upstream = MockUpstream.start(options.pace(), options.upstreamPort())) {
            return switch (subject) {
                case Subject.Own own -> own(own, upstream, options, progress);
                case Subject.Running(URI url, String model) ->
                        measure(
                                url.toString(),
                                new Destination(url, model),
                                ProcessMeter.listener(url.getPort()),
                                upstream,
                                options,
                                progress);
            };
        }
    }

    private static Report own(
            Subject.Own own, MockUpstream upstream, Options options, Progress progress)
            throws IOException {
        Path config = own.home().resolve("backplane.yaml");
        Files.writeString(config, config(upstream.url(), own.async()));
        List<String> command =
                own.command().stream()
                        .map(word -> word.replace("{config}", config.toString()))
                        .toList();
        progress.at("starting the server", 0, 0);
        try (ChildServer server =
                new ChildServer(
                        command, own.home().resolve("data"), own.home().resolve("server.log"))) {
            URI url = server.start();
            return measure(
                    own.async() ? "own, spans written later" : "own, spans durable",
                    new Destination(url, MockUpstream.MODEL),
                    server.pid(),
                    upstream,
                    options,
                    progress);
        }
    }

    private static String config(URI upstream, boolean async) {
        return """
        providers:
          upstream: {type: openai, base_url: "%s/v1"}
        models:
          %s: {provider: upstream}
        gateway: {async: %s}
        """
                .formatted(upstream, MockUpstream.MODEL, async);
    }

    private static Report measure(
            String name,
            Destination gateway,
            OptionalLong pid,
            MockUpstream upstream,
            Options options,
            Progress progress)
            throws IOException {
        Destination direct = new Destination(upstream.url(), MockUpstream.MODEL);
        GatewayBenchmark.Paths paths = new GatewayBenchmark.Paths(name, gateway, direct, pid);
        if (options.streams() > 0) {
            return StreamBenchmark.run(
                    new StreamBenchmark.Options(
                            options.streams(),
                            options.pace().interval(),
                            options.length(),
                            options.warmUp(),
                            options.seed()),
                    paths,
                    progress);
        }
        GatewayBenchmark.Options given =
                new GatewayBenchmark.Options(
                        shapes(options.requests()),
                        options.perSecond(),
                        options.length(),
                        options.warmUp(),
                        options.rounds(),
                        options.highest(),
                        options.p99MillisMax(),
                        options.seed());
        return GatewayBenchmark.run(given, paths, progress);
    }

    private static List<Shape> shapes(List<String> ids) {
        List<Shape> shapes = new ArrayList<>();
        for (String id : ids) {
            shapes.add(shape(id));
        }
        return shapes;
    }

    private static Shape shape(String id) {
        List<String> known = new ArrayList<>();
        for (Shape shape : Shape.values()) {
            if (shape.id().equals(id)) {
                return shape;
            }
            known.add(shape.id());
        }
        throw Problem.invalid("no such request: " + id, "--request")
                .fix("use one of " + String.join(", ", known));
    }
}
