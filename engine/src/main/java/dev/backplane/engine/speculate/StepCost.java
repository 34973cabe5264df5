package dev.backplane.engine.speculate;

/// What a row more costs a step, learned from the steps so far: a line through (rows, time), in
/// which a step counts half after [#HALF_LIFE] more. Before there are steps of different sizes, a
/// row is taken to cost a fifth of what a step costs without rows. For one thread.
final class StepCost {
    private static final double HALF_LIFE = 64;
    private static final double KEEP = Math.pow(0.5, 1 / HALF_LIFE);
    private static final double USUAL = 0.2;

    /// Spread of rows below which their line says nothing.
    private static final double SPREAD_MIN = 0.5;

    private double weight;
    private double rowsSum;
    private double nanosSum;
    private double squares;
    private double products;

    void add(int rows, long nanos) {
        weight = weight * KEEP + 1;
        rowsSum = rowsSum * KEEP + rows;
        nanosSum = nanosSum * KEEP + nanos;
        squares = squares * KEEP + (double) rows * rows;
        products = products * KEEP + (double) rows * nanos;
    }

    /// How probable a guess must be for its row to pay: the row's time over the time that a token
    /// takes without it.
    ///
    /// @param requests that get a token each from the step
    double worthwhile(int requests) {
        double slope = USUAL;
        double base = 1;
        if (weight > 0) {
            double variance = squares / weight - Math.pow(rowsSum / weight, 2);
            if (variance > SPREAD_MIN) {
                double both = products / weight - rowsSum / weight * (nanosSum / weight);
                slope = Math.max(0, both / variance);
                base = Math.max(0, nanosSum / weight - slope * (rowsSum / weight));
            }
        }
        double step = base + slope * requests;
        return step <= 0 ? 1 : Math.clamp(slope * requests / step, 0.02, 1);
    }
}
