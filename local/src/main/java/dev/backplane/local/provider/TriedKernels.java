package dev.backplane.local.provider;

import dev.backplane.tensor.kernel.Kernel;
import dev.backplane.tensor.kernel.KernelGate;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The kernels of this process, tried when the first model is loaded, if that was asked for. A
/// trial takes seconds, and one that is too short, or beside other work, calls kernels slow that
/// are not yet compiled; so it is not made unasked.
public final class TriedKernels implements Supplier<KernelGate> {
    private static final System.Logger LOG = System.getLogger(TriedKernels.class.getName());

    private final Duration trial;
    private Optional<KernelGate> gate = Optional.empty();

    /// @param trial of each kernel, four times; zero for none
    public TriedKernels(Duration trial) {
        this.trial = trial;
    }

    @Override
    public synchronized KernelGate get() {
        if (gate.isEmpty()) {
            gate = Optional.of(trial.isZero() ? KernelGate.open() : tried());
        }
        return gate.get();
    }

    private KernelGate tried() {
        KernelGate tried = KernelGate.run((int) trial.toMillis());
        Set<Kernel> scalar = tried.fallenBack();
        Set<Kernel> slowed = tried.slowed();
        if (scalar.isEmpty() && slowed.isEmpty()) {
            LOG.log(System.Logger.Level.INFO, "all kernels passed their trial");
        }
        if (!slowed.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "kernels {0} are slower beside the others than alone, and are used: their plain"
                            + " forms are slower yet",
                    slowed);
        }
        if (!scalar.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "kernels {0} failed their trial: their plain forms are used, which are slow",
                    scalar);
        }
        return tried;
    }
}
