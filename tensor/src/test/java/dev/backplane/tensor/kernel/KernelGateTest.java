package dev.backplane.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.backplane.tensor.kernel.KernelGate.Outcome;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelGateTest {
    /// All kernels in one process, warm: none disagrees with its twin.
    @Test
    void kernelsAgreeAndAreReported() {
        KernelGate gate = KernelGate.run(150, true);

        assertThat(gate.outcomes()).extracting(Outcome::kernel).containsExactly(Kernel.values());
        assertThat(gate.outcomes())
                .extracting(Outcome::verdict)
                .doesNotContain(KernelGate.Verdict.DISAGREES);
        assertThat(gate.outcomes()).allMatch(outcome -> outcome.together() > 0);
        assertThat(gate.outcomes())
                .extracting(Outcome::machineVerdict)
                .doesNotContain(KernelGate.MachineVerdict.DISAGREES, KernelGate.MachineVerdict.OFF);
    }

    @Test
    void machineCodeCanBeSwitchedOff() {
        KernelGate off = KernelGate.open(false);

        assertThat(off.form(Kernel.Q8_0)).isEqualTo(KernelForm.VECTOR);
        assertThat(off.asMachineCode()).isEmpty();
        assertThat(off.machineCode()).startsWith("none, ");
        assertThat(KernelGate.open(true).form(Kernel.Q8_0)).isEqualTo(KernelForm.MACHINE);
    }

    /// Machine code before vector code before the twin, as far as each passed.
    @Test
    void takesTheFirstFormThatPassed() {
        assertThat(form(KernelGate.Verdict.ALLOCATES, KernelGate.MachineVerdict.USED))
                .isEqualTo(KernelForm.MACHINE);
        assertThat(form(KernelGate.Verdict.SLOWED, KernelGate.MachineVerdict.SLOWER_THAN_VECTOR))
                .isEqualTo(KernelForm.VECTOR);
        assertThat(form(KernelGate.Verdict.DISAGREES, KernelGate.MachineVerdict.DISAGREES))
                .isEqualTo(KernelForm.PLAIN);
    }

    private static KernelForm form(KernelGate.Verdict vector, KernelGate.MachineVerdict machine) {
        return new Outcome(Kernel.Q8_0, vector, 0, 1, 1, 1, machine, 1, 1).form();
    }

    /// The rules, on numbers: disagreement before allocation, both before rates. One that is slowed
    /// stays, since its twin would be slower.
    @Test
    void fallsBackOnlyToWhatIsBetterAndSaysWhatWasLost() {
        assertThat(KernelGate.verdict(true, 0, 10, 9, 1)).isEqualTo(KernelGate.Verdict.VECTOR);
        assertThat(KernelGate.verdict(true, 0, 10, 6.9, 1)).isEqualTo(KernelGate.Verdict.SLOWED);
        assertThat(KernelGate.verdict(true, 0, 10, 0.9, 1))
                .isEqualTo(KernelGate.Verdict.SLOWER_THAN_SCALAR);
        assertThat(KernelGate.verdict(true, 100, 10, 9, 1)).isEqualTo(KernelGate.Verdict.ALLOCATES);
        assertThat(KernelGate.verdict(false, 100, 10, 9, 1))
                .isEqualTo(KernelGate.Verdict.DISAGREES);
        assertThat(KernelGate.Verdict.values())
                .filteredOn(KernelGate.Verdict::vector)
                .containsExactly(KernelGate.Verdict.VECTOR, KernelGate.Verdict.SLOWED);
    }

    /// The warm-up is by count, not by time, so that a busy machine only makes it longer.
    @ParameterizedTest
    @EnumSource(names = {"VECTOR", "MACHINE"})
    void aWarmProductAllocatesNothing(KernelForm form) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (WorkerPool pool = new WorkerPool(1)) {
            CpuMatMul matMul = new CpuMatMul(pool, _ -> form);
            for (Kernel kernel : Kernel.values()) {
                try (KernelTrial trial = new KernelTrial(kernel, 1 << 17, 1_024)) {
                    long bytes = Long.MAX_VALUE;
                    for (int round = 0; round < 100 && bytes > 0; round++) {
                        for (int i = 0; i < 200; i++) {
                            trial.run(matMul);
                        }
                        long before = threads.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 10; i++) {
                            trial.run(matMul);
                        }
                        bytes = threads.getCurrentThreadAllocatedBytes() - before;
                    }
                    assertThat(bytes).as("bytes of %s", kernel).isZero();
                }
            }
        }
    }
}
