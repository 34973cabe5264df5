package dev.backplane.bench;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.Target;
import dev.backplane.bench.check.ChildServer;
import dev.backplane.bench.check.CrashCheck;
import dev.backplane.bench.check.FullDiskCheck;
import dev.backplane.bench.check.Stop;
import dev.backplane.bench.gateway.GatewayTrial;
import dev.backplane.bench.measure.AnswerBenchmark;
import dev.backplane.bench.measure.EngineBenchmark;
import dev.backplane.bench.measure.EngineRow;
import dev.backplane.bench.measure.Generator;
import dev.backplane.bench.measure.GrammarBenchmark;
import dev.backplane.bench.measure.IngestBenchmark;
import dev.backplane.bench.measure.KernelBenchmark;
import dev.backplane.bench.measure.QueryBenchmark;
import dev.backplane.bench.measure.TraceBenchmark;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.runs.Profile;
import dev.backplane.core.Problem;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.Kernel;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// What the command line offers of this module: one method a command, options as a record whose
/// `of` has the defaults. Each returns a [Report] and tells a [Progress] meanwhile; failures are
/// [Problem]s.
public final class BenchCommands {
    private BenchCommands() {}

    private interface Work<T> {
        T run(ServerApi api) throws IOException;
    }

    /// `demo`: sends realistic agent runs to a running server.
    ///
    /// @param runs how many agent runs
    /// @param period over which they are spread, up to now
    public record DemoOptions(Target target, int runs, long seed, Duration period) {
        public static DemoOptions of(Target target) {
            return new DemoOptions(target, 300, 1, Duration.ofHours(6));
        }
    }

    public static Report demo(DemoOptions options, Progress progress) {
        atLeast(1, options.runs(), "--runs");
        atLeast(0, options.period().toSeconds(), "--period");
        Demo.Options given =
                new Demo.Options(options.runs(), options.seed(), options.period(), Instant.now());
        return with(options.target(), api -> new Demo(api, given, ordered(progress)).send());
    }

    /// `bench generate`: writes runs to files, or without a directory says what they are like.
    ///
    /// @param profiles ids of [Profile]; empty for all
    /// @param runs of each profile
    /// @param scale 0 (exclusive) to 1: how much of its full length a long profile has
    /// @param format `otlp` or `ndjson`
    public record GenerateOptions(
            List<String> profiles,
            int runs,
            long seed,
            double scale,
            Optional<Path> directory,
            String format) {
        public static GenerateOptions summary() {
            return new GenerateOptions(List.of(), 10, 1, 1, Optional.empty(), "otlp");
        }
    }

    public static Report generate(GenerateOptions options, Progress progress) {
        atLeast(1, options.runs(), "--runs");
        if (!(options.scale() > 0 && options.scale() <= 1)) {
            throw Problem.invalid("scale must be above 0 and at most 1", "--scale");
        }
        if (!List.of("otlp", "ndjson").contains(options.format())) {
            throw Problem.invalid("format must be otlp or ndjson", "--to");
        }
        List<Profile> profiles =
                options.profiles().isEmpty()
                        ? List.of(Profile.values())
                        : options.profiles().stream().map(BenchCommands::profile).toList();
        Generator.Options given =
                new Generator.Options(
                        options.seed(),
                        options.scale(),
                        profiles,
                        options.runs(),
                        options.directory(),
                        options.format(),
                        Instant.now());
        try {
            return new Generator(given, ordered(progress)).run();
        } catch (IOException e) {
            throw disk(e);
        }
    }

    private static Profile profile(String id) {
        for (Profile profile : Profile.values()) {
            if (profile.id().equals(id)) {
                return profile;
            }
        }
        List<String> ids = List.of(Profile.values()).stream().map(Profile::id).toList();
        throw Problem.invalid("no such profile: " + id, "--profile")
                .fix("use one of " + String.join(", ", ids));
    }

    /// `bench ingest`: measures how fast a running server takes spans.
    ///
    /// @param profile id of the runs' [Profile]
    /// @param bytes raw OTLP bytes a round
    /// @param warmUpBytes sent before the first round
    /// @param connections senders at once
    /// @param requestBytes about the size of a request
    /// @param runsAtOnce agent runs whose spans are interleaved
    /// @param serverPid empty: found by its port when it is on this machine
    public record IngestOptions(
            Target target,
            String profile,
            long seed,
            long bytes,
            long warmUpBytes,
            int rounds,
            int connections,
            int requestBytes,
            int runsAtOnce,
            OptionalLong serverPid) {
        public static IngestOptions of(Target target) {
            return new IngestOptions(
                    target,
                    Profile.LOAD.id(),
                    1,
                    1_000_000_000,
                    500_000_000,
                    3,
                    8,
                    1_000_000,
                    64,
                    OptionalLong.empty());
        }
    }

    public static Report ingest(IngestOptions options, Progress progress) {
        atLeast(1, options.bytes(), "--bytes");
        atLeast(0, options.warmUpBytes(), "--warm-up");
        atLeast(1, options.rounds(), "--rounds");
        atLeast(1, options.connections(), "--connections");
        atLeast(1, options.requestBytes(), "--request-bytes");
        atLeast(1, options.runsAtOnce(), "--traces");
        IngestBenchmark.Options given =
                new IngestBenchmark.Options(
                        options.seed(),
                        profile(options.profile()),
                        options.bytes(),
                        options.warmUpBytes(),
                        options.rounds(),
                        options.connections(),
                        options.requestBytes(),
                        options.runsAtOnce(),
                        20,
                        options.serverPid(),
                        Path.of(System.getProperty("java.io.tmpdir")));
        return with(
                options.target(), api -> new IngestBenchmark(api, given, ordered(progress)).run());
    }

    /// `bench query`: measures how fast a running server answers about what it holds.
    ///
    /// @param each how many different queries of a class
    /// @param passes over all of them, after the first
    /// @param dropCaches empties the page cache before each first query; needs Linux and root
    public record QueryOptions(Target target, int each, int passes, long seed, boolean dropCaches) {
        public static QueryOptions of(Target target) {
            return new QueryOptions(target, 50, 5, 1, false);
        }
    }

    public static Report query(QueryOptions options, Progress progress) {
        atLeast(1, options.each(), "--each");
        atLeast(1, options.passes(), "--passes");
        QueryBenchmark.Options given =
                new QueryBenchmark.Options(
                        options.each(), options.passes(), options.seed(), options.dropCaches());
        return with(
                options.target(), api -> new QueryBenchmark(api, given, ordered(progress)).run());
    }

    /// `bench trace`: measures what can be done with one very large trace.
    ///
    /// @param spans in it, about
    /// @param profile id of the [Profile] of the runs in it
    /// @param warm how often each question is asked again
    /// @param trace the id of one that is there already; none is sent then
    public record TraceOptions(
            Target target,
            long seed,
            String profile,
            long spans,
            int warm,
            Optional<String> trace) {
        public static TraceOptions of(Target target) {
            return new TraceOptions(target, 1, Profile.RAG.id(), 1_000_000, 20, Optional.empty());
        }
    }

    public static Report trace(TraceOptions options, Progress progress) {
        atLeast(1, options.spans(), "--spans");
        atLeast(1, options.warm(), "--passes");
        TraceBenchmark.Options given =
                new TraceBenchmark.Options(
                        options.seed(),
                        profile(options.profile()),
                        options.spans(),
                        options.warm(),
                        options.trace());
        return with(
                options.target(), api -> new TraceBenchmark(api, given, ordered(progress)).run());
    }

    /// `bench kernels`: measures the products that models are made of, on this machine.
    ///
    /// @param kernels labels of [Kernel]; empty for all
    /// @param bytes of weights for each
    /// @param millis for each measurement
    /// @param machineCode whether it is measured, too
    public record KernelsOptions(
            List<String> kernels, long bytes, int millis, int threads, boolean machineCode) {}

    public static Report kernels(KernelsOptions options, Progress progress) {
        atLeast(1_000_000, options.bytes(), "--bytes");
        atLeast(1, options.millis(), "--millis");
        atLeast(1, options.threads(), "--threads");
        List<Kernel> kernels =
                options.kernels().isEmpty()
                        ? List.of(Kernel.values())
                        : options.kernels().stream().map(BenchCommands::kernel).toList();
        KernelBenchmark.Options given =
                new KernelBenchmark.Options(
                        kernels,
                        options.bytes(),
                        options.millis(),
                        options.threads(),
                        options.machineCode());
        return new KernelBenchmark(given, ordered(progress)).run();
    }

    private static Kernel kernel(String label) {
        List<String> labels = Arrays.stream(Kernel.values()).map(Kernel::label).toList();
        int index = labels.indexOf(label);
        if (index < 0) {
            throw Problem.invalid("no such kernel: " + label, "--kernel")
                    .fix("use one of " + String.join(", ", labels));
        }
        return Kernel.values()[index];
    }

    /// `bench engine`: measures how fast a local model answers, on this machine.
    ///
    /// @param model a GGUF file; a random one of the size of Llama 3.2 1B without it
    /// @param type of the random model's matrices, a label of [ElementType]
    /// @param prompt tokens
    /// @param tokens of each answer
    /// @param rows ids of [EngineRow]; empty for all
    /// @param together requests at once
    /// @param rounds of what is short
    /// @param machineCode whether kernels may be machine code
    public record EngineOptions(
            Optional<Path> model,
            String type,
            String cache,
            List<String> rows,
            int prompt,
            int tokens,
            int together,
            int rounds,
            int threads,
            boolean machineCode) {}

    public static Report engine(EngineOptions options, Progress progress) {
        atLeast(1, options.prompt(), "--prompt");
        atLeast(2, options.tokens(), "--tokens");
        atLeast(1, options.together(), "--together");
        atLeast(1, options.rounds(), "--rounds");
        atLeast(1, options.threads(), "--threads");
        ElementType type = type(options.type());
        EngineBenchmark.Options given =
                new EngineBenchmark.Options(
                        options.model(),
                        type,
                        cacheType(options.cache()),
                        engineRows(options.rows()),
                        options.prompt(),
                        options.tokens(),
                        options.together(),
                        options.rounds(),
                        options.threads(),
                        options.machineCode());
        return new EngineBenchmark(given, ordered(progress)).run();
    }

    private static CacheType cacheType(String id) {
        return CacheType.byId(id)
                .orElseThrow(() ->
                        Problem.invalid("no such type: " + id, "--kv")
                                .fix("use one of " + String.join(", ", CacheType.IDS)));
    }

    private static Set<EngineRow> engineRows(List<String> ids) {
        if (ids.isEmpty()) {
            return EnumSet.allOf(EngineRow.class);
        }
        Set<EngineRow> rows = EnumSet.noneOf(EngineRow.class);
        List<String> known = Arrays.stream(EngineRow.values()).map(EngineRow::id).toList();
        for (String id : ids) {
            if (!known.contains(id)) {
                throw Problem.invalid("no such row: " + id, "--row")
                        .fix("use one of " + String.join(", ", known));
            }
            rows.add(EngineRow.values()[known.indexOf(id)]);
        }
        return rows;
    }

    private static ElementType type(String label) {
        return ElementType.ofLabel(label)
                .filter(ElementType::inGguf)
                .orElseThrow(() ->
                        Problem.invalid("no such type: " + label, "--type")
                                .fix("use one of " + ElementType.labels(ElementType::inGguf)));
    }

    /// `bench answers`: measures what guessing gives and what forms take.
    ///
    /// @param type of the random model's matrices, a label of [ElementType]
    /// @param answers one after the other
    /// @param tokens of each answer, at most
    public record AnswersOptions(String type, int answers, int tokens, int threads) {}

    public static Report answers(AnswersOptions options, Progress progress) {
        atLeast(1, options.answers(), "--answers");
        atLeast(2, options.tokens(), "--tokens");
        atLeast(1, options.threads(), "--threads");
        AnswerBenchmark.Options given =
                new AnswerBenchmark.Options(
                        type(options.type()),
                        options.answers(),
                        options.tokens(),
                        options.threads());
        return new AnswerBenchmark(given, ordered(progress)).run();
    }

    /// `bench grammar`: measures what it costs to hold an answer to a form.
    ///
    /// @param tokenizer a `tokenizer.json`; one that is learnt on the spot without it
    /// @param answers how many are measured after the first
    public record GrammarOptions(Optional<Path> tokenizer, int answers) {}

    public static Report grammar(GrammarOptions options, Progress progress) {
        atLeast(1, options.answers(), "--answers");
        GrammarBenchmark.Options given =
                new GrammarBenchmark.Options(options.tokenizer(), options.answers());
        return new GrammarBenchmark(given, ordered(progress)).run();
    }

    /// `bench check`: kills a server of its own again and again and looks for what it lost.
    ///
    /// @param command that starts the server, see [ChildServer]
    /// @param rounds kills
    /// @param directory where the server's data lie; empty for a temporary one, which is deleted
    ///   unless a promise was broken
    /// @param fullDisk fill a small disk under the server instead; needs Linux and root
    public record CheckOptions(
            List<String> command,
            long seed,
            int rounds,
            int writers,
            Optional<Path> directory,
            boolean fullDisk) {
        public static CheckOptions of(List<String> command) {
            return new CheckOptions(command, System.nanoTime(), 5, 4, Optional.empty(), false);
        }
    }

    /// @param stop ends the kills early, with a report of the rounds done; the check of a full disk
    ///   has no rounds and fails then
    public static CrashCheck.Verdict check(CheckOptions options, Progress progress, Stop stop) {
        atLeast(1, options.rounds(), "--rounds");
        atLeast(1, options.writers(), "--writers");
        try {
            Path home =
                    options.directory().isPresent()
                            ? Files.createDirectories(options.directory().get())
                            : Files.createTempDirectory("backplane-check-");
            CrashCheck.Verdict verdict =
                    options.fullDisk()
                            ? fillDisk(options, home, ordered(progress), stop)
                            : kill(options, home, ordered(progress), stop);
            if (verdict.isSound() && options.directory().isEmpty()) {
                Scratch.delete(home);
            }
            return verdict.isSound() ? verdict : verdict.note("data and log lie in " + home);
        } catch (IOException e) {
            throw disk(e);
        }
    }

    private static CrashCheck.Verdict kill(
            CheckOptions options, Path home, Progress progress, Stop stop) throws IOException {
        CrashCheck.Options given =
                new CrashCheck.Options(options.seed(), options.rounds(), options.writers(), 2_500);
        try (var server =
                new ChildServer(
                        options.command(), home.resolve("data"), home.resolve("server.log"))) {
            stop.onAsk(server::endNow);
            return new CrashCheck(server, given, progress, stop).run();
        }
    }

    private static CrashCheck.Verdict fillDisk(
            CheckOptions options, Path home, Progress progress, Stop stop) throws IOException {
        try (var disk = SmallDisk.mount(home.resolve("disk"));
                var server =
                        new ChildServer(
                                options.command(),
                                disk.path().resolve("data"),
                                home.resolve("server.log"))) {
            stop.onAsk(server::endNow);
            FullDiskCheck.Options given = new FullDiskCheck.Options(options.seed(), disk.ballast());
            return new FullDiskCheck(server, given, progress).run();
        }
    }

    /// `bench gateway`: measures what the gateway adds to a call of a model.
    public static Report gateway(
            GatewayTrial.Subject subject, GatewayTrial.Options options, Progress progress) {
        atLeast(1, (long) options.perSecond(), "--rate");
        atLeast(1, options.length().toSeconds(), "--length");
        atLeast(0, options.rounds(), "--rounds");
        try {
            return GatewayTrial.run(subject, options, ordered(progress));
        } catch (IOException e) {
            throw disk(e);
        }
    }

    /// The same, on a server of its own that is started with the command over a temporary
    /// directory.
    ///
    /// @param async whether answers do not wait for their span to be durable
    public static Report gateway(
            List<String> command, boolean async, GatewayTrial.Options options, Progress progress) {
        try {
            Path home = Files.createTempDirectory("backplane-gateway-");
            try {
                return gateway(
                        new GatewayTrial.Subject.Own(command, home, async), options, progress);
            } finally {
                Scratch.delete(home);
            }
        } catch (IOException e) {
            throw disk(e);
        }
    }

    private static void atLeast(long least, long given, String option) {
        if (given < least) {
            throw Problem.invalid("must be at least " + least + ", not " + given, option);
        }
    }

    private static Progress ordered(Progress progress) {
        Object lock = new Object();
        return new Progress() {
            @Override
            public void at(String what, long done, long total) {
                synchronized (lock) {
                    progress.at(what, done, total);
                }
            }

            @Override
            public void finished(String sentence) {
                synchronized (lock) {
                    progress.finished(sentence);
                }
            }
        };
    }

    private static <T> T with(Target target, Work<T> work) {
        try (var api = new ServerApi(target)) {
            return work.run(api);
        } catch (IOException e) {
            throw Problem.unavailable(
                            "the connection broke: " + e.getMessage(), target.url().toString())
                    .fix("see whether the server still runs: backplane doctor")
                    .causedBy(e);
        }
    }

    private static Problem disk(IOException cause) {
        return Problem.internal("input or output failed: " + cause.getMessage(), "disk or socket")
                .causedBy(cause);
    }
}
