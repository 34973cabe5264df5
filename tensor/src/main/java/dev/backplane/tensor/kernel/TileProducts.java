package dev.backplane.tensor.kernel;

import java.util.Arrays;

/// Products with weights in tiles, 32 rows at a time. Holds scratch, so it is for one thread.
///
/// Few activations go over the tiles one after the other, while what was read is in the cache. For
/// many, levels are decoded to floats once for all of them, into a *panel* of 32 rows by 256
/// columns that stays in the first cache ([Gemm]). Both give the same numbers ([TileFormat]).
final class TileProducts {
    /// Activations for which there is room for sums; more are done in batches.
    private static final int BATCH = 64 * Gemm.ROWS;

    private static final int ROWS = TileFormat.ROWS;

    private final Factors factors = new Factors();
    private final float[] panel = new float[Gemm.PANEL];
    private final float[] sums = new float[BATCH * ROWS];

    /// How to compute; all give the same.
    enum Way {
        PLAIN,
        DIRECT,
        PANEL,
        MACHINE
    }

    /// Groups `from` to `to` of 32 rows.
    void groups(
            WeightMatrix weights,
            TileFormat format,
            Activations x,
            FloatArray out,
            int from,
            int to,
            Way way) {
        boolean single = way == Way.DIRECT && x.rows() == 1 && !format.hasOffsets();
        int step = single ? Factors.RUNS_LONG : Factors.RUNS_MAX;
        factors.end = weights.address(0, weights.bytes()) + weights.bytes();
        for (int group = from; group < to; group++) {
            int first = group * ROWS;
            int count = Math.min(ROWS, weights.rows() - first);
            for (int row = 0; row < x.rows(); row += BATCH) {
                int rows = Math.min(BATCH, x.rows() - row);
                Arrays.fill(sums, 0, rows * ROWS, 0);
                for (int run = 0; run < x.runs(); run += step) {
                    int runs = Math.min(step, x.runs() - run);
                    long heads = heads(weights, format, group, run, runs);
                    long bodies = bodies(weights, format, group, run, runs);
                    multiply(format, heads, bodies, run, runs, x, row, rows, way);
                }
                for (int n = 0; n < rows; n++) {
                    out.set((row + n) * weights.rows() + first, sums, n * ROWS, count);
                }
            }
        }
    }

    private static long heads(
            WeightMatrix weights, TileFormat format, int group, int run, int runs) {
        int blockRuns = format.blockColumns() / TileFormat.RUN;
        long at = group * weights.strideBytes() + (long) (run / blockRuns) * format.headBytes();
        return weights.address(at, (long) (runs / blockRuns) * format.headBytes());
    }

    private static long bodies(
            WeightMatrix weights, TileFormat format, int group, int run, int runs) {
        int blockRuns = format.blockColumns() / TileFormat.RUN;
        long heads = (long) (weights.columns() / format.blockColumns()) * format.headBytes();
        long body = (long) (run / blockRuns) * format.bodyBytes();
        return weights.address(
                group * weights.strideBytes() + heads + body,
                (long) (runs / blockRuns) * format.bodyBytes());
    }

    private void multiply(
            TileFormat format,
            long heads,
            long bodies,
            int run,
            int runs,
            Activations x,
            int row,
            int rows,
            Way way) {
        if (way == Way.PLAIN) {
            for (int n = 0; n < rows; n++) {
                plain(format, heads, bodies, run, runs, x, row + n, ROWS * n);
            }
            return;
        }
        format.factors(heads, runs, factors);
        if (way == Way.PANEL) {
            format.decode(bodies, runs, panel);
            for (int n = 0; n < rows; n += Gemm.ROWS) {
                Gemm.multiply(panel, run, runs, x, row + n, factors, sums, ROWS * n);
            }
        } else {
            for (int n = 0; n < rows; n++) {
                format.multiply(bodies, run, runs, x, row + n, factors, sums, ROWS * n);
            }
        }
        if (format.hasOffsets()) {
            for (int each = 0; each < rows; each++) {
                int xRun = (row + each) * x.runs() + run;
                factors.addOffsets(runs, x.sums, xRun, sums, ROWS * each);
            }
        }
    }

    /// The twin of all kernels for tiles: what [TileFormat] says, said in Java.
    private void plain(
            TileFormat format,
            long heads,
            long bodies,
            int first,
            int runs,
            Activations x,
            int n,
            int at) {
        int blockRuns = format.blockColumns() / TileFormat.RUN;
        for (int row = 0; row < ROWS; row++) {
            float sum = sums[at + row];
            for (int run = 0; run < runs; run++) {
                long body = bodies + (long) (run / blockRuns) * format.bodyBytes();
                int column = run % blockRuns * TileFormat.RUN;
                int xRun = n * x.runs() + first + run;
                int product = 0;
                for (int k = 0; k < TileFormat.RUN; k++) {
                    int level = (int) x.levels[TileFormat.RUN * xRun + k];
                    product += format.level(body, column + k, row) * level;
                }
                long head = heads + (long) (run / blockRuns) * format.headBytes();
                float scale = format.scale(head, run % blockRuns, row);
                sum = Math.fma(scale * product, x.scales[xRun], sum);
            }
            for (int run = 0; format.hasOffsets() && run < runs; run++) {
                long head = heads + (long) (run / blockRuns) * format.headBytes();
                float offset = format.offset(head, run % blockRuns, row);
                sum = Math.fma(offset, x.sums[n * x.runs() + first + run], sum);
            }
            sums[at + row] = sum;
        }
    }
}
