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
    private final boolean machineCode;
    private Optional<KernelGate> gate = Optional.empty();

    /// @param trial of each kernel, four times; zero for none
    /// @param machineCode whether kernels may be machine code
    public TriedKernels(Duration trial, boolean machineCode) {
        this.trial = trial;
        this.machineCode = machineCode;
    }

    @Override
    public synchronized KernelGate get() {
        if (gate.isEmpty()) {
            KernelGate known = trial.isZero() ? KernelGate.open(machineCode) : tried();
            LOG.log(System.Logger.Level.INFO, "machine code: {0}", known.machineCode());
            gate = Optional.of(known);
        }
        return gate.get();
    }

    private KernelGate tried() {
        KernelGate tried = KernelGate.run((int) trial.toMillis(), machineCode);
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
