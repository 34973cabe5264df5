package dev.backplane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.engine.Generation.End;
import dev.backplane.engine.Generation.Event;
import dev.backplane.engine.Generation.Failure;
import dev.backplane.engine.Generation.Guesses;
import dev.backplane.engine.Generation.PromptScores;
import dev.backplane.engine.Generation.Reason;
import dev.backplane.engine.Generation.Token;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.TinyModel;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.sample.SamplingParameters;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenChoice.Candidate;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.tensor.kernel.CacheType;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EngineTest {
    @TempDir static Path folder;

    private static Compute compute;

    @BeforeAll
    static void write() {
        TinyModel.write("qwen3", ElementType.Q8_0, folder.resolve("model.gguf"));
        compute = new Compute(2, KernelGate.open());
    }

    @AfterAll
    static void close() {
        compute.close();
    }

    private interface Use {
        void with(Engine engine) throws Exception;
    }

    /// An engine with so many blocks of 16 positions and rows a step.
    private static void engine(int blocks, int rows, int running, int waiting, Use use) {
        engine(CacheType.F32, blocks, rows, running, waiting, use);
    }

    private static void engine(
            CacheType type, int blocks, int rows, int running, int waiting, Use use) {
        LocalModel.Options sizes = new LocalModel.Options(blocks, rows, TinyModel.CONTEXT, type);
        try (LocalModel model = LocalModel.open(folder.resolve("model.gguf"), compute, sizes);
                Engine engine = Engine.start(model, new Engine.Options(running, waiting))) {
            use.with(engine);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static int[] prompt(RandomGenerator random, int length) {
        return random.ints(length, 0, TinyModel.VOCABULARY).toArray();
    }

    private static GenerationRequest random(RandomGenerator random, int lengthMax) {
        SamplingParameters sampling =
                random.nextBoolean()
                        ? SamplingParameters.GREEDY
                        : new SamplingParameters(
                                1.3f,
                                Gen.integer(random, 0, 30),
                                0.9f,
                                0.01f,
                                1.1f,
                                0.3f,
                                0.2f,
                                Map.of(3, -2f),
                                random.nextLong(),
                                2);
        return new GenerationRequest(
                prompt(random, Gen.integer(random, 1, lengthMax)),
                Gen.integer(random, 1, 40),
                Set.of(),
                sampling,
                Optional.empty(),
                "user " + random.nextInt(3),
                "");
    }

    private static List<TokenChoice> choices(Generation generation) throws InterruptedException {
        List<TokenChoice> choices = new ArrayList<>();
        while (true) {
            switch (generation.next()) {
                case PromptScores _ -> {}
                case Token(TokenChoice choice) -> choices.add(choice);
                case End _ -> {
                    return choices;
                }
                case Failure(Problem problem) -> throw problem;
            }
        }
    }

    private static End end(Generation generation) throws InterruptedException {
        while (true) {
            Event event = generation.next();
            if (event instanceof End end) {
                return end;
            }
            assertThat(event).isInstanceOf(Token.class);
        }
    }

    private static List<List<TokenChoice>> alone(CacheType type, List<GenerationRequest> requests) {
        List<List<TokenChoice>> answers = new ArrayList<>();
        engine(
                type,
                32,
                256,
                1,
                100,
                engine -> {
                    for (GenerationRequest request : requests) {
                        answers.add(choices(engine.submit(request)));
                    }
                });
        return answers;
    }

    /// Tokens and logprobs, to the bit: beside others, in small steps, and with so few blocks that
    /// requests are set back and start over; whatever keys and values are kept in.
    @ParameterizedTest
    @EnumSource
    void anAnswerIsWhatItIsAlone(CacheType type) {
        RandomGenerator random = Gen.random(11);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            requests.add(random(random, 90));
        }
        List<List<TokenChoice>> alone = alone(type, requests);
        assertThat(alone.stream().flatMap(List::stream).distinct().count()).isGreaterThan(20);
        for (int rows : new int[] {7, 64}) {
            for (int blocks : new int[] {9, 64}) {
                engine(
                        type,
                        blocks,
                        rows,
                        8,
                        100,
                        engine -> {
                            List<Generation> generations = new ArrayList<>();
                            for (GenerationRequest request : requests) {
                                generations.add(engine.submit(request));
                            }
                            for (int i = 0; i < requests.size(); i++) {
                                assertThat(choices(generations.get(i)))
                                        .as("request %d, %d rows, %d blocks", i, rows, blocks)
                                        .isEqualTo(alone.get(i));
                            }
                            if (blocks == 9) {
                                assertThat(engine.stats().preemptions()).isPositive();
                            }
                        });
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCachedPrefixChangesNothingButTheWork(CacheType type) {
        RandomGenerator random = Gen.random(12);
        int[] prompt = prompt(random, 100);
        int[] longer = prompt(random, 120);
        System.arraycopy(prompt, 0, longer, 0, 70);
        engine(
                type,
                32,
                64,
                4,
                10,
                engine -> {
                    Generation cold = engine.submit(GenerationRequest.greedy(prompt, 20));
                    List<Integer> tokens = cold.tokens();
                    Generation again = engine.submit(GenerationRequest.greedy(prompt, 20));
                    List<Integer> warm = new ArrayList<>();
                    End end = null;
                    while (end == null) {
                        switch (again.next()) {
                            case PromptScores _ -> {}
                            case Token token -> warm.add(token.choice().token());
                            case End last -> end = last;
                            case Failure failure -> throw failure.problem();
                        }
                    }
                    assertThat(warm).isEqualTo(tokens);
                    assertThat(end.cachedTokens()).isEqualTo(96);
                    assertThat(end(engine.submit(GenerationRequest.greedy(longer, 1))))
                            .isEqualTo(new End(Reason.LENGTH, 120, 64, 1, 0, Guesses.NONE));
                    GenerationRequest other =
                            new GenerationRequest(
                                    prompt,
                                    1,
                                    Set.of(),
                                    SamplingParameters.GREEDY,
                                    Optional.empty(),
                                    "",
                                    "another tenant");
                    assertThat(end(engine.submit(other)).cachedTokens()).isZero();
                });
    }

    /// What is said of a prompt's token is what is said of an answer's in its place: with the
    /// prompt in the cache, in small steps, beside others, and with requests set back.
    @Test
    void saysOfAPromptsTokensWhatItSaysOfAnAnswers() {
        RandomGenerator random = Gen.random(14);
        int[] prompt = prompt(random, 90);
        List<List<Candidate>> expected = new ArrayList<>();
        engine(
                32,
                64,
                1,
                1,
                engine -> {
                    for (int length = 1; length < prompt.length; length++) {
                        GenerationRequest request = logprobs(Arrays.copyOf(prompt, length));
                        expected.add(choices(engine.submit(request)).getFirst().likeliest());
                    }
                });
        engine(
                16,
                40,
                4,
                100,
                engine -> {
                    engine.submit(GenerationRequest.greedy(prompt, 1)).tokens();
                    List<Generation> scored = new ArrayList<>();
                    for (int i = 0; i < 6; i++) {
                        engine.submit(random(random, 90));
                        scored.add(engine.submit(logprobs(prompt).withPromptLogprobs(20)));
                    }
                    for (Generation generation : scored) {
                        PromptScores all = (PromptScores) generation.next();
                        assertThat(all.scores().stream().map(TokenScore::likeliest))
                                .containsExactlyElementsOf(expected);
                        for (int i = 0; i < all.scores().size(); i++) {
                            check(all.scores().get(i), prompt[i + 1]);
                        }
                        assertThat(generation.next()).isInstanceOf(Token.class);
                    }
                    assertThat(engine.stats().preemptions()).isPositive();
                    int[] one = {7};
                    Generation shortest = engine.submit(logprobs(one).withPromptLogprobs(0));
                    assertThat(shortest.next()).isEqualTo(new PromptScores(List.of()));
                });
        assertThatThrownBy(() -> logprobs(prompt).withPromptLogprobs(21))
                .hasMessageContaining("prompt_logprobs");
    }

    private static GenerationRequest logprobs(int[] prompt) {
        SamplingParameters likeliest = new SamplingParameters(0, 0, 1, 0, 1, 0, 0, Map.of(), 0, 20);
        return new GenerationRequest(prompt, 1, Set.of(), likeliest, Optional.empty(), "", "");
    }

    private static void check(TokenScore score, int token) {
        assertThat(score.token()).isEqualTo(token);
        List<Candidate> likeliest = score.likeliest();
        List<Integer> tokens = likeliest.stream().map(Candidate::token).toList();
        if (tokens.contains(token)) {
            int place = tokens.indexOf(token);
            assertThat(score.logprob()).isEqualTo(likeliest.get(place).logprob());
            assertThat(score.rank()).isEqualTo(place + 1);
        } else {
            assertThat(score.logprob()).isLessThanOrEqualTo(likeliest.getLast().logprob());
            assertThat(score.rank()).isGreaterThan(likeliest.size());
        }
    }

    @Test
    void stopsWithTheTokenThatStops() {
        engine(
                32,
                64,
                4,
                10,
                engine -> {
                    int[] prompt = prompt(Gen.random(13), 30);
                    List<Integer> all =
                            engine.submit(GenerationRequest.greedy(prompt, 12)).tokens();
                    int stop = all.get(5);
                    GenerationRequest request =
                            new GenerationRequest(
                                    prompt,
                                    12,
                                    Set.of(stop),
                                    SamplingParameters.GREEDY,
                                    Optional.empty(),
                                    "",
                                    "");
                    assertThat(engine.submit(request).tokens())
                            .isEqualTo(all.subList(0, all.indexOf(stop) + 1));
                    assertThat(end(engine.submit(request)).reason()).isEqualTo(Reason.STOP);
                });
    }

    @Test
    void aConstraintHolds() {
        engine(
                32,
                64,
                4,
                10,
                engine -> {
                    List<Integer> accepted = new ArrayList<>();
                    Constraint odd =
                            new Constraint() {
                                @Override
                                public void allowed(long[] allowed) {
                                    java.util.Arrays.fill(allowed, 0xAAAA_AAAA_AAAA_AAAAL);
                                }

                                @Override
                                public void accept(int token) {
                                    accepted.add(token);
                                }
                            };
                    GenerationRequest request =
                            new GenerationRequest(
                                    prompt(Gen.random(14), 5),
                                    30,
                                    Set.of(),
                                    new SamplingParameters(2, 0, 1, 0, 1, 0, 0, Map.of(), 5, -1),
                                    Optional.of(odd),
                                    "",
                                    "");
                    List<Integer> tokens = engine.submit(request).tokens();
                    assertThat(tokens).hasSize(30).allMatch(token -> token % 2 == 1);
                    assertThat(accepted).isEqualTo(tokens);
                });
    }

    @Test
    void refusesWhatDoesNotFitAndSaysTheNumbers() {
        engine(
                64,
                64,
                2,
                1,
                engine -> {
                    int[] exact = prompt(Gen.random(15), TinyModel.CONTEXT);
                    assertThatThrownBy(() -> engine.submit(GenerationRequest.greedy(exact, 1)))
                            .isInstanceOf(Problem.class)
                            .hasMessageContaining("256 tokens")
                            .hasMessageContaining("the context holds 256");
                    int[] shorter = java.util.Arrays.copyOf(exact, 250);
                    assertThatThrownBy(() -> engine.submit(GenerationRequest.greedy(shorter, 7)))
                            .isInstanceOf(Problem.class)
                            .hasMessageContaining("250")
                            .hasMessageContaining("answer of 7");
                    assertThat(engine.submit(GenerationRequest.greedy(shorter, 6)).tokens())
                            .hasSize(6);
                    assertThatThrownBy(() ->
                                    engine.submit(GenerationRequest.greedy(new int[] {96}, 7)))
                            .hasMessageContaining("no token 96");
                    assertThatThrownBy(() -> engine.submit(GenerationRequest.greedy(new int[0], 7)))
                            .isInstanceOf(Problem.class);
                });
    }

    /// Two run, one waits, the next is refused; those that are cancelled end, also the one that
    /// waits, and make room.
    @Test
    void theQueueIsBoundedAndCancelMakesRoom() {
        engine(
                64,
                64,
                2,
                1,
                engine -> {
                    List<Generation> held = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        held.add(engine.submit(GenerationRequest.greedy(new int[] {i}, 200)));
                    }
                    Problem refused = null;
                    try {
                        engine.submit(GenerationRequest.greedy(new int[] {4}, 1));
                    } catch (Problem problem) {
                        refused = problem;
                    }
                    if (refused != null) { // else the first were done before the fourth came
                        assertThat(refused.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                        assertThat(refused.retryAfter()).isPresent();
                        assertThat(refused).hasMessageContaining("2 requests run and 1 wait");
                    }
                    held.forEach(Generation::cancel);
                    for (Generation generation : held) {
                        assertThat(end(generation).reason()).isIn(Reason.CANCELLED, Reason.LENGTH);
                    }
                    assertThat(engine.submit(GenerationRequest.greedy(new int[] {4}, 3)).tokens())
                            .hasSize(3);
                });
    }

    @Test
    void closingFailsWhatIsUnderWay() {
        List<Generation> left = new ArrayList<>();
        engine(
                64,
                64,
                1,
                10,
                engine -> {
                    for (int i = 0; i < 5; i++) {
                        left.add(engine.submit(GenerationRequest.greedy(new int[] {i}, 250)));
                    }
                });
        for (Generation generation : left) {
            Event last;
            try {
                do {
                    last = generation.next();
                } while (last instanceof Token);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            assertThat(last).isInstanceOfAny(Failure.class, End.class);
        }
    }
}
