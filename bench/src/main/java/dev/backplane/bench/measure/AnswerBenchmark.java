package dev.backplane.bench.measure;

import dev.backplane.bench.measure.AnswerTexts.Exchange;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.core.JsonTree;
import dev.backplane.engine.Engine;
import dev.backplane.engine.Generation;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.sample.SamplingParameters;
import dev.backplane.engine.speculate.SpeculationOptions;
import dev.backplane.engine.speculate.SpeculationOptions.Method;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.text.grammar.Grammar;
import dev.backplane.text.grammar.GrammarMatcher;
import dev.backplane.text.grammar.TokenMasks;
import dev.backplane.text.grammar.TokenTrie;
import dev.backplane.text.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What guessing gives and what holding answers to a form takes, of the time that answers take.
///
/// A random model says nothing that could be guessed. So answers are held, token by token, to what
/// an agent said: the engine computes all of it and guesses as if the model had said so.
public final class AnswerBenchmark {
    /// @param type of the random model's matrices
    /// @param answers that are given one after the other
    /// @param tokens of each answer, at most
    public record Options(ElementType type, int answers, int tokens, int threads) {}

    private static final int GATE_MILLIS = 100;
    private static final int ROWS = 256;
    private static final int PROMPT = 128;
    private static final int VOCABULARY = 16_000;
    private static final int BLOCK = 16;
    private static final int ROUNDS = 2;
    private static final byte[] NO_BYTES = {};

    private final Options options;
    private final Progress progress;

    public AnswerBenchmark(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    /// A model that reads more than caches hold for a token.
    private static SyntheticModel.Description model(ElementType type) {
        return new SyntheticModel.Description(
                "llama",
                8,
                1_024,
                16,
                8,
                64,
                4_096,
                0,
                VOCABULARY,
                8_192,
                500_000,
                type,
                type,
                Map.of(),
                List.of());
    }

    public Report run() {
        Map<String, String> conditions = Machine.conditions();
        progress.at("texts", 0, 0);
        AnswerTexts texts = AnswerTexts.make(options.answers(), PROMPT, options.tokens());
        try (ScratchFolder scratch = ScratchFolder.make()) {
            Path file = scratch.path().resolve("synthetic.gguf");
            progress.at("writing a model", 0, 0);
            SyntheticModel.write(model(options.type()), file);
            KernelGate gate = KernelGate.run(GATE_MILLIS, true);
            int blocks = Math.ceilDiv(PROMPT + options.tokens(), BLOCK) * 4;
            int longest = PROMPT + options.tokens();
            LocalModel.Options sizes = new LocalModel.Options(blocks, ROWS, longest);
            try (Compute compute = new Compute(options.threads(), gate);
                    LocalModel model = LocalModel.open(file, compute, sizes)) {
                return report(conditions, model, texts);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Report report(Map<String, String> conditions, LocalModel model, AnswerTexts texts)
            throws InterruptedException {
        conditions.put("threads", String.valueOf(options.threads()));
        conditions.put("weights", options.type() + ", 0.15 billion");
        conditions.put("answers", texts.exchanges().size() + ", one after the other");
        return new Report(
                "Answers",
                conditions,
                List.of(guesses(model, texts), forms(model, texts)),
                List.of(
                        "The best of " + ROUNDS + " rounds, which take turns.",
                        "What a form takes is the engine's time in its masks and steps, over the"
                                + " time of the answer."));
    }

    /// @param nanos from each answer's first token to its end
    private record Trial(long tokens, long nanos, long steps, long drafted, long accepted) {
        double rate() {
            return tokens * 1e9 / nanos;
        }
    }

    private Report.Table guesses(LocalModel model, AnswerTexts texts) throws InterruptedException {
        Map<String, Trial> best = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (boolean sense : new boolean[] {true, false}) {
                List<Exchange> exchanges = sense ? texts.exchanges() : texts.noise();
                for (Method method : List.of(Method.OFF, Method.NGRAM, Method.SUFFIX)) {
                    String name = (sense ? "agent, " : "noise, ") + method;
                    progress.at(name, round, ROUNDS);
                    Trial trial = recite(model, method, exchanges);
                    best.merge(name, trial, (a, b) -> a.rate() >= b.rate() ? a : b);
                }
            }
        }
        List<List<Object>> rows = new ArrayList<>();
        best.forEach((name, trial) -> {
            String plain = name.replaceAll(", .*", ", " + Method.OFF);
            double off = best.getOrDefault(plain, trial).rate();
            rows.add(
                    List.of(
                            name,
                            trial.rate(),
                            trial.rate() / off,
                            (double) trial.tokens / trial.steps,
                            trial.drafted,
                            trial.drafted == 0 ? 0 : (double) trial.accepted / trial.drafted));
        });
        return new Report.Table(
                "guesses",
                List.of("text", "tokens/s", "over off", "tokens a step", "guessed", "came true"),
                rows);
    }

    private Trial recite(LocalModel model, Method method, List<Exchange> exchanges)
            throws InterruptedException {
        Engine.Options sizes = new Engine.Options(1, 1, SpeculationOptions.of(method));
        long tokens = 0;
        long nanos = 0;
        long steps = 0;
        long drafted = 0;
        long accepted = 0;
        try (Engine engine = Engine.start(model, sizes)) {
            for (Exchange exchange : exchanges) {
                Generation generation =
                        engine.submit(
                                request(exchange, Optional.of(new Recital(exchange.answer()))));
                generation.next();
                long before = engine.stats().steps();
                long start = System.nanoTime();
                Generation.End end = end(generation);
                nanos += System.nanoTime() - start;
                steps += Math.max(1, engine.stats().steps() - before);
                tokens += end.answerTokens() - 1;
                drafted += end.guesses().tokens();
                accepted += end.guesses().accepted();
            }
        }
        return new Trial(tokens, nanos, steps, drafted, accepted);
    }

    private static GenerationRequest request(Exchange exchange, Optional<Constraint> form) {
        return new GenerationRequest(
                exchange.prompt(),
                exchange.answer().length,
                Set.of(),
                SamplingParameters.GREEDY,
                form,
                "",
                "");
    }

    private static Generation.End end(Generation generation) throws InterruptedException {
        while (true) {
            Generation.Event event = generation.next();
            if (event instanceof Generation.Failure failure) {
                throw failure.problem();
            }
            if (event instanceof Generation.End end) {
                return end;
            }
        }
    }

    private Report.Table forms(LocalModel model, AnswerTexts texts) throws InterruptedException {
        Tokenizer tokenizer = texts.tokenizer();
        int last = tokenizer.size() - 1;
        TokenTrie trie = TokenTrie.of(VOCABULARY, id -> bytes(tokenizer, id), new int[] {last});
        Map<String, Grammar> grammars = new LinkedHashMap<>();
        JsonTree schema = JsonTree.parse(FormSamples.TOOL_CALL, "schema");
        grammars.put("schema of a call", Grammar.jsonSchema(schema, "schema"));
        grammars.put("any object", Grammar.jsonObject());
        grammars.put("expression", Grammar.regex(FormSamples.EXPRESSION, "expression"));
        List<List<Object>> rows = new ArrayList<>();
        for (Map.Entry<String, Grammar> each : grammars.entrySet()) {
            TokenMasks masks = new TokenMasks(each.getValue(), trie);
            rows.add(form(model, each.getKey() + ", first", masks, texts));
            rows.add(form(model, each.getKey() + ", later", masks, texts));
        }
        return new Report.Table(
                "forms", List.of("form", "tokens", "us a token", "of the answer's time, %"), rows);
    }

    private List<Object> form(LocalModel model, String name, TokenMasks masks, AnswerTexts texts)
            throws InterruptedException {
        progress.at(name, 0, 0);
        Matching form = new Matching(masks.matcher(), texts.tokenizer());
        Exchange exchange = texts.exchanges().getFirst();
        try (Engine engine = Engine.start(model, new Engine.Options(1, 1))) {
            Generation generation = engine.submit(request(exchange, Optional.of(form)));
            generation.next();
            long before = form.nanos;
            long start = System.nanoTime();
            Generation.End end = end(generation);
            double whole = System.nanoTime() - start;
            long tokens = Math.max(1, end.answerTokens() - 1);
            double taken = form.nanos - before;
            return List.of(name, tokens, taken / tokens / 1e3, 100 * taken / whole);
        }
    }

    private static byte[] bytes(Tokenizer tokenizer, int id) {
        return tokenizer.has(id) && !tokenizer.isSpecial(id) ? tokenizer.bytes(id) : NO_BYTES;
    }

    /// Follows a grammar and counts the time.
    private static final class Matching implements Constraint {
        private final GrammarMatcher matcher;
        private final Tokenizer tokenizer;
        private long nanos;

        Matching(GrammarMatcher matcher, Tokenizer tokenizer) {
            this.matcher = matcher;
            this.tokenizer = tokenizer;
        }

        @Override
        public void allowed(long[] allowed) {
            long start = System.nanoTime();
            System.arraycopy(matcher.mask(), 0, allowed, 0, allowed.length);
            nanos += System.nanoTime() - start;
        }

        @Override
        public void accept(int token) {
            long start = System.nanoTime();
            matcher.accept(token, bytes(tokenizer, token));
            nanos += System.nanoTime() - start;
        }
    }

    /// Lets the engine say a text and nothing else, and does not tell it what comes.
    private static final class Recital implements Constraint {
        private final int[] text;
        private int at;

        Recital(int[] text) {
            this.text = text;
        }

        @Override
        public void allowed(long[] allowed) {
            Arrays.fill(allowed, 0);
            allowed[text[at] >>> 6] |= 1L << text[at];
        }

        @Override
        public void accept(int token) {
            at++;
        }
    }
}
