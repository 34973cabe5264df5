package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.kernel.MatMul;
import dev.backplane.tensor.kernel.VectorElementwise;
import dev.backplane.tensor.kernel.WarmUp;
import dev.backplane.tensor.kernel.WorkerPool;
import dev.backplane.tensor.type.ElementType;
import java.util.Collection;

/// What decoders compute with: threads, products, and what comes between. For one thread at a time.
public final class Compute implements AutoCloseable {
    private static final long WARM_UP_NANOS = 1_000_000_000;

    private final KernelGate gate;
    private final WorkerPool pool;
    private final MatMul matMul;
    private final Elementwise elementwise = new VectorElementwise();

    /// @param threads that compute, the caller's included
    /// @param gate which kernels to rely on
    public Compute(int threads, KernelGate gate) {
        this.gate = gate;
        pool = new WorkerPool(threads);
        matMul = gate.matMul(pool);
    }

    /// Has the kernels for weights of these types compiled, while the model is opened: the first
    /// token would have to wait for that otherwise.
    ///
    /// @return the thread that does it
    Thread warmUp(Collection<ElementType> types) {
        return Thread.ofPlatform()
                .daemon()
                .name("tensor-warm-up")
                .start(() -> WarmUp.run(types, gate, WARM_UP_NANOS));
    }

    WorkerPool pool() {
        return pool;
    }

    MatMul matMul() {
        return matMul;
    }

    Elementwise elementwise() {
        return elementwise;
    }

    @Override
    public void close() {
        pool.close();
    }
}
