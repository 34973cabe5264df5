package dev.backplane.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Problem;
import dev.backplane.engine.Engine;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.Step;
import dev.backplane.engine.model.TinyCheckpoint;
import dev.backplane.engine.model.TinyModel;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class EmbedderTest {
    private static final int WIDTH = 64;

    @TempDir static Path folder;

    private static Compute compute;
    private static LocalModel model;

    @BeforeAll
    static void open() {
        compute = new Compute(2, KernelGate.open());
        TinyModel.write("qwen3", ElementType.F32, folder.resolve("model.gguf"));
        model =
                LocalModel.open(
                        folder.resolve("model.gguf"), compute, new LocalModel.Options(6, 9, 64));
    }

    @AfterAll
    static void close() {
        model.close();
        compute.close();
    }

    private static List<float[]> embed(Pooling pooling, List<int[]> inputs) {
        try (Embedder embedder = new Embedder(model, pooling, 1)) {
            return embedder.embed(inputs, () -> false);
        }
    }

    /// States of all positions, by the decoder itself; of up to nine tokens.
    private static float[][] states(int[] tokens) {
        Step step = new Step(9);
        step.giveStates(true);
        for (int i = 0; i < tokens.length; i++) {
            step.add(tokens[i], i, new int[] {0}, true);
        }
        try (Arena arena = Arena.ofShared()) {
            FloatArray out = FloatArray.allocate(arena, tokens.length * WIDTH);
            model.decoder().run(step, out);
            float[][] states = new float[tokens.length][WIDTH];
            for (int i = 0; i < tokens.length; i++) {
                out.get(i * WIDTH, states[i], 0, WIDTH);
            }
            return states;
        }
    }

    private static float[] unit(float[]... states) {
        double[] sum = new double[WIDTH];
        double squares = 0;
        for (int i = 0; i < WIDTH; i++) {
            for (float[] state : states) {
                sum[i] += state[i];
            }
            squares += sum[i] * sum[i];
        }
        float[] unit = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            unit[i] = (float) (sum[i] / Math.sqrt(squares));
        }
        return unit;
    }

    /// What the logits of the two words say, made another way.
    @Test
    void aRankIsHowLikelyYesIsAgainstNo() {
        int[] prompt = {5, 9, 2, 7};
        int yes = 11;
        int no = 17;
        Step step = new Step(9);
        for (int i = 0; i < prompt.length; i++) {
            step.add(prompt[i], i, new int[] {0}, i == prompt.length - 1);
        }
        double expected;
        try (Arena arena = Arena.ofShared()) {
            FloatArray logits = FloatArray.allocate(arena, TinyModel.VOCABULARY);
            model.decoder().run(step, logits);
            double ofYes = Math.exp(logits.get(yes));
            expected = ofYes / (ofYes + Math.exp(logits.get(no)));
        }
        try (Embedder embedder = new Embedder(model, Pooling.RANK, 1)) {
            Ranker ranker = Ranker.of(model, embedder, Optional.of(yes), Optional.of(no));
            assertThat(ranker.scores(List.of(prompt, prompt), () -> false))
                    .hasSize(2)
                    .allSatisfy(score -> assertThat(score).isCloseTo(expected, within(1e-5)));
            assertThatThrownBy(() -> Ranker.of(model, embedder, Optional.of(yes), Optional.empty()))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("yes and no");
        }
    }

    /// Inputs that do not fit a step together, and one that fills it.
    @Test
    void anEncodersVectorsDependOnTheirInputsOnly() throws IOException {
        Path checkpoint = folder.resolve("bert");
        TinyCheckpoint.write("bert", checkpoint, false);
        try (LocalModel bert =
                        LocalModel.open(checkpoint, compute, new LocalModel.Options(12, 32, 64));
                Embedder embedder = new Embedder(bert, Pooling.MEAN, 1)) {
            assertThat(embedder.contextMax()).isEqualTo(32);
            List<int[]> inputs = new ArrayList<>();
            for (int length : new int[] {20, 20, 1, 32, 5, 7, 31}) {
                int first = inputs.size();
                inputs.add(IntStream.range(0, length).map(i -> (3 * i + first) % 96).toArray());
            }
            List<float[]> together = embedder.embed(inputs, () -> false);
            for (int i = 0; i < inputs.size(); i++) {
                assertThat(embedder.embed(List.of(inputs.get(i)), () -> false).getFirst())
                        .isEqualTo(together.get(i));
            }
            assertThatThrownBy(() -> Engine.start(bert, new Engine.Options(1, 1)).close())
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("encoder");
        }
    }

    @Test
    void statesAreWhatLogitsAreMadeOf() {
        int[] tokens = {3, 10, 17, 24, 31};
        float[][] states = states(tokens);
        Step step = new Step(9);
        for (int i = 0; i < tokens.length; i++) {
            step.add(tokens[i], i, new int[] {0}, true);
        }
        Tensor output = model.file().tensor("output.weight");
        try (Arena arena = Arena.ofShared()) {
            FloatArray logits = FloatArray.allocate(arena, tokens.length * TinyModel.VOCABULARY);
            model.decoder().run(step, logits);
            float[] weights = new float[WIDTH];
            for (int token = 0; token < TinyModel.VOCABULARY; token++) {
                output.decodeRow(token, weights, 0);
                for (int i = 0; i < tokens.length; i++) {
                    double sum = 0;
                    for (int k = 0; k < WIDTH; k++) {
                        sum += weights[k] * states[i][k];
                    }
                    assertThat(logits.get(i * TinyModel.VOCABULARY + token))
                            .isCloseTo((float) sum, within(1e-4f));
                }
            }
        }
    }

    @Test
    void poolsTheStates() {
        int[] tokens = {5, 6, 7, 8, 9, 3};
        float[][] states = states(tokens);
        assertThat(embed(Pooling.LAST, List.of(tokens)).getFirst())
                .containsExactly(unit(states[5]), within(1e-6f));
        assertThat(embed(Pooling.CLS, List.of(tokens)).getFirst())
                .containsExactly(unit(states[0]), within(1e-6f));
        assertThat(embed(Pooling.MEAN, List.of(tokens)).getFirst())
                .containsExactly(unit(states), within(1e-6f));
    }

    @Test
    void aVectorIsTheSameWhateverIsAskedBeside() {
        Gen.check(
                12,
                random -> {
                    Pooling pooling = Gen.pick(random, Pooling.values());
                    List<int[]> inputs = new ArrayList<>();
                    int count = Gen.integer(random, 1, 9);
                    for (int i = 0; i < count; i++) {
                        int length = Gen.integer(random, 1, 64);
                        inputs.add(random.ints(length, 0, TinyModel.VOCABULARY).toArray());
                    }
                    List<float[]> together = embed(pooling, inputs);
                    assertThat(together).hasSize(count);
                    for (int i = 0; i < count; i++) {
                        float[] alone = embed(pooling, List.of(inputs.get(i))).getFirst();
                        assertThat(together.get(i)).containsExactly(alone);
                        double squares = 0;
                        for (float number : alone) {
                            squares += (double) number * number;
                        }
                        assertThat(squares).isCloseTo(1, within(1e-5));
                    }
                });
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> embed(Pooling.MEAN, List.of(new int[65])))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("65 tokens")
                .hasMessageContaining("64");
        assertThatThrownBy(() -> embed(Pooling.MEAN, List.of(new int[0])))
                .isInstanceOf(Problem.class);
        assertThatThrownBy(() -> embed(Pooling.MEAN, List.of(new int[] {96})))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("token 96");
        try (Embedder embedder = new Embedder(model, Pooling.MEAN, 1)) {
            assertThatThrownBy(() -> embedder.embed(List.of(new int[] {1}), () -> true))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("cancelled");
        }
    }

    @Test
    @Timeout(60)
    void whoWaitsForTheTurnCanBeCancelled() throws InterruptedException {
        CountDownLatch computing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (Embedder embedder = new Embedder(model, Pooling.MEAN, 1)) {
            Thread first =
                    Thread.ofVirtual()
                            .start(() ->
                                    embedder.embed(
                                            List.of(new int[] {1}),
                                            () -> {
                                                computing.countDown();
                                                return !await(goOn);
                                            }));
            computing.await();
            assertThatThrownBy(() -> embedder.embed(List.of(new int[] {1}), () -> true))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("cancelled");
            goOn.countDown();
            first.join();
        }
    }

    /// Two inputs that do not fit the cache together are two batches: whoever came meanwhile is
    /// answered before the second.
    @Test
    void aLongRequestGivesItsTurnAway() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        List<int[]> batches = List.of(new int[64], new int[64]);
        int steps = Math.ceilDiv(64, model.rowsMax());
        try (Embedder embedder = new Embedder(model, Pooling.MEAN, 1)) {
            Callable<List<float[]>> slow =
                    () ->
                            embedder.embed(
                                    batches,
                                    () ->
                                            !(asked.incrementAndGet() <= steps
                                                    ? await(waiting)
                                                    : await(answered)));
            FutureTask<List<float[]>> task = new FutureTask<>(slow);
            Thread.ofVirtual().start(task);
            while (asked.get() == 0) {
                Thread.onSpinWait();
            }
            embedder.embed(
                    List.of(new int[] {1}),
                    () -> {
                        waiting.countDown();
                        return false;
                    });
            answered.countDown();
            assertThat(task.get()).hasSize(2);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shortVectorsHaveLengthOne() {
        assertThat(Embedder.shortened(new float[] {0.6f, 0.8f, 7}, 2))
                .containsExactly(new float[] {0.6f, 0.8f}, within(1e-6f));
    }
}
