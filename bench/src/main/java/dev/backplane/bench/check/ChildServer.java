package dev.backplane.bench.check;

import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.Target;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A server as a child process over a directory of its own, on a free port of the loopback.
public final class ChildServer implements Subject {
    private static final Duration READY_MAX = Duration.ofSeconds(120);

    private final List<String> command;
    private final Path data;
    private final Path log;
    private volatile Optional<Process> process = Optional.empty();

    /// @param command program and arguments, in which `{data}` stands for the data directory and
    ///   `{listen}` for the address; it must become the server itself (a script has to `exec` it),
    ///   or the kill would hit the wrong process
    public ChildServer(List<String> command, Path data, Path log) {
        this.command = List.copyOf(command);
        this.data = data;
        this.log = log;
    }

    @Override
    public URI start() throws IOException {
        String listen = "127.0.0.1:" + freePort();
        List<String> words =
                command.stream()
                        .map(word ->
                                word.replace("{data}", data.toString()).replace("{listen}", listen))
                        .toList();
        Process started =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        process = Optional.of(started);
        started.getOutputStream().close();
        URI url = URI.create("http://" + listen);
        awaitReady(started, url);
        return url;
    }

    /// Of the process that runs now.
    public OptionalLong pid() {
        return process.map(running -> OptionalLong.of(running.pid())).orElse(OptionalLong.empty());
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitReady(Process started, URI url) throws IOException {
        long until = System.nanoTime() + READY_MAX.toNanos();
        try (var api = new ServerApi(Target.of(url.toString()))) {
            while (!isReady(api)) {
                if (!started.isAlive()) {
                    throw Problem.internal(
                                    "the server ended with code " + started.exitValue(), "start")
                            .fix("its last words: " + lastWords());
                }
                if (System.nanoTime() > until) {
                    throw Problem.timeout("not ready after " + READY_MAX, url.toString());
                }
                Pause.millis(20);
            }
        }
    }

    private static boolean isReady(ServerApi api) {
        try {
            return api.get("/ready").isOk();
        } catch (IOException | Problem _) {
            return false;
        }
    }

    private String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }

    /// Like [#kill], without waiting until the process is gone.
    public void endNow() {
        process.ifPresent(Process::destroyForcibly);
    }

    /// On Unix this is SIGKILL.
    @Override
    public void kill() throws IOException {
        if (process.isPresent()) {
            Process killed = process.get().destroyForcibly();
            try {
                killed.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            process = Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        kill();
    }
}
