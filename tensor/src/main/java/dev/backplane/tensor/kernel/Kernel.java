package dev.backplane.tensor.kernel;

import dev.backplane.tensor.machine.MachineCode;
import java.util.Locale;

/// The kernels that have a vector form and a scalar twin, for choosing between them.
public enum Kernel {
    F32,
    F16,
    BF16,
    Q8_0,
    Q4_0,
    Q4_K,
    Q6_K,
    GEMM;

    /// The kernel of a weight's own type, for products with few activations. Types without one are
    /// decoded row by row for that of F32.
    static Kernel of(WeightMatrix weights) {
        if (weights.format().isEmpty()) {
            return switch (weights.type()) {
                case F16 -> F16;
                case BF16 -> BF16;
                default -> F32;
            };
        }
        return switch (weights.type()) {
            case Q8_0 -> Q8_0;
            case Q4_0 -> Q4_0;
            case Q4_K -> Q4_K;
            case Q6_K -> Q6_K;
            default -> throw new IllegalArgumentException("no tiles for " + weights.type());
        };
    }

    /// Whether there is machine code for it here.
    boolean hasMachineForm() {
        return MachineCode.obstacle().isEmpty();
    }

    public String label() {
        return this == GEMM ? "gemm" : name().toUpperCase(Locale.ROOT);
    }
}
