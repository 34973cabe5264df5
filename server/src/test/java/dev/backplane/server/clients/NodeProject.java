package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The scripts in `src/test/js`, installed below `target` with `npm ci`: once, and again when their
/// lock file has changed. Where there is no Node, or no way to the packages, the tests that want it
/// are skipped and say so: a build needs neither.
final class NodeProject {
    /// The oldest that all libraries load in.
    private static final int NODE_MIN = 20;

    private static final Path SOURCE = Path.of("src", "test", "js");
    private static final Path PLACE = Path.of("target", "js");
    private static final Path INSTALLED = PLACE.resolve("installed-lock.json");

    private NodeProject() {}

    /// The project, ready to run; aborts the test if it cannot be had.
    static NodeProject installed() throws IOException, InterruptedException {
        Output version = run(Map.of(), 20, "node", "--version");
        if (version.status != 0 || major(version.text) < NODE_MIN) {
            skip("there is no Node of version %d or newer on the path".formatted(NODE_MIN));
        }
        Files.createDirectories(PLACE);
        try (Stream<Path> files = Files.list(SOURCE)) {
            for (Path file : files.toList()) {
                Path copy = PLACE.resolve(file.getFileName());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Path lock = PLACE.resolve("package-lock.json");
        if (!Files.exists(INSTALLED) || Files.mismatch(lock, INSTALLED) != -1) {
            Output install = run(Map.of(), 180, "npm", "ci", "--loglevel=error");
            if (install.status != 0) {
                skip("npm ci failed:\n" + install.text);
            }
            Files.copy(lock, INSTALLED, StandardCopyOption.REPLACE_EXISTING);
        }
        return new NodeProject();
    }

    private static void skip(String why) {
        String said =
                "JavaScript's clients were not tried: %s%nTo try them, install Node %d with"
                                .formatted(why, NODE_MIN)
                        + " npm, and let it reach a registry of packages.";
        System.err.println(said);
        abort(said);
    }

    private static int major(String version) {
        String digits = version.strip().replaceFirst("^v(\\d+)\\..*$", "$1");
        return digits.matches("\\d{1,4}") ? Integer.parseInt(digits) : 0;
    }

    /// What a script prints, which must be JSON and nothing else.
    JsonNode run(String script, Map<String, String> environment)
            throws IOException, InterruptedException {
        Output output = run(environment, 120, "node", script);
        assertThat(output.status).as(script + " said: " + output.text).isZero();
        return FakeModel.JSON.readTree(output.text);
    }

    private record Output(int status, String text) {}

    /// Standard output, or both if the command failed. A status of -1 is that of a command which is
    /// not there or does not end.
    private static Output run(Map<String, String> environment, int seconds, String... command)
            throws IOException, InterruptedException {
        Path errors = Files.createTempFile("node", ".txt");
        Path said = Files.createTempFile("node", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(List.of(command));
            if (Files.isDirectory(PLACE)) {
                builder.directory(PLACE.toFile());
            }
            builder.environment().putAll(environment);
            builder.redirectOutput(said.toFile()).redirectError(errors.toFile());
            Process process;
            try {
                process = builder.start();
            } catch (IOException missing) {
                return new Output(-1, missing.getMessage());
            }
            process.getOutputStream().close();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                return new Output(-1, "did not end within " + seconds + " s\n" + read(errors));
            }
            int status = process.exitValue();
            return new Output(status, status == 0 ? read(said) : read(said) + read(errors));
        } finally {
            Files.delete(said);
            Files.delete(errors);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
