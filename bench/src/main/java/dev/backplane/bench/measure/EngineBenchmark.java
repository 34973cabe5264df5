package dev.backplane.bench.measure;

import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.engine.Engine;
import dev.backplane.engine.Generation;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.engine.model.TileCache;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/// How fast the engine answers: a prompt, a token after another, several requests at once, and a
/// prompt that it has seen.
public final class EngineBenchmark {
    /// @param model a GGUF file; a synthetic one of 1.2 billion weights without it
    /// @param type of the synthetic model's matrices
    /// @param prompt tokens of the prompts whose reading is measured
    /// @param tokens of each answer
    /// @param together requests that are answered at once
    public record Options(
            Optional<Path> model,
            ElementType type,
            int prompt,
            int tokens,
            int together,
            int threads) {}

    private static final int GATE_MILLIS = 100;
    private static final int ROWS = 256;
    private static final int SHORT = 8;
    private static final int BLOCK = 16;
    private static final int ROUNDS = 3;

    /// Requests at once that each bring a prompt.
    private static final int CROWD = 16;

    private static final int CROWD_PROMPT = 256;
    private static final int CROWD_ANSWER = 128;

    private final Options options;
    private final Progress progress;
    private final Random random = new Random(7);

    public EngineBenchmark(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    /// The sizes of Llama 3.2 1B.
    public static SyntheticModel.Description oneBillion(ElementType type) {
        return new SyntheticModel.Description(
                "llama", 16, 2_048, 32, 8, 64, 8_192, 0, 128_256, 8_192, 500_000, type, type,
                Map.of(), List.of());
    }

    public Report run() {
        if (options.model().isPresent()) {
            return measure(options.model().get());
        }
        try {
            Path file = Files.createTempFile("synthetic", ".gguf");
            try {
                progress.at("writing a model", 0, 0);
                SyntheticModel.write(oneBillion(options.type()), file);
                return measure(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Report measure(Path file) {
        try {
            Path folder = Files.createTempDirectory("tiles");
            try {
                return measure(file, Optional.of(new TileCache(folder, Long.MAX_VALUE)));
            } finally {
                try (Stream<Path> tiles = Files.list(folder)) {
                    for (Path kept : tiles.toList()) {
                        Files.delete(kept);
                    }
                }
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Report measure(Path file, Optional<TileCache> tiles) {
        Map<String, String> conditions = Machine.conditions();
        progress.at("kernel gate", 0, 0);
        KernelGate gate = KernelGate.run(GATE_MILLIS);
        int longest =
                Math.max(
                        Math.max(options.prompt(), SHORT) + options.tokens(),
                        CROWD_PROMPT + CROWD_ANSWER);
        int blocks =
                Math.max(
                        Math.ceilDiv(longest, BLOCK) * (options.together() + 3),
                        CROWD * Math.ceilDiv(CROWD_PROMPT + CROWD_ANSWER, BLOCK));
        int running = Math.max(options.together(), CROWD);
        LocalModel.Options sizes = new LocalModel.Options(blocks, ROWS, longest);
        try (Compute compute = new Compute(options.threads(), gate)) {
            double opened = seconds(file, compute, sizes, tiles);
            double again = seconds(file, compute, sizes, tiles);
            try (LocalModel model = LocalModel.open(file, compute, sizes, tiles);
                    Engine engine = Engine.start(model, new Engine.Options(running, ROUNDS * 64))) {
                return measure(gate, model, engine, conditions, List.of(opened, again));
            }
        }
    }

    /// How long it takes to open the model.
    private static double seconds(
            Path file, Compute compute, LocalModel.Options sizes, Optional<TileCache> tiles) {
        long start = System.nanoTime();
        LocalModel opened = LocalModel.open(file, compute, sizes, tiles);
        double seconds = (System.nanoTime() - start) / 1e9;
        opened.close();
        return seconds;
    }

    private Report measure(
            KernelGate gate,
            LocalModel model,
            Engine engine,
            Map<String, String> conditions,
            List<Double> opened) {
        try {
            long bytes = model.file().tensors().stream().mapToLong(EngineBenchmark::read).sum();
            List<List<Object>> rows = new ArrayList<>();
            rows.add(row("open, repack and keep", opened.getFirst(), "s"));
            rows.add(row("open again", opened.getLast(), "s"));
            prompt(engine, model, rows);
            double alone = decode(engine, model, 1);
            rows.add(row("one request", alone, "tokens/s"));
            rows.add(row("weights read for it", alone * bytes / 1e9, "GB/s"));
            double all = decode(engine, model, options.together());
            rows.add(row(options.together() + " requests together", all, "tokens/s"));
            rows.add(row("together over one", all / alone, "times"));
            rows.add(
                    row(
                            "%d requests, %d in, %d out"
                                    .formatted(CROWD, CROWD_PROMPT, CROWD_ANSWER),
                            crowd(engine, model),
                            "tokens/s"));
            conditions.put("model", model.file().source());
            conditions.put(
                    "weights", String.format(Locale.ROOT, "%.0f MB read a token", bytes / 1e6));
            conditions.put("threads", String.valueOf(options.threads()));
            conditions.put("fallen back", gate.fallenBack().toString());
            return new Report(
                    "Engine",
                    conditions,
                    List.of(new Report.Table("rates", List.of("measure", "value", "unit"), rows)),
                    List.of(
                            "Each is the best of "
                                    + ROUNDS
                                    + " rounds in one process, but for the last."));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// Bytes of a tensor that a token reads; of an embedding that is not the output's, too, one
    /// row.
    private static long read(Tensor tensor) {
        return tensor.name().equals("token_embd.weight")
                ? tensor.rowBytes()
                : tensor.data().byteSize();
    }

    private void prompt(Engine engine, LocalModel model, List<List<Object>> rows)
            throws InterruptedException {
        double cold = Double.MAX_VALUE;
        double warm = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            progress.at("prompt", round, ROUNDS);
            int[] tokens = tokens(model, options.prompt());
            cold = Math.min(cold, seconds(engine, tokens));
            warm = Math.min(warm, seconds(engine, tokens));
        }
        rows.add(row("prompt of " + options.prompt(), options.prompt() / cold, "tokens/s"));
        rows.add(row("first token", cold * 1e3, "ms"));
        rows.add(row("first token, prompt seen before", warm * 1e3, "ms"));
        rows.add(row("new over seen before", cold / warm, "times"));
    }

    /// Tokens of prompts and answers a second, from the first request to the last token; once.
    private double crowd(Engine engine, LocalModel model) throws InterruptedException {
        progress.at(CROWD + " with prompts", 0, 1);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            prompts.add(tokens(model, CROWD_PROMPT));
        }
        long start = System.nanoTime();
        List<Generation> generations = new ArrayList<>();
        for (int[] prompt : prompts) {
            generations.add(engine.submit(GenerationRequest.greedy(prompt, CROWD_ANSWER)));
        }
        for (Generation generation : generations) {
            generation.tokens();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return CROWD * (CROWD_PROMPT + CROWD_ANSWER) / seconds;
    }

    private static double seconds(Engine engine, int[] prompt) throws InterruptedException {
        long start = System.nanoTime();
        engine.submit(GenerationRequest.greedy(prompt, 1)).tokens();
        return (System.nanoTime() - start) / 1e9;
    }

    /// Tokens a second from when all have their first until one has its last.
    private double decode(Engine engine, LocalModel model, int together)
            throws InterruptedException {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            progress.at(together + " together", round, ROUNDS);
            List<Generation> generations = new ArrayList<>();
            for (int i = 0; i < together; i++) {
                generations.add(
                        engine.submit(
                                GenerationRequest.greedy(tokens(model, SHORT), options.tokens())));
            }
            for (Generation generation : generations) {
                generation.next();
            }
            long start = System.nanoTime();
            long tokens = engine.stats().answerTokens();
            generations.getFirst().tokens();
            double seconds = (System.nanoTime() - start) / 1e9;
            best = Math.max(best, (engine.stats().answerTokens() - tokens) / seconds);
            for (Generation generation : generations.subList(1, together)) {
                generation.tokens();
            }
        }
        return best;
    }

    private int[] tokens(LocalModel model, int count) {
        return random.ints(count, 0, model.decoder().vocabulary()).toArray();
    }

    private static List<Object> row(String measure, double value, String unit) {
        return List.of(measure, value, unit);
    }
}
