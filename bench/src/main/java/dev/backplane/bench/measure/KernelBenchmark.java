package dev.backplane.bench.measure;

import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.tensor.kernel.CpuMatMul;
import dev.backplane.tensor.kernel.Kernel;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.kernel.KernelGate.Outcome;
import dev.backplane.tensor.kernel.KernelTrial;
import dev.backplane.tensor.kernel.ReadRate;
import dev.backplane.tensor.kernel.WorkerPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How fast kernels go over weights that are in no cache, beside the rate at which memory can be
/// read at all; and what the kernel gate says of them.
public final class KernelBenchmark {
    /// @param kernels in the order in which they are measured; all are in one process
    /// @param bytes of weights, several times the last cache to be of use
    /// @param millis for each measurement
    /// @param threads the largest number of them; measured with one and with so many
    /// @param machineCode whether it is measured where there is any, beside vector code
    public record Options(
            List<Kernel> kernels, long bytes, int millis, int threads, boolean machineCode) {}

    private static final int READ_PASSES = 10;
    private static final int COLUMNS = 4_096;

    private final Options options;
    private final Progress progress;

    public KernelBenchmark(Options options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    public Report run() {
        Map<String, String> conditions = Machine.conditions();
        progress.at("kernel gate", 0, 0);
        KernelGate gate = KernelGate.run(options.millis(), options.machineCode());
        List<List<Object>> rows = new ArrayList<>();
        for (int threads : options.threads() == 1 ? List.of(1) : List.of(1, options.threads())) {
            try (WorkerPool pool = new WorkerPool(threads)) {
                CpuMatMul machine = KernelGate.open(true).matMul(pool);
                CpuMatMul vector = KernelGate.open(false).matMul(pool);
                double ceiling = ReadRate.measure(pool, options.bytes(), READ_PASSES);
                rows.add(List.of("read", "", (long) threads, ceiling / 1e9, 100.0, "", ""));
                for (Kernel kernel : options.kernels()) {
                    progress.at(kernel.label() + ", threads", threads, options.threads());
                    if (gate.asMachineCode().contains(kernel)) {
                        rows.add(measure(kernel, "machine", threads, machine, ceiling));
                    }
                    rows.add(measure(kernel, "vector", threads, vector, ceiling));
                }
            }
        }
        List<Report.Table> tables =
                List.of(
                        new Report.Table(
                                "weights in memory",
                                List.of(
                                        "kernel",
                                        "code",
                                        "threads",
                                        "GB/s",
                                        "of read %",
                                        "GFLOP/s",
                                        "ms"),
                                rows),
                        gateTable(gate));
        conditions.put(
                "weights", String.format(Locale.ROOT, "%.0f MB a kernel", options.bytes() / 1e6));
        conditions.put("machine code", gate.machineCode());
        conditions.put("java", Runtime.version().toString());
        return new Report(
                "Kernels",
                conditions,
                tables,
                List.of(
                        "GEMM is Q8_0 with 40 activations; the others are for one. GB are 10^9"
                                + " bytes of weights, rates those of the fastest run."));
    }

    private List<Object> measure(
            Kernel kernel, String code, int threads, CpuMatMul matMul, double ceiling) {
        try (KernelTrial trial = new KernelTrial(kernel, options.bytes(), COLUMNS)) {
            trial.rate(matMul, options.millis());
            double rate = trial.rate(matMul, options.millis());
            double seconds = trial.bytes() / rate;
            return List.of(
                    kernel.label(),
                    code,
                    (long) threads,
                    rate / 1e9,
                    100 * rate / ceiling,
                    trial.operations() / seconds / 1e9,
                    seconds * 1e3);
        }
    }

    private static String words(Enum<?> verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static Report.Table gateTable(KernelGate gate) {
        List<List<Object>> rows = new ArrayList<>();
        for (Outcome outcome : gate.outcomes()) {
            rows.add(
                    List.of(
                            outcome.kernel().label(),
                            words(outcome.verdict()),
                            outcome.alone() / 1e9,
                            outcome.together() / 1e9,
                            outcome.scalar() / 1e9,
                            words(outcome.machineVerdict()),
                            outcome.machine() / 1e9,
                            outcome.bytesPerRun()));
        }
        return new Report.Table(
                "kernel gate, weights in cache, one thread",
                List.of(
                        "kernel",
                        "verdict",
                        "first GB/s",
                        "with all GB/s",
                        "scalar GB/s",
                        "machine code",
                        "its GB/s",
                        "bytes allocated"),
                rows);
    }
}
