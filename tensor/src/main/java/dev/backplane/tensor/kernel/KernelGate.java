package dev.backplane.tensor.kernel;

import com.sun.management.ThreadMXBean;
import dev.backplane.tensor.machine.MachineCode;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/// Tries all kernels in this process before a model relies on them, because a compiler's choices
/// are nobody's promise: the same kernel that streams at memory speed alone may put its vectors on
/// the heap when others were compiled before it.
///
/// A vector kernel is used unless it disagrees with its scalar twin, allocates, or is slower than
/// the twin. One that keeps less than 70 % of the rate it had when it was the last to be compiled
/// is used, but reported as slowed. Machine code, where there is any, is used instead of both when
/// it agrees with the twin and is not slower than the vector form.
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

    /// What became of a kernel's machine code.
    public enum MachineVerdict {
        USED,
        OFF,

        /// None for this kernel, or not on this machine ([MachineCode#obstacle]).
        MISSING,
        DISAGREES,
        SLOWER_THAN_VECTOR
    }

    /// The outcome for one kernel.
    ///
    /// @param verdict on the vector form
    /// @param bytesPerRun allocated by a product, on the average
    /// @param alone weights read by one thread, bytes a second, when this kernel was the newest
    /// @param together the same when all had run
    /// @param scalar the same of the twin
    /// @param machineVerdict on the machine code
    /// @param machine its rate, 0 where it was not tried
    /// @param operationsPerByte to turn rates into multiplications and additions a second
    public record Outcome(
            Kernel kernel,
            Verdict verdict,
            double bytesPerRun,
            double alone,
            double together,
            double scalar,
            MachineVerdict machineVerdict,
            double machine,
            double operationsPerByte) {
        /// The form that is used.
        public KernelForm form() {
            if (machineVerdict == MachineVerdict.USED) {
                return KernelForm.MACHINE;
            }
            return verdict.vector() ? KernelForm.VECTOR : KernelForm.PLAIN;
        }
    }

    private final List<Outcome> outcomes;
    private final Map<Kernel, KernelForm> forms = new EnumMap<>(Kernel.class);

    private KernelGate(List<Outcome> outcomes, KernelForm untried) {
        this.outcomes = List.copyOf(outcomes);
        for (Kernel kernel : Kernel.values()) {
            forms.put(kernel, untried);
        }
        outcomes.forEach(outcome -> forms.put(outcome.kernel(), outcome.form()));
    }

    /// Without a trial: the fastest forms, as after a gate that found nothing.
    public static KernelGate open() {
        return open(true);
    }

    /// Without a trial: machine code, if it may be and there is any, or else vector code.
    public static KernelGate open(boolean machineCode) {
        return new KernelGate(List.of(), machineCode ? KernelForm.MACHINE : KernelForm.VECTOR);
    }

    /// Tries all kernels, on this thread.
    ///
    /// @param millis for each kernel, four times: to warm up, alone, to warm up again, together;
    ///   and twice for its machine code
    /// @param machineCode whether it may be used
    public static KernelGate run(int millis, boolean machineCode) {
        List<KernelTrial> trials = new ArrayList<>();
        try (WorkerPool pool = new WorkerPool(1)) {
            CpuMatMul vector = new CpuMatMul(pool, _ -> KernelForm.VECTOR);
            CpuMatMul scalar = new CpuMatMul(pool, _ -> KernelForm.PLAIN);
            CpuMatMul machine = new CpuMatMul(pool, _ -> KernelForm.MACHINE);
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
                Outcome outcome = judge(trials.get(i), alone.get(i), vector, scalar, millis);
                outcomes.add(
                        machineCode
                                ? judge(trials.get(i), outcome, machine, scalar, millis)
                                : outcome);
            }
            return new KernelGate(outcomes, KernelForm.VECTOR);
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
                MachineVerdict.OFF,
                0,
                trial.operations() / trial.bytes());
    }

    /// The same with what there is to say about the kernel's machine code.
    private static Outcome judge(
            KernelTrial trial, Outcome vector, CpuMatMul machine, CpuMatMul scalar, int millis) {
        if (!trial.kernel().hasMachineForm()) {
            return with(vector, MachineVerdict.MISSING, 0);
        }
        if (!trial.agrees(machine, scalar)) {
            return with(vector, MachineVerdict.DISAGREES, 0);
        }
        trial.rate(machine, millis);
        double rate = trial.rate(machine, millis);
        return with(
                vector,
                rate < vector.together() && vector.verdict().vector()
                        ? MachineVerdict.SLOWER_THAN_VECTOR
                        : MachineVerdict.USED,
                rate);
    }

    private static Outcome with(Outcome of, MachineVerdict verdict, double rate) {
        return new Outcome(
                of.kernel(),
                of.verdict(),
                of.bytesPerRun(),
                of.alone(),
                of.together(),
                of.scalar(),
                verdict,
                rate,
                of.operationsPerByte());
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

    /// The form in which a kernel is used. Machine code is where there is any, else vector code.
    public KernelForm form(Kernel kernel) {
        return Objects.requireNonNull(forms.get(kernel));
    }

    /// The kernels whose scalar twin is used.
    public Set<Kernel> fallenBack() {
        return where(outcome -> outcome.form() == KernelForm.PLAIN);
    }

    /// The kernels that are used although they lost more than they may: their twins are slower yet.
    public Set<Kernel> slowed() {
        return where(outcome ->
                outcome.form() == KernelForm.VECTOR && outcome.verdict() == Verdict.SLOWED);
    }

    private Set<Kernel> where(Predicate<Outcome> condition) {
        Set<Kernel> kernels = EnumSet.noneOf(Kernel.class);
        outcomes.stream().filter(condition).map(Outcome::kernel).forEach(kernels::add);
        return kernels;
    }

    /// The kernels that run as machine code.
    public Set<Kernel> asMachineCode() {
        Set<Kernel> kernels = EnumSet.noneOf(Kernel.class);
        for (Kernel kernel : Kernel.values()) {
            if (form(kernel) == KernelForm.MACHINE && kernel.hasMachineForm()) {
                kernels.add(kernel);
            }
        }
        return kernels;
    }

    /// In words: those kernels, or why there are none.
    public String machineCode() {
        Set<Kernel> kernels = asMachineCode();
        return kernels.isEmpty()
                ? "none, " + MachineCode.obstacle().orElse("it is switched off or failed its trial")
                : kernels.toString();
    }

    /// Products by the kernels that passed.
    public CpuMatMul matMul(WorkerPool pool) {
        return new CpuMatMul(pool, this::form);
    }
}
