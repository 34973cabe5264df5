package dev.backplane.bench.measure;

import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.grammar.Grammar;
import dev.backplane.text.grammar.GrammarMatcher;
import dev.backplane.text.grammar.TokenMasks;
import dev.backplane.text.grammar.TokenTrie;
import dev.backplane.text.tokenizer.BpeTrainer;
import dev.backplane.text.tokenizer.Tokenizer;
import dev.backplane.text.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/// What it costs to hold an answer to a form: a mask and a step of the grammar for each token.
///
/// The first answer works out what later ones find; so it stands by itself.
public final class GrammarBenchmark {
    /// @param tokenizer a `tokenizer.json`; one learnt from made-up words without it
    /// @param answers after the first
    public record Options(Optional<Path> tokenizer, int answers) {}

    private static final int LEARNT_TOKENS = 16_000;
    private static final int LEARNT_WORDS = 60_000;
    private static final byte[] NO_BYTES = {};

    private static final String SCHEMA =
            """
            {"type": "object", "additionalProperties": false,
             "required": ["name", "age", "tags", "address"],
             "properties": {
               "name": {"type": "string"},
               "age": {"type": "integer", "minimum": 0, "maximum": 150},
               "tags": {"type": "array", "items": {"type": "string"}},
               "address": {"type": "object", "required": ["street", "city"], "properties": {
                 "street": {"type": "string"}, "city": {"type": "string"},
                 "zip": {"type": "string", "pattern": "^[0-9]{5}$"}}}}}
            """;

    private static final String ANSWER =
            "{\"name\": \"Maria of the long winter evenings\", \"age\": 66, \"tags\": [\"physics"
                    + " and chemistry\", \"letters\", \"bicycle tours\"], \"address\": {\"street\":"
                    + " \"Lange Zeile 11\", \"city\": \"Paris\", \"zip\": \"75005\"}}";

    private final Options options;
    private final Progress progress;

    public GrammarBenchmark(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    public Report run() {
        Map<String, String> conditions = Machine.conditions();
        progress.at("tokenizer", 0, 0);
        Tokenizer tokenizer = tokenizer();
        long begin = System.nanoTime();
        TokenTrie trie = TokenTrie.of(tokenizer.size(), id -> bytes(tokenizer, id));
        conditions.put("tokens", "%,d".formatted(tokenizer.size()));
        long millis = (System.nanoTime() - begin) / 1_000_000;
        conditions.put("tree of tokens", "%,d ms".formatted(millis));
        conditions.put("answers", "%d after the first".formatted(options.answers()));
        List<List<Object>> rows = new ArrayList<>();
        JsonTree schema = JsonTree.parse(SCHEMA, "schema");
        rows.addAll(measure("schema", () -> Grammar.jsonSchema(schema, "schema"), tokenizer, trie));
        rows.addAll(measure("any object", Grammar::jsonObject, tokenizer, trie));
        String expression = "\\{(.|\\n)*\\}";
        rows.addAll(measure("expression", () -> Grammar.regex(expression, "re"), tokenizer, trie));
        return new Report(
                "Grammars",
                conditions,
                List.of(
                        new Report.Table(
                                "microseconds a token",
                                List.of(
                                        "grammar",
                                        "answer",
                                        "compile ms",
                                        "tokens",
                                        "mean",
                                        "p50",
                                        "p99",
                                        "max"),
                                rows)),
                List.of(
                        "A token costs a mask, a look into it and a step; compiling is done"
                                + " once."));
    }

    private static byte[] bytes(Tokenizer tokenizer, int id) {
        return tokenizer.has(id) && !tokenizer.isSpecial(id) ? tokenizer.bytes(id) : NO_BYTES;
    }

    private Tokenizer tokenizer() {
        if (options.tokenizer().isEmpty()) {
            return learnt();
        }
        Path file = options.tokenizer().get();
        try (InputStream in = Files.newInputStream(file)) {
            return TokenizerJson.read(in, file.toString());
        } catch (java.nio.file.NoSuchFileException e) {
            throw Problem.notFound("no such file: " + file, "--tokenizer")
                    .fix("name a tokenizer.json")
                    .causedBy(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// From words of syllables, the same each time.
    private static Tokenizer learnt() {
        Random random = new Random(7);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LEARNT_WORDS; i++) {
            for (int syllables = 1 + random.nextInt(3); syllables > 0; syllables--) {
                text.append("bcdfghklmnprstvw".charAt(random.nextInt(16)));
                text.append("aeiou".charAt(random.nextInt(5)));
                text.append(random.nextBoolean() ? "nrst".charAt(random.nextInt(4)) : "");
            }
            text.append(random.nextInt(20) == 0 ? "\", \"" : random.nextInt(9) == 0 ? ".\n" : " ");
        }
        return new BpeTrainer(LEARNT_TOKENS, 2, List.of("<end>"), "llama-bpe")
                .add(text.toString())
                .train()
                .tokenizer();
    }

    private List<List<Object>> measure(
            String name, Supplier<Grammar> source, Tokenizer tokenizer, TokenTrie trie) {
        progress.at(name, 0, options.answers());
        long begin = System.nanoTime();
        TokenMasks masks = new TokenMasks(source.get(), trie);
        double compileMillis = (System.nanoTime() - begin) / 1e6;
        int[] ids = tokenizer.encode(ANSWER, false);
        long[] first = answer(masks, tokenizer, ids);
        long[] later = new long[ids.length * options.answers()];
        for (int i = 0; i < options.answers(); i++) {
            System.arraycopy(answer(masks, tokenizer, ids), 0, later, i * ids.length, ids.length);
        }
        return List.of(row(name, "first", compileMillis, first), row(name, "later", 0, later));
    }

    /// Nanoseconds for each token.
    private static long[] answer(TokenMasks masks, Tokenizer tokenizer, int[] ids) {
        GrammarMatcher matcher = masks.matcher();
        long[] nanos = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            byte[] bytes = tokenizer.bytes(ids[i]);
            long begin = System.nanoTime();
            if (!matcher.allows(ids[i])) {
                throw Problem.internal("the grammar refuses its answer", "bench grammar");
            }
            matcher.accept(ids[i], bytes);
            nanos[i] = System.nanoTime() - begin;
        }
        return nanos;
    }

    private static List<Object> row(String name, String which, double compile, long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return List.of(
                name,
                which,
                compile == 0 ? "" : (Object) compile,
                (long) nanos.length,
                Arrays.stream(sorted).average().orElse(0) / 1e3,
                sorted[sorted.length / 2] / 1e3,
                sorted[(int) (sorted.length * 0.99)] / 1e3,
                sorted[sorted.length - 1] / 1e3);
    }
}
