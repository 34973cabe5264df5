package dev.backplane.tensor.kernel;

import dev.backplane.tensor.kernel.Activations.Form;
import dev.backplane.tensor.kernel.TileProducts.Way;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// Products on this machine's processors, in pieces of rows that the workers of a pool take one
/// after the other.
///
/// A call allocates nothing. One caller at a time.
public final class CpuMatMul implements MatMul {
    /// From so many activations on, all kernels of tiles decode them to floats first.
    static final int PANEL_MOST = 16;

    /// Into so many pieces for each worker a product is split. Who is done takes the next one: one
    /// processor may be slower than the other, or get less of what memory gives.
    private static final int PIECES = 8;

    private final WorkerPool pool;
    private final Choice choice;

    private final TileProducts[] tiles;
    private final MachineTileProducts[] machineTiles;
    private final RowProducts[] rows;
    private final MachineRowProducts[] machineRows;
    private final WorkerPool.Task prepareTask = this::prepare;
    private final WorkerPool.Task tileTask = this::tiles;
    private final WorkerPool.Task rowTask = this::rows;
    private final AtomicInteger taken = new AtomicInteger();
    private Optional<Call> call = Optional.empty();

    /// Which form of a kernel is used.
    interface Choice {
        KernelForm of(Kernel kernel);
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
        machineTiles = new MachineTileProducts[pool.size()];
        rows = new RowProducts[pool.size()];
        machineRows = new MachineRowProducts[pool.size()];
        for (int i = 0; i < tiles.length; i++) {
            tiles[i] = new TileProducts();
            machineTiles[i] = new MachineTileProducts(Arena.ofAuto());
            rows[i] = new RowProducts();
            machineRows[i] = new MachineRowProducts(Arena.ofAuto());
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
        boolean many = byPanel && x.rows() >= Gemm.ROWS && weights.format().isPresent();
        Way way = way(weights, many);
        hold(weights, x, out, way);
        if (take(weights, x, way)) {
            if (x.rows() == 1) {
                x.prepare(0, 1);
            } else {
                pool.run(prepareTask);
            }
        }
        taken.set(0);
        pool.run(weights.format().isPresent() ? tileTask : rowTask);
    }

    /// Whether activations have to be prepared.
    private static boolean take(WeightMatrix weights, Activations x, Way way) {
        if (weights.format().isEmpty()) {
            return x.take(Form.FLOATS);
        }
        TileFormat format = weights.format().get();
        return switch (way) {
            case MACHINE -> x.take(format.code().orElseThrow().records());
            case PANEL -> x.take(Form.FOURS);
            case DIRECT, PLAIN -> x.take(format.form());
        };
    }

    private Way way(WeightMatrix weights, boolean byPanel) {
        KernelForm few = choice.of(Kernel.of(weights));
        KernelForm many = byPanel ? choice.of(Kernel.GEMM) : few;
        if (few == KernelForm.PLAIN) {
            return Way.PLAIN;
        }
        if (few == KernelForm.MACHINE && many == few && hasMachineForm(weights)) {
            return Way.MACHINE;
        }
        return byPanel && many != KernelForm.PLAIN ? Way.PANEL : Way.DIRECT;
    }

    private static boolean hasMachineForm(WeightMatrix weights) {
        return Kernel.of(weights).hasMachineForm()
                && (weights.format().isPresent() || MachineRowProducts.suits(weights));
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
        TileFormat format = held.weights.format().orElseThrow();
        int groups = Math.ceilDiv(held.weights.rows(), TileFormat.ROWS);
        int piece = Math.ceilDiv(groups, PIECES * workers);
        for (int from = next(piece); from < groups; from = next(piece)) {
            int to = Math.min(groups, from + piece);
            if (held.way == Way.MACHINE) {
                machineTiles[worker].groups(
                        held.weights,
                        format,
                        format.code().orElseThrow(),
                        held.x,
                        held.out,
                        from,
                        to);
            } else {
                tiles[worker].groups(held.weights, format, held.x, held.out, from, to, held.way);
            }
        }
    }

    private void rows(int worker, int workers) {
        Call held = call.orElseThrow();
        int rows = held.weights.rows();
        int piece = TileFormat.ROWS * Math.ceilDiv(rows, TileFormat.ROWS * PIECES * workers);
        for (int from = next(piece); from < rows; from = next(piece)) {
            int to = Math.min(rows, from + piece);
            if (held.way == Way.MACHINE) {
                machineRows[worker].rows(held.weights, held.x, held.out, from, to);
            } else {
                boolean vector = held.way != Way.PLAIN;
                this.rows[worker].rows(held.weights, held.x, held.out, from, to, vector);
            }
        }
    }

    /// Takes the next piece of the product that is being made.
    private int next(int piece) {
        return taken.getAndAdd(piece);
    }

    private static int share(int count, int worker, int workers) {
        return (int) ((long) count * worker / workers);
    }
}
