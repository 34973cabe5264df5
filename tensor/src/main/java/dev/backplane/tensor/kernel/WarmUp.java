package dev.backplane.tensor.kernel;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Gets kernels compiled before a model needs them: products with small matrices of zeros, and what
/// comes between, until they run as fast as compiled code does. In the interpreter a kernel is some
/// hundred times as slow, and a first token would be spent waiting for the compiler while all
/// workers take its processor from it.
public final class WarmUp {
    private static final int ROWS = 64;
    private static final int COLUMNS = 512;
    private static final int FEW = 4;
    private static final int CACHED = 64;

    /// Of the first round, what a round takes at most when its code is compiled.
    private static final int FASTER = 40;

    /// What this process has done so far: code stays compiled.
    private static final Set<ElementType> WARM = ConcurrentHashMap.newKeySet();

    private WarmUp() {}

    /// For weights of these types, as far as it was not done before; on this thread.
    ///
    /// @param nanosMax when to stop at the latest
    public static void run(Collection<ElementType> types, KernelGate gate, long nanosMax) {
        List<ElementType> cold = types.stream().filter(WARM::add).toList();
        if (cold.isEmpty()) {
            return;
        }
        long until = System.nanoTime() + nanosMax;
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(1)) {
            CpuMatMul matMul = gate.matMul(pool);
            List<WeightMatrix> weights = new ArrayList<>();
            for (ElementType type : cold) {
                if (COLUMNS % type.blockElements() == 0) {
                    weights.add(zeros(type, arena));
                }
            }
            int many = CpuMatMul.PANEL_MOST;
            FloatArray inputs = FloatArray.allocate(arena, many * COLUMNS);
            FloatArray out = FloatArray.allocate(arena, many * ROWS);
            Activations one = Activations.allocate(arena, 1, COLUMNS);
            Activations all = Activations.allocate(arena, many, COLUMNS);
            List<PackedBlocks> caches = caches(arena);
            long first = 0;
            long taken;
            do {
                long start = System.nanoTime();
                for (WeightMatrix matrix : weights) {
                    one.set(inputs, 0, 1);
                    matMul.multiply(matrix, one, out);
                    all.set(inputs, 0, many);
                    matMul.multiply(matrix, all, out);
                }
                between(new VectorElementwise(), inputs, out);
                caches.forEach(cache -> cache.get(0, out, 0));
                long now = System.nanoTime();
                taken = now - start;
                first = first == 0 ? taken : first;
                if (now > until) {
                    return;
                }
            } while (taken > first / FASTER);
        }
    }

    private static WeightMatrix zeros(ElementType type, Arena arena) {
        Shape shape = Shape.of(ROWS, COLUMNS);
        MemorySegment data = arena.allocate(Tensor.bytes(type, shape), 64);
        Tensor tensor = new Tensor(type.label(), type, shape, data);
        return WeightMatrix.hasTiles(type)
                ? WeightMatrix.tiled(tensor, arena.allocate(WeightMatrix.tileBytes(tensor), 64))
                : WeightMatrix.inPlace(tensor);
    }

    /// Of each kind that a decoder may have.
    private static List<PackedBlocks> caches(Arena arena) {
        List<PackedBlocks> caches = new ArrayList<>();
        for (CacheType type : CacheType.values()) {
            for (PackedBlocks.Form form : PackedBlocks.Form.values()) {
                caches.add(PackedBlocks.allocate(arena, type, form, 1, CACHED));
            }
        }
        return caches;
    }

    /// What every decoder has between its products.
    private static void between(Elementwise elementwise, FloatArray x, FloatArray out) {
        int count = COLUMNS / 2;
        elementwise.rmsNorm(x, 0, x, 1, out, 0, count);
        elementwise.add(out, 0, x, 0, count);
        elementwise.rotateHalves(out, 0, x, x, 0, count);
        elementwise.rotatePairs(out, 0, x, x, 0, count);
        elementwise.siluMultiply(x, 0, x, 0, out, 0, count);
        elementwise.softmax(out, 0, count);
        elementwise.softmaxPiece(out, 0, count, out, count);
        for (int block = 0; block < FEW; block++) {
            elementwise.columnProducts(
                    x, 0, 64, FEW, x, count, 2, 64, 1, out, 32 * block, count / FEW);
            elementwise.addRows(x, 0, 16, FEW, 16, x, count, out, 0, count / FEW, count / FEW);
        }
    }
}
