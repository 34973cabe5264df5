package dev.backplane.engine.model;

import dev.backplane.tensor.kernel.Elementwise;
import dev.backplane.tensor.kernel.FloatArray;

/// How rows are brought to one size before they are used. Neither has a bias.
enum Normalisation {
    /// By the root of their mean square (Zhang and Sennrich, arXiv 1910.07467).
    RMS,
    /// By mean and variance (Ba et al., arXiv 1607.06450).
    LAYER;

    /// `out` = the row of `width` numbers that begins at `at`, normed and times `weight`.
    void apply(
            Elementwise elementwise,
            FloatArray x,
            int at,
            FloatArray weight,
            float epsilon,
            FloatArray out,
            int outAt,
            int width) {
        switch (this) {
            case RMS -> elementwise.rmsNorm(x, at, weight, epsilon, out, outAt, width);
            case LAYER -> elementwise.layerNorm(x, at, weight, epsilon, out, outAt, width);
        }
    }
}
