package dev.backplane.local.provider;

import dev.backplane.tensor.kernel.Kernel;
import dev.backplane.tensor.kernel.KernelGate;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The kernels of this process, tried when the first model is loaded.
public final class TriedKernels implements Supplier<KernelGate> {
    private static final System.Logger LOG = System.getLogger(TriedKernels.class.getName());

    /// For each kernel, four times; long enough for them to be compiled.
    private static final int MILLIS = 50;

    private Optional<KernelGate> gate = Optional.empty();

    @Override
    public synchronized KernelGate get() {
        if (gate.isEmpty()) {
            KernelGate tried = KernelGate.run(MILLIS);
            Set<Kernel> scalar = tried.fallenBack();
            if (!scalar.isEmpty()) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "kernels {0} failed their trial: their plain forms are used, which are"
                                + " slow",
                        scalar);
            }
            gate = Optional.of(tried);
        }
        return gate.get();
    }
}
