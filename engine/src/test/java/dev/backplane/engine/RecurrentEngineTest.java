package dev.backplane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.TinyModel;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models whose layers have a state of each request, beside the cache.
class RecurrentEngineTest {
    @TempDir Path folder;

    private static List<List<Integer>> answers(Engine engine, List<GenerationRequest> requests)
            throws InterruptedException {
        List<Generation> generations = new ArrayList<>();
        for (GenerationRequest request : requests) {
            generations.add(engine.submit(request));
        }
        List<List<Integer>> answers = new ArrayList<>();
        for (Generation generation : generations) {
            answers.add(generation.tokens());
        }
        return answers;
    }

    /// Beside others, in small steps, after others that ended, cancelled ones among them, and set
    /// back: the same tokens.
    @Test
    void anAnswerIsWhatItIsAlone() throws InterruptedException {
        Path file = folder.resolve("model.gguf");
        TinyModel.write("nemotron-h", ElementType.Q8_0, file);
        RandomGenerator random = Gen.random(21);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            int length = Gen.integer(random, 1, 90);
            int[] prompt = random.ints(length, 0, TinyModel.VOCABULARY).toArray();
            requests.add(GenerationRequest.greedy(prompt, Gen.integer(random, 1, 40)));
        }
        requests.addAll(requests.subList(0, 4)); // whose prefixes would be in the cache
        List<List<Integer>> alone = new ArrayList<>();
        try (Compute compute = new Compute(2, KernelGate.open())) {
            LocalModel.Options wide = new LocalModel.Options(32, 256, TinyModel.CONTEXT);
            try (LocalModel model = LocalModel.open(file, compute, wide);
                    Engine engine = Engine.start(model, new Engine.Options(1, 100))) {
                for (GenerationRequest request : requests) {
                    alone.addAll(answers(engine, List.of(request)));
                }
                assertThat(engine.stats().cachedTokens()).isZero();
            }
            LocalModel.Options narrow = new LocalModel.Options(12, 7, TinyModel.CONTEXT);
            try (LocalModel model = LocalModel.open(file, compute, narrow);
                    Engine engine = Engine.start(model, new Engine.Options(6, 100))) {
                for (int round = 0; round < 2; round++) {
                    engine.submit(requests.get(5)).cancel();
                    assertThat(answers(engine, requests)).isEqualTo(alone);
                }
                assertThat(engine.stats().preemptions()).isPositive();
            }
        }
        assertThat(alone.stream().distinct().count()).isGreaterThan(10);
    }
}
