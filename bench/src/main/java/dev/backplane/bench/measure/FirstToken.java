package dev.backplane.bench.measure;

import dev.backplane.engine.Engine;
import dev.backplane.engine.GenerationRequest;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.TileCache;
import dev.backplane.tensor.kernel.KernelGate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How long a fresh process takes to its first token: it opens a model whose tiles are kept and
/// answers a short prompt, as a server does with its first request.
///
/// @param open milliseconds to open the model
/// @param first from then to the first token
/// @param whole from the start of the process to the first token
/// @param second the first token of another prompt, in the same process
record FirstToken(double open, double first, double whole, double second) {
    private static final int PROMPT = 16;

    /// Where a process says what it measured.
    private static final String MARK = "first token:";

    /// Starts a process with this one's flags and classes.
    static FirstToken ofProcess(Path model, Path tiles, int threads, boolean machineCode)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(FirstToken.class.getName());
        command.addAll(List.of(model.toString(), tiles.toString(), String.valueOf(threads)));
        command.add(String.valueOf(machineCode));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String said =
                    lines.lines().filter(line -> line.startsWith(MARK)).findFirst().orElse("");
            if (process.waitFor() != 0 || said.isEmpty()) {
                throw new IOException("a process ended without a token");
            }
            double[] millis =
                    Arrays.stream(said.substring(MARK.length()).strip().split(" "))
                            .mapToDouble(Double::parseDouble)
                            .toArray();
            return new FirstToken(millis[0], millis[1], millis[2], millis[3]);
        } finally {
            process.destroyForcibly();
        }
    }

    /// In the process.
    public static void main(String[] arguments) throws InterruptedException {
        long began = ManagementFactory.getRuntimeMXBean().getStartTime();
        Path file = Path.of(arguments[0]);
        TileCache tiles = new TileCache(Path.of(arguments[1]), Long.MAX_VALUE);
        LocalModel.Options sizes = new LocalModel.Options(64, 256, 512);
        long start = System.nanoTime();
        KernelGate gate = KernelGate.open(Boolean.parseBoolean(arguments[3]));
        try (Compute compute = new Compute(Integer.parseInt(arguments[2]), gate);
                LocalModel model = LocalModel.open(file, compute, sizes, Optional.of(tiles));
                Engine engine = Engine.start(model, new Engine.Options(1, 1))) {
            double open = (System.nanoTime() - start) / 1e6;
            double first = token(engine, 1);
            double whole = System.currentTimeMillis() - began;
            double second = token(engine, 1 + PROMPT);
            System.out.println(MARK + " " + open + " " + first + " " + whole + " " + second);
        }
    }

    private static double token(Engine engine, int from) throws InterruptedException {
        int[] prompt = new int[PROMPT];
        Arrays.setAll(prompt, i -> from + i);
        long start = System.nanoTime();
        engine.submit(GenerationRequest.greedy(prompt, 1)).tokens();
        return (System.nanoTime() - start) / 1e6;
    }
}
