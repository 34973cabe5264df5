package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A row's logits are the same to the bit however its request is cut into steps, whichever blocks
/// it holds, and whoever is beside it: of every architecture.
class StepTest {
    private static final int LENGTH = 40;

    /// More positions than attention takes at once.
    private static final int LONG = 150;

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

    /// The same of long requests, whatever keys and values are kept in.
    @ParameterizedTest
    @MethodSource("caches")
    void longRequestsToo(String name, CacheType type) {
        Path file = folder.resolve(name + ".gguf");
        TinyModel.write(name, ElementType.Q8_0, file);
        int[] blocks = {3, 1, 4, 15, 9, 2, 6, 5, 10, 8};
        float[] whole;
        float[] pieces;
        try (Compute compute = new Compute(2, KernelGate.open());
                Compute one = new Compute(1, KernelGate.open())) {
            whole = run(file, compute, type, LONG, LONG, blocks, false);
            pieces = run(file, one, type, LONG, 37, new int[] {0, 1, 2, 3, 4, 5, 9, 7, 8, 6}, true);
        }
        assertThat(pieces).isEqualTo(whole);
    }

    static Stream<Arguments> caches() {
        return Stream.of("llama", "gemma3", "gpt-oss", "deepseek2", "nemotron-h")
                .flatMap(name ->
                        Stream.of(CacheType.values()).map(type -> Arguments.of(name, type)));
    }

    private float[] run(Path file, Compute compute, int count, int[] table, boolean beside) {
        return run(file, compute, CacheType.F32, LENGTH, count, table, beside);
    }

    /// Logits of all positions, computed in steps of `count` rows.
    private static float[] run(
            Path file,
            Compute compute,
            CacheType type,
            int length,
            int count,
            int[] table,
            boolean beside) {
        int blocks = 26;
        int[] others = IntStream.range(16, blocks).toArray();
        float[] all = new float[length * TinyModel.VOCABULARY];
        try (LocalModel model =
                        LocalModel.open(
                                file,
                                compute,
                                new LocalModel.Options(blocks, LONG, TinyModel.CONTEXT, type));
                Arena arena = Arena.ofShared()) {
            FloatArray logits = FloatArray.allocate(arena, count * TinyModel.VOCABULARY);
            Step step = new Step(LONG);
            for (int first = 0; first < length; first += count) {
                step.clear();
                int last = Math.min(length, first + count);
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
