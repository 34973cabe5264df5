package dev.backplane.tensor.kernel;

import java.lang.foreign.Arena;
import java.util.Optional;

/// Products on this machine's processors, split by rows among the workers of a pool.
///
/// Few activations go over the weights one after the other, while 32 rows are in the cache: memory
/// is read once. Many are worth decoding the weights to floats first ([Gemm]).
///
/// A call allocates nothing. One caller at a time.
public final class CpuMatMul implements MatMul, AutoCloseable {
    /// From so many activations on, decoding first is faster; measured, see `bench kernels`.
    static final int GEMM_FROM = 8;

    private final WorkerPool pool;
    private final Choice choice;
    @SuppressWarnings("MustBeClosedChecker") // close() does
    private final Arena arena = Arena.ofShared();

    private final Gemm[] gemms;
    private final Direct[] directs;
    private final WorkerPool.Task direct = this::direct;
    private final WorkerPool.Task gemm = this::gemm;
    private Optional<Call> call = Optional.empty();

    /// Which kernels are vector code; the others are their scalar twins.
    interface Choice {
        boolean vector(Kernel kernel);
    }

    private static final class Call {
        WeightMatrix weights;
        Activations x;
        FloatArray out;

        Call(WeightMatrix weights, Activations x, FloatArray out) {
            this.weights = weights;
            this.x = x;
            this.out = out;
        }
    }

    CpuMatMul(WorkerPool pool, Choice choice) {
        this.pool = pool;
        this.choice = choice;
        gemms = new Gemm[pool.size()];
        directs = new Direct[pool.size()];
        for (int i = 0; i < gemms.length; i++) {
            gemms[i] = new Gemm(arena, choice.vector(Kernel.GEMM));
            directs[i] = new Direct(arena, choice);
        }
    }

    @Override
    public void multiply(WeightMatrix weights, Activations x, FloatArray out) {
        run(weights, x, out, x.rows() >= GEMM_FROM);
    }

    /// As [#multiply], by the way that is named.
    void run(WeightMatrix weights, Activations x, FloatArray out, boolean byGemm) {
        if (weights.columns() != x.columns()) {
            throw new IllegalArgumentException(
                    "%s has %d columns, the activations %d"
                            .formatted(weights.name(), weights.columns(), x.columns()));
        }
        out.address(0, (long) x.rows() * weights.rows());
        weights.address(0, weights.bytes());
        if (!byGemm) {
            Direct.prepare(weights, x);
        }
        hold(weights, x, out);
        pool.run(byGemm ? gemm : direct);
    }

    private void hold(WeightMatrix weights, Activations x, FloatArray out) {
        if (call.isEmpty()) {
            call = Optional.of(new Call(weights, x, out));
            return;
        }
        Call held = call.get();
        held.weights = weights;
        held.x = x;
        held.out = out;
    }

    private void direct(int worker, int workers) {
        Call held = call.orElseThrow();
        int groups = (held.weights.rows() + TileFormat.ROWS - 1) / TileFormat.ROWS;
        int from = share(groups, worker, workers);
        int to = share(groups, worker + 1, workers);
        directs[worker].groups(held.weights, held.x, held.out, from, to);
    }

    private void gemm(int worker, int workers) {
        Call held = call.orElseThrow();
        int bands = (held.weights.rows() + Gemm.BAND - 1) / Gemm.BAND;
        boolean vector = held.weights.format().isEmpty() || choice.vector(Kernel.of(held.weights));
        int to = share(bands, worker + 1, workers);
        for (int band = share(bands, worker, workers); band < to; band++) {
            gemms[worker].band(held.weights, band * Gemm.BAND, held.x, held.out, vector);
        }
    }

    private static int share(int count, int worker, int workers) {
        return (int) ((long) count * worker / workers);
    }

    /// Frees the scratch. The pool is the caller's.
    @Override
    public void close() {
        arena.close();
    }
}
