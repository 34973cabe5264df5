package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A row's logits are the same to the bit however its request is cut into steps, whichever blocks
/// it holds, and whoever is beside it: of every architecture.
class StepTest {
    private static final int LENGTH = 40;

    @TempDir Path folder;

    static Stream<String> names() {
        return TinyModel.NAMES.stream();
    }

    private static int token(int request, int position) {
        return (7 * position + 3 + 31 * request) % TinyModel.VOCABULARY;
    }

    @ParameterizedTest
    @MethodSource("names")
    void logitsDependOnTheRequestOnly(String name) {
        Path file = folder.resolve(name + ".gguf");
        TinyModel.write(name, ElementType.Q8_0, file);
        float[] whole;
        float[] pieces;
        try (Compute compute = new Compute(2, KernelGate.open())) {
            whole = run(file, compute, LENGTH, new int[] {4, 0, 5}, false);
            pieces = run(file, compute, 7, new int[] {1, 3, 2}, true);
        }
        assertThat(pieces).isEqualTo(whole);
        assertThat(whole).doesNotContain(Float.NaN);
    }

    /// Logits of all positions, computed in steps of `count` rows.
    private float[] run(Path file, Compute compute, int count, int[] table, boolean beside) {
        int[] others = {6, 7, 0};
        float[] all = new float[LENGTH * TinyModel.VOCABULARY];
        try (LocalModel model = LocalModel.open(file, compute, new LocalModel.Options(8, 64, 64));
                Arena arena = Arena.ofShared()) {
            FloatArray logits = FloatArray.allocate(arena, count * TinyModel.VOCABULARY);
            Step step = new Step(64);
            for (int first = 0; first < LENGTH; first += count) {
                step.clear();
                int last = Math.min(LENGTH, first + count);
                for (int position = first; position < last; position++) {
                    if (beside) {
                        step.add(token(1, position), position, others, false);
                    }
                    step.add(token(0, position), position, table, true);
                }
                model.decoder().run(step, logits);
                int floats = (last - first) * TinyModel.VOCABULARY;
                logits.get(0, all, first * TinyModel.VOCABULARY, floats);
            }
        }
        return all;
    }
}
