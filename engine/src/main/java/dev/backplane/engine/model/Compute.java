package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.kernel.MatMul;
import dev.backplane.tensor.kernel.VectorElementwise;
import dev.backplane.tensor.kernel.WorkerPool;

/// What decoders compute with: threads, products, and what comes between. For one thread at a time.
public final class Compute implements AutoCloseable {
    private final WorkerPool pool;
    private final MatMul matMul;
    private final Elementwise elementwise = new VectorElementwise();

    /// @param threads that compute, the caller's included
    /// @param gate which kernels to rely on
    public Compute(int threads, KernelGate gate) {
        pool = new WorkerPool(threads);
        matMul = gate.matMul(pool);
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
