package dev.backplane.tensor.kernel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Tries all kernels in this process before a model relies on them, because a compiler's choices
/// are nobody's promise: the same kernel that streams at memory speed alone may put its vectors on
/// the heap when others were compiled before it.
///
/// A vector kernel is used unless it disagrees with its scalar twin, allocates, or is slower than
/// the twin. One that keeps less than 70 % of the rate it had when it was the last to be compiled
/// is used, but reported as slowed.
public final class KernelGate {
    /// Of the first rate, what has to remain.
    public static final double KEPT_MIN = 0.7;

    /// In the second- or third-level cache, where a kernel has to show what it costs itself.
    private static final long BYTES = 1 << 20;

    private static final int COLUMNS = 2_048;
    private static final int TWIN_RUNS = 3;

    /// Bytes that a run may allocate: what the counter itself may cost.
    private static final long NOISE_BYTES = 64;

    /// What became of a kernel.
    public enum Verdict {
        VECTOR,
        SLOWED,
        DISAGREES,
        ALLOCATES,
        SLOWER_THAN_SCALAR;

        /// Whether the vector form is used.
        public boolean vector() {
            return this == VECTOR || this == SLOWED;
        }
    }

    /// The outcome for one kernel.
    ///
    /// @param bytesPerRun allocated by a product, on the average
    /// @param alone weights read by one thread, bytes a second, when this kernel was the newest
    /// @param together the same when all had run
    /// @param scalar the same of the twin
    /// @param operationsPerByte to turn either into multiplications and additions a second
    public record Outcome(
            Kernel kernel,
            Verdict verdict,
            double bytesPerRun,
            double alone,
            double together,
            double scalar,
            double operationsPerByte) {}

    private final List<Outcome> outcomes;

    private KernelGate(List<Outcome> outcomes) {
        this.outcomes = List.copyOf(outcomes);
    }

    /// Without a trial: all vector code, as after a gate that found nothing.
    public static KernelGate open() {
        return new KernelGate(List.of());
    }

    /// Tries all kernels, on this thread.
    ///
    /// @param millis for each kernel, four times: to warm up, alone, to warm up again, together
    public static KernelGate run(int millis) {
        List<KernelTrial> trials = new ArrayList<>();
        try (WorkerPool pool = new WorkerPool(1)) {
            CpuMatMul vector = new CpuMatMul(pool, _ -> true);
            CpuMatMul scalar = new CpuMatMul(pool, _ -> false);
            List<Double> alone = new ArrayList<>();
            for (Kernel kernel : Kernel.values()) {
                // The plain form of many activations at once is slow, and says as much of few rows.
                long bytes = kernel == Kernel.GEMM ? BYTES / 8 : BYTES;
                KernelTrial trial = new KernelTrial(kernel, bytes, COLUMNS);
                trials.add(trial);
                trial.rate(vector, millis);
                alone.add(trial.rate(vector, millis));
            }
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < trials.size(); i++) {
                outcomes.add(judge(trials.get(i), alone.get(i), vector, scalar, millis));
            }
            return new KernelGate(outcomes);
        } finally {
            trials.forEach(KernelTrial::close);
        }
    }

    private static Outcome judge(
            KernelTrial trial, double alone, CpuMatMul vector, CpuMatMul scalar, int millis) {
        trial.rate(vector, millis);
        double together = trial.rate(vector, millis);
        double allocated = allocated(trial, vector);
        boolean agrees = trial.agrees(vector, scalar);
        double twin = trial.rate(scalar, TWIN_RUNS);
        return new Outcome(
                trial.kernel(),
                verdict(agrees, allocated, alone, together, twin),
                allocated,
                alone,
                together,
                twin,
                trial.operations() / trial.bytes());
    }

    /// What the numbers say of a kernel, in this order.
    static Verdict verdict(
            boolean agrees, double allocated, double alone, double together, double twin) {
        if (!agrees) {
            return Verdict.DISAGREES;
        }
        if (allocated > NOISE_BYTES) {
            return Verdict.ALLOCATES;
        }
        if (together < twin) {
            return Verdict.SLOWER_THAN_SCALAR;
        }
        return together < KEPT_MIN * alone ? Verdict.SLOWED : Verdict.VECTOR;
    }

    private static double allocated(KernelTrial trial, CpuMatMul matMul) {
        if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
                || !threads.isThreadAllocatedMemorySupported()) {
            return 0;
        }
        int runs = 20;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < runs; i++) {
            trial.run(matMul);
        }
        return (double) (threads.getCurrentThreadAllocatedBytes() - before) / runs;
    }

    public List<Outcome> outcomes() {
        return outcomes;
    }

    /// The kernels whose scalar twin is used.
    public Set<Kernel> fallenBack() {
        Set<Kernel> kernels = EnumSet.noneOf(Kernel.class);
        for (Outcome outcome : outcomes) {
            if (!outcome.verdict().vector()) {
                kernels.add(outcome.kernel());
            }
        }
        return kernels;
    }

    /// The kernels that are used although they lost more than they may: their twins are slower yet.
    public Set<Kernel> slowed() {
        Set<Kernel> kernels = EnumSet.noneOf(Kernel.class);
        for (Outcome outcome : outcomes) {
            if (outcome.verdict() == Verdict.SLOWED) {
                kernels.add(outcome.kernel());
            }
        }
        return kernels;
    }

    /// Products by the kernels that passed.
    public CpuMatMul matMul(WorkerPool pool) {
        Set<Kernel> scalar = fallenBack();
        return new CpuMatMul(pool, kernel -> !scalar.contains(kernel));
    }
}
