package dev.backplane.bench.measure;

import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.engine.Engine;
import dev.backplane.engine.Generation;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.KeyValueCache;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.engine.model.TileCache;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/// How fast the engine answers: a prompt, a token after another, several requests at once, and a
/// prompt that it has seen.
public final class EngineBenchmark {
    /// @param model a GGUF file; a synthetic one of 1.2 billion weights without it
    /// @param type of the synthetic model's matrices
    /// @param cache what keys and values are kept in
    /// @param prompt tokens of the prompts whose reading is measured
    /// @param tokens of each answer
    /// @param together requests that are answered at once
    /// @param rounds of what is short, of which the best counts
    /// @param machineCode whether kernels may be machine code
    public record Options(
            Optional<Path> model,
            ElementType type,
            CacheType cache,
            Set<EngineRow> rows,
            int prompt,
            int tokens,
            int together,
            int rounds,
            int threads,
            boolean machineCode) {
        public Options {
            rows = Set.copyOf(rows);
        }
    }

    private static final int GATE_MILLIS = 100;
    private static final int ROWS = 256;
    private static final int SHORT = 8;
    private static final int BLOCK = 16;
    private static final int WAITING = 64;

    /// Tokens of the prompt that comes again.
    private static final int PREFIX = 2_000;

    /// Tokens of the prompt that attention is measured with.
    private static final int LONG = 4_000;

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
        try (ScratchFolder scratch = ScratchFolder.make()) {
            Path file = scratch.path().resolve("synthetic.gguf");
            if (options.model().isEmpty()) {
                progress.at("writing a model", 0, 0);
                SyntheticModel.write(oneBillion(options.type()), file);
            }
            return measure(options.model().orElse(file), scratch.path().resolve("tiles"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Report measure(Path file, Path folder) throws IOException, InterruptedException {
        Map<String, String> conditions = Machine.conditions();
        TileCache tiles = new TileCache(folder, Long.MAX_VALUE);
        progress.at("kernel gate", 0, 0);
        KernelGate gate = KernelGate.run(GATE_MILLIS, options.machineCode());
        int longest = longest();
        int blocks =
                Math.max(
                        Math.ceilDiv(longest, BLOCK) * 3
                                + Math.ceilDiv(SHORT + options.tokens(), BLOCK)
                                        * options.together(),
                        CROWD * Math.ceilDiv(CROWD_PROMPT + CROWD_ANSWER, BLOCK));
        int running = Math.max(options.together(), CROWD);
        LocalModel.Options sizes = new LocalModel.Options(blocks, ROWS, longest, options.cache());
        List<List<Object>> rows = new ArrayList<>();
        try (Compute compute = new Compute(options.threads(), gate)) {
            progress.at("packing", 0, 0);
            rows.add(row("open, repack and keep", seconds(file, compute, sizes, tiles), "s"));
            if (wanted(EngineRow.START)) {
                start(file, folder, rows);
            }
            try (LocalModel model = LocalModel.open(file, compute, sizes, Optional.of(tiles));
                    Engine engine = Engine.start(model, new Engine.Options(running, WAITING))) {
                return measure(gate, model, engine, conditions, rows);
            }
        }
    }

    private boolean wanted(EngineRow row) {
        return options.rows().contains(row);
    }

    /// Positions of the longest request.
    private int longest() {
        int longest = Math.max(options.prompt(), SHORT) + options.tokens();
        longest = wanted(EngineRow.LONG) ? Math.max(longest, LONG + options.tokens()) : longest;
        longest = wanted(EngineRow.PREFIX) ? Math.max(longest, PREFIX + 1) : longest;
        return wanted(EngineRow.CROWD) ? Math.max(longest, CROWD_PROMPT + CROWD_ANSWER) : longest;
    }

    /// What a fresh process takes, with the tiles that this one kept.
    private void start(Path file, Path folder, List<List<Object>> rows)
            throws IOException, InterruptedException {
        progress.at("a second start", 0, 0);
        FirstToken start =
                FirstToken.ofProcess(file, folder, options.threads(), options.machineCode());
        rows.add(row("second start, open", start.open(), "ms"));
        rows.add(row("second start, first token after that", start.first(), "ms"));
        rows.add(row("second start, from process to token", start.whole(), "ms"));
        rows.add(row("second start, another first token", start.second(), "ms"));
    }

    /// How long it takes to open the model.
    private static double seconds(
            Path file, Compute compute, LocalModel.Options sizes, TileCache tiles) {
        long start = System.nanoTime();
        LocalModel opened = LocalModel.open(file, compute, sizes, Optional.of(tiles));
        double seconds = (System.nanoTime() - start) / 1e9;
        opened.close();
        return seconds;
    }

    private Report measure(
            KernelGate gate,
            LocalModel model,
            Engine engine,
            Map<String, String> conditions,
            List<List<Object>> rows)
            throws InterruptedException {
        double bytes = model.file().tensors().stream().mapToLong(EngineBenchmark::read).sum();
        if (wanted(EngineRow.PROMPT)) {
            prompt(engine, model, rows);
        }
        if (wanted(EngineRow.PREFIX)) {
            prefix(engine, model, rows);
        }
        if (wanted(EngineRow.LONG)) {
            behind(engine, model, rows);
        }
        double alone = 0;
        if (wanted(EngineRow.ONE)) {
            alone = decode(engine, model, 1);
            rows.add(row("one request", alone, "tokens/s"));
            rows.add(row("weights read for it", alone * bytes / 1e9, "GB/s"));
        }
        if (wanted(EngineRow.TOGETHER)) {
            double all = decode(engine, model, options.together());
            rows.add(row(options.together() + " requests together", all, "tokens/s"));
            if (alone > 0) {
                rows.add(row("together over one", all / alone, "times"));
            }
        }
        if (wanted(EngineRow.CROWD)) {
            crowd(engine, model, rows);
        }
        conditions.put("model", model.file().source());
        conditions.put("weights", String.format(Locale.ROOT, "%.0f MB read a token", bytes / 1e6));
        long cached = KeyValueCache.blockBytes(model.decoder().sizes(), options.cache()) / BLOCK;
        conditions.put(
                "keys and values", options.cache().id() + ", %,d bytes a token".formatted(cached));
        conditions.put("threads", String.valueOf(options.threads()));
        conditions.put("machine code", gate.machineCode());
        conditions.put("fallen back", gate.fallenBack().toString());
        conditions.put("slowed", gate.slowed().toString());
        return new Report(
                "Engine",
                conditions,
                List.of(new Report.Table("rates", List.of("measure", "value", "unit"), rows)),
                List.of(
                        "Each is the best of %d rounds in one process; starts, the long prompt and"
                                        .formatted(options.rounds())
                                + " the many requests are measured once."));
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
        double best = Double.MAX_VALUE;
        for (int round = 0; round < options.rounds(); round++) {
            progress.at("prompt", round, options.rounds());
            best = Math.min(best, seconds(engine, tokens(model, options.prompt())));
        }
        rows.add(row("prompt of " + options.prompt(), options.prompt() / best, "tokens/s"));
        rows.add(row("its first token", best * 1e3, "ms"));
    }

    private void prefix(Engine engine, LocalModel model, List<List<Object>> rows)
            throws InterruptedException {
        progress.at("a prompt of " + PREFIX, 0, 1);
        int[] tokens = tokens(model, PREFIX);
        double cold = seconds(engine, tokens);
        double warm = Math.min(seconds(engine, tokens), seconds(engine, tokens));
        rows.add(row("first token of %d".formatted(PREFIX), cold * 1e3, "ms"));
        rows.add(row("first token of the same again", warm * 1e3, "ms"));
        rows.add(row("new over seen before", cold / warm, "times"));
    }

    /// To the first token of a long prompt, and from there to the last.
    private void behind(Engine engine, LocalModel model, List<List<Object>> rows)
            throws InterruptedException {
        double first = Double.MAX_VALUE;
        double rest = Double.MAX_VALUE;
        for (int round = 0; round < options.rounds(); round++) {
            progress.at("a prompt of " + LONG, round, options.rounds());
            int[] prompt = tokens(model, LONG);
            long start = System.nanoTime();
            Generation generation =
                    engine.submit(GenerationRequest.greedy(prompt, options.tokens()));
            generation.next();
            long begun = System.nanoTime();
            generation.tokens();
            first = Math.min(first, (begun - start) / 1e9);
            rest = Math.min(rest, (System.nanoTime() - begun) / 1e9);
        }
        rows.add(row("prompt of " + LONG, LONG / first, "tokens/s"));
        rows.add(row("answer behind it", (options.tokens() - 1) / rest, "tokens/s"));
    }

    /// From the first request to the last token.
    private void crowd(Engine engine, LocalModel model, List<List<Object>> rows)
            throws InterruptedException {
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
        String what = "%d requests, %d in, %d out".formatted(CROWD, CROWD_PROMPT, CROWD_ANSWER);
        rows.add(row(what, CROWD * (CROWD_PROMPT + CROWD_ANSWER) / seconds, "tokens/s"));
        rows.add(row(what + ", answers only", CROWD * CROWD_ANSWER / seconds, "tokens/s"));
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
        for (int round = 0; round < options.rounds(); round++) {
            progress.at(together + " together", round, options.rounds());
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
