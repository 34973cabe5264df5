package dev.backplane.tensor.kernel;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.kernel.TileProducts.Way;
import java.util.Optional;

/// Products on this machine's processors, split by rows among the workers of a pool.
///
/// A call allocates nothing. One caller at a time.
public final class CpuMatMul implements MatMul {
    /// From so many activations on, all kernels of tiles decode them to floats first.
    static final int PANEL_MOST = 16;

    private final WorkerPool pool;
    private final Choice choice;

    private final TileProducts[] tiles;
    private final RowProducts[] rows;
    private final WorkerPool.Task prepareTask = this::prepare;
    private final WorkerPool.Task tileTask = this::tiles;
    private final WorkerPool.Task rowTask = this::rows;
    private Optional<Call> call = Optional.empty();

    /// Which kernels are vector code; the others are their scalar twins.
    interface Choice {
        boolean vector(Kernel kernel);
    }

    private static final class Call {
        WeightMatrix weights;
        Activations x;
        FloatArray out;
        Way way;

        Call(WeightMatrix weights, Activations x, FloatArray out, Way way) {
            this.weights = weights;
            this.x = x;
            this.out = out;
            this.way = way;
        }
    }

    CpuMatMul(WorkerPool pool, Choice choice) {
        this.pool = pool;
        this.choice = choice;
        tiles = new TileProducts[pool.size()];
        rows = new RowProducts[pool.size()];
        for (int i = 0; i < tiles.length; i++) {
            tiles[i] = new TileProducts();
            rows[i] = new RowProducts();
        }
    }

    @Override
    public void multiply(WeightMatrix weights, Activations x, FloatArray out) {
        run(weights, x, out, weights.format().map(TileFormat::panelFrom).orElse(0) <= x.rows());
    }

    /// As [#multiply], by the way that is named where there are two.
    void run(WeightMatrix weights, Activations x, FloatArray out, boolean byPanel) {
        if (weights.columns() != x.columns()) {
            throw new IllegalArgumentException(
                    "%s has %d columns, the activations %d"
                            .formatted(weights.name(), weights.columns(), x.columns()));
        }
        out.address(0, (long) x.rows() * weights.rows());
        weights.address(0, weights.bytes());
        Way way = way(weights, byPanel && x.rows() >= Gemm.ROWS);
        hold(weights, x, out, way);
        if (x.take(form(weights, way))) {
            if (x.rows() == 1) {
                x.prepare(0, 1);
            } else {
                pool.run(prepareTask);
            }
        }
        pool.run(weights.format().isPresent() ? tileTask : rowTask);
    }

    private static Form form(WeightMatrix weights, Way way) {
        if (weights.format().isEmpty()) {
            return Form.FLOATS;
        }
        return way == Way.PANEL ? Form.FOURS : weights.format().get().form();
    }

    private Way way(WeightMatrix weights, boolean byPanel) {
        if (!choice.vector(Kernel.of(weights))) {
            return Way.PLAIN;
        }
        return byPanel && choice.vector(Kernel.GEMM) ? Way.PANEL : Way.DIRECT;
    }

    private void hold(WeightMatrix weights, Activations x, FloatArray out, Way way) {
        if (call.isEmpty()) {
            call = Optional.of(new Call(weights, x, out, way));
            return;
        }
        Call held = call.get();
        held.weights = weights;
        held.x = x;
        held.out = out;
        held.way = way;
    }

    private void prepare(int worker, int workers) {
        Activations x = call.orElseThrow().x;
        x.prepare(share(x.rows(), worker, workers), share(x.rows(), worker + 1, workers));
    }

    private void tiles(int worker, int workers) {
        Call held = call.orElseThrow();
        int groups = Math.ceilDiv(held.weights.rows(), TileFormat.ROWS);
        tiles[worker].groups(
                held.weights,
                held.weights.format().orElseThrow(),
                held.x,
                held.out,
                share(groups, worker, workers),
                share(groups, worker + 1, workers),
                held.way);
    }

    private void rows(int worker, int workers) {
        Call held = call.orElseThrow();
        rows[worker].rows(
                held.weights,
                held.x,
                held.out,
                share(held.weights.rows(), worker, workers),
                share(held.weights.rows(), worker + 1, workers),
                held.way != Way.PLAIN);
    }

    private static int share(int count, int worker, int workers) {
        return (int) ((long) count * worker / workers);
    }
}
