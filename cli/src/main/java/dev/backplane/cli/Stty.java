package dev.backplane.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The terminal on stdin, switched by the program `stty`, which POSIX has: Java has no way of its
/// own. The mode is restored when the process ends, also by a signal.
final class Stty implements RawMode {
    private static final List<String> RAW =
            List.of(
                    "-icanon", "-echo", "-isig", "-iexten", "-icrnl", "-ixon", "min", "1", "time",
                    "0");

    @Override
    public Optional<Raw> enter() {
        String saved = run(List.of("-g"));
        if (saved.isEmpty()) {
            return Optional.empty();
        }
        Thread restore = new Thread(() -> run(List.of(saved)), "terminal");
        Runtime.getRuntime().addShutdownHook(restore);
        run(RAW);
        return Optional.of(
                new Raw() {
                    @Override
                    public Size size() {
                        return parse(run(List.of("size")));
                    }

                    @Override
                    public void close() {
                        run(List.of(saved));
                        Runtime.getRuntime().removeShutdownHook(restore);
                    }
                });
    }

    /// `ROWS COLUMNS`
    private static Size parse(String text) {
        return text.matches("\\d{1,5} \\d{1,5}")
                ? new Size(
                        Integer.parseInt(text.substring(0, text.indexOf(' '))),
                        Integer.parseInt(text.substring(text.indexOf(' ') + 1)))
                : new Size(0, 0);
    }

    /// What it printed, or the empty string if it failed.
    private static String run(List<String> words) {
        List<String> line = new ArrayList<>(List.of("stty"));
        line.addAll(words);
        try {
            Process process =
                    new ProcessBuilder(line)
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            String out =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return process.waitFor() == 0 ? out.strip() : "";
        } catch (IOException absent) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
