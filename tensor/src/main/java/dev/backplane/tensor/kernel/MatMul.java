package dev.backplane.tensor.kernel;

/// Products of weights with activations: what every layer of a model is made of, and the seam
/// behind which other processors can stand.
public interface MatMul {
    /// `out[n · weights.rows() + r] = Σ x[n][k] · weights[r][k]` for all rows `n` of `x`. Returns
    /// when all is written. For one caller at a time.
    ///
    /// @throws IllegalArgumentException when columns differ
    /// @throws IndexOutOfBoundsException when `out` is too short
    void multiply(WeightMatrix weights, Activations x, FloatArray out);
}
