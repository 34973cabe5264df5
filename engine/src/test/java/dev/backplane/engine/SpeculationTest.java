package dev.backplane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.engine.Generation.End;
import dev.backplane.engine.Generation.Failure;
import dev.backplane.engine.Generation.PromptScores;
import dev.backplane.engine.Generation.Token;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.TinyModel;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.sample.SamplingParameters;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.speculate.SpeculationOptions;
import dev.backplane.engine.speculate.SpeculationOptions.Method;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is guessed changes no answer.
class SpeculationTest {
    private static final int VOCABULARY = TinyModel.VOCABULARY;

    @TempDir static Path folder;

    private static Compute compute;

    @BeforeAll
    static void write() {
        TinyModel.write("qwen3", ElementType.Q8_0, folder.resolve("model.gguf"));
        TinyModel.write("llama", ElementType.Q8_0, folder.resolve("other.gguf"));
        compute = new Compute(2, KernelGate.open());
    }

    @AfterAll
    static void close() {
        compute.close();
    }

    private static SpeculationOptions options(Method method) {
        return new SpeculationOptions(method, 6, 20, 1 << 14, 0.01);
    }

    private record Answer(List<TokenChoice> choices, End end) {}

    private record Outcome(List<Answer> answers, Engine.Stats stats) {}

    /// Answers of an engine, all asked at once or one after the other.
    private static Outcome answers(
            Engine.Options options,
            int blocks,
            int rows,
            Optional<String> small,
            boolean together,
            List<GenerationRequest> requests) {
        LocalModel.Options sizes = new LocalModel.Options(blocks, rows, TinyModel.CONTEXT);
        Optional<LocalModel> draft =
                small.map(name ->
                        LocalModel.open(
                                folder.resolve(name),
                                compute,
                                new LocalModel.Options(40, 16, TinyModel.CONTEXT)));
        List<Answer> answers = new ArrayList<>();
        try (LocalModel model = LocalModel.open(folder.resolve("model.gguf"), compute, sizes)) {
            Engine engine = Engine.start(model, options, draft);
            List<Generation> open = new ArrayList<>();
            for (GenerationRequest request : requests) {
                open.add(engine.submit(request));
                if (!together) {
                    answers.add(answer(open.removeLast()));
                }
            }
            for (Generation generation : open) {
                answers.add(answer(generation));
            }
            engine.close(); // which counts the last step
            return new Outcome(answers, engine.stats());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            draft.ifPresent(LocalModel::close);
        }
    }

    private static Answer answer(Generation generation) throws InterruptedException {
        List<TokenChoice> choices = new ArrayList<>();
        while (true) {
            switch (generation.next()) {
                case PromptScores _ -> {}
                case Token(TokenChoice choice) -> choices.add(choice);
                case End end -> {
                    return new Answer(choices, end);
                }
                case Failure(Problem problem) -> throw problem;
            }
        }
    }

    /// Lets through what repeats a text, but for one place in seven, where the model has a choice;
    /// and says what the text is.
    private static final class Recital implements Constraint {
        private final int[] text;
        private int at;

        Recital(int[] text) {
            this.text = text;
        }

        private boolean free(int place) {
            return place % 7 == 6;
        }

        @Override
        public void allowed(long[] allowed) {
            Arrays.fill(allowed, free(at) ? -1 : 0);
            int token = text[at % text.length];
            allowed[token >>> 6] |= 1L << token;
        }

        @Override
        public int[] expected(int most) {
            int count = 0;
            while (count < most && !free(at + count)) {
                count++;
            }
            int[] expected = new int[count];
            for (int i = 0; i < count; i++) {
                expected[i] = text[(at + i) % text.length];
            }
            return expected;
        }

        @Override
        public void accept(int token) {
            at++;
        }
    }

    /// Prompts that repeat themselves and each other; greedy and drawn, with penalties, logprobs,
    /// tokens that stop, and forms. A constraint has a state, so requests are made anew each time.
    private static List<GenerationRequest> requests() {
        RandomGenerator random = Gen.random(1);
        int[] phrase = random.ints(12, 0, VOCABULARY).toArray();
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            int[] prompt = new int[Gen.integer(random, 4, 80)];
            for (int j = 0; j < prompt.length; j++) {
                boolean odd = random.nextInt(15) == 0;
                prompt[j] = odd ? random.nextInt(VOCABULARY) : phrase[j % phrase.length];
            }
            SamplingParameters sampling =
                    switch (random.nextInt(3)) {
                        case 0 -> SamplingParameters.GREEDY;
                        case 1 -> drawn(random, 1, 0);
                        default -> drawn(random, 1.1f, 0.2f);
                    };
            Optional<Constraint> form =
                    random.nextInt(3) == 0 ? Optional.of(new Recital(phrase)) : Optional.empty();
            requests.add(
                    new GenerationRequest(
                            prompt,
                            Gen.integer(random, 1, 60),
                            random.nextInt(3) == 0 ? Set.of(phrase[3]) : Set.of(),
                            sampling,
                            form,
                            "user " + random.nextInt(2),
                            ""));
        }
        return requests;
    }

    private static SamplingParameters drawn(RandomGenerator random, float penalty, float each) {
        return new SamplingParameters(
                0.3f, 20, 0.95f, 0, penalty, each, 0, Map.of(), random.nextLong(), 2);
    }

    /// To the bit of the logprobs, beside others, in small steps, set back, from each source.
    @Test
    void guessesChangeNothing() {
        Outcome plain =
                answers(new Engine.Options(1, 100), 64, 64, Optional.empty(), false, requests());
        long preemptions = 0;
        for (Method method : List.of(Method.NGRAM, Method.SUFFIX, Method.DRAFT)) {
            for (boolean narrow : new boolean[] {true, false}) {
                Outcome guessed =
                        answers(
                                new Engine.Options(6, 100, options(method)),
                                narrow ? 11 : 64,
                                narrow ? 7 : 48,
                                Optional.of("other.gguf"),
                                true,
                                requests());
                compare(guessed, plain, method + (narrow ? ", narrow" : ""));
                preemptions += guessed.stats.preemptions();
            }
        }
        assertThat(preemptions).isPositive();
    }

    private static void compare(Outcome guessed, Outcome plain, String as) {
        long tokens = 0;
        long accepted = 0;
        for (int i = 0; i < plain.answers.size(); i++) {
            Answer one = guessed.answers.get(i);
            Answer other = plain.answers.get(i);
            assertThat(one.choices).as("request %d, %s", i, as).isEqualTo(other.choices);
            assertThat(one.end.reason()).isEqualTo(other.end.reason());
            assertThat(one.end.answerTokens()).isEqualTo(other.end.answerTokens());
            assertThat(one.end.guesses().accepted()).isLessThanOrEqualTo(one.choices.size());
            tokens += one.end.guesses().tokens();
            accepted += one.end.guesses().accepted();
        }
        assertThat(guessed.stats.blocksUsed()).isZero();
        assertThat(guessed.stats.draftTokens()).as(as).isEqualTo(tokens).isPositive();
        assertThat(guessed.stats.acceptedTokens()).as(as).isEqualTo(accepted);
        assertThat(accepted).as(as).isPositive().isLessThan(tokens);
    }

    /// A model that guesses for itself is always right, and a step then gives several tokens.
    @Test
    void theModelItselfAsDraftIsAlwaysRight() {
        List<GenerationRequest> requests = new ArrayList<>();
        RandomGenerator random = Gen.random(3);
        for (int i = 0; i < 4; i++) {
            int[] prompt = random.ints(20, 0, VOCABULARY).toArray();
            requests.add(GenerationRequest.greedy(prompt, 80));
        }
        Outcome guessed =
                answers(
                        new Engine.Options(4, 10, options(Method.DRAFT)),
                        64,
                        64,
                        Optional.of("model.gguf"),
                        true,
                        requests);
        Outcome plain =
                answers(new Engine.Options(4, 10), 64, 64, Optional.empty(), true, requests);
        assertThat(guessed.answers.stream().map(Answer::choices).toList())
                .isEqualTo(plain.answers.stream().map(Answer::choices).toList());
        assertThat(guessed.stats.steps()).isLessThan(plain.stats.steps() * 3 / 4);
    }

    /// The second answer of a tenant is guessed from the first; another tenant's is not.
    @Test
    void guessesStayWithTheTenant() {
        int[] phrase = Gen.random(4).ints(40, 0, VOCABULARY).distinct().toArray();
        List<GenerationRequest> requests = new ArrayList<>();
        for (String tenant : List.of("a/x", "a/x", "b/x", "a/y")) {
            // says what it has to without saying it to the engine
            Constraint form = new Silent(new Recital(phrase));
            requests.add(
                    new GenerationRequest(
                            Arrays.copyOf(phrase, 5),
                            phrase.length - 8,
                            Set.of(),
                            SamplingParameters.GREEDY,
                            Optional.of(form),
                            tenant.substring(0, 1),
                            tenant.substring(2)));
        }
        Outcome outcome =
                answers(
                        new Engine.Options(1, 10, options(Method.SUFFIX)),
                        64,
                        64,
                        Optional.empty(),
                        false,
                        requests);
        List<Integer> accepted =
                outcome.answers.stream().map(each -> each.end.guesses().accepted()).toList();
        assertThat(accepted.get(1)).isGreaterThan(accepted.get(0) + 10);
        assertThat(accepted.get(2)).isEqualTo(accepted.get(0));
        assertThat(accepted.get(3)).isEqualTo(accepted.get(0));
    }

    private record Silent(Recital form) implements Constraint {
        @Override
        public void allowed(long[] allowed) {
            form.allowed(allowed);
        }

        @Override
        public void accept(int token) {
            form.accept(token);
        }
    }

    @Test
    void theDraftModelKnowsTheSameTokens() {
        Path file = folder.resolve("wide.gguf");
        TinyModel.write("llama", ElementType.F32, 128, file);
        LocalModel.Options sizes = new LocalModel.Options(8, 8, 64);
        try (LocalModel model = LocalModel.open(folder.resolve("model.gguf"), compute, sizes);
                LocalModel wide = LocalModel.open(file, compute, sizes)) {
            assertThatThrownBy(() ->
                            Engine.start(
                                    model,
                                    new Engine.Options(1, 1, options(Method.DRAFT)),
                                    Optional.of(wide)))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("128 tokens")
                    .hasMessageContaining("96");
        }
    }
}
