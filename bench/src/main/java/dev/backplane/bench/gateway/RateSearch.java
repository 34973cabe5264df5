package dev.backplane.bench.gateway;

import java.io.IOException;

/// Looks for the highest rate that is kept: up in steps until one is not, then halving the gap.
///
/// A rate that is not kept is tried once more, because a stall of one moment is not the rate's
/// fault.
final class RateSearch {
    private static final double STEP_UP = 1.4;
    private static final int HALVINGS = 4;
    private static final double GRAIN = 10;
    private static final double RATE_MAX = 1_000_000;

    /// Whether a rate is kept, by trying it.
    @FunctionalInterface
    interface Trial {
        boolean keeps(double perSecond) throws IOException;
    }

    private RateSearch() {}

    /// @param first to be tried
    /// @return 0 if none was kept; else a rate within a fortieth of the highest, or a sixteenth of
    ///   `first` where that was not kept
    static double highest(double first, Trial trial) throws IOException {
        double kept = 0;
        double rate = grained(first);
        while (rate <= RATE_MAX && keeps(trial, rate)) {
            kept = rate;
            rate = grained(Math.max(rate * STEP_UP, rate + GRAIN));
        }
        double lost = rate;
        for (int i = 0; i < HALVINGS && lost - kept > GRAIN; i++) {
            double middle = grained((kept + lost) / 2);
            if (keeps(trial, middle)) {
                kept = middle;
            } else {
                lost = middle;
            }
        }
        return kept;
    }

    private static boolean keeps(Trial trial, double rate) throws IOException {
        boolean kept = trial.keeps(rate);
        return kept || trial.keeps(rate);
    }

    private static double grained(double rate) {
        return Math.max(GRAIN, Math.round(rate / GRAIN) * GRAIN);
    }
}
