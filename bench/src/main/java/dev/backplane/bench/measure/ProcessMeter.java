package dev.backplane.bench.measure;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// Processor time and memory of a process on this machine, from Linux's `/proc` (proc(5)); on other
/// systems, or for a process of another user, nothing is known.
public final class ProcessMeter {
    private static final double TICKS_PER_SECOND = 100;

    private final Path directory;

    private ProcessMeter(Path directory) {
        this.directory = directory;
    }

    public static ProcessMeter of(long pid) {
        return new ProcessMeter(Path.of("/proc", Long.toString(pid)));
    }

    public static ProcessMeter self() {
        return of(ProcessHandle.current().pid());
    }

    /// The process that listens on a TCP port of this machine.
    public static OptionalLong listener(int port) {
        try {
            for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                for (String line : Files.readAllLines(Path.of(table))) {
                    String[] columns = line.strip().split("\\s+");
                    boolean listens = columns.length > 9 && columns[3].equals("0A");
                    if (listens && columns[1].endsWith(":%04X".formatted(port))) {
                        return owner("socket:[" + columns[9] + "]");
                    }
                }
            }
        } catch (IOException _) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private static OptionalLong owner(String socket) throws IOException {
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process, socket)) {
                    return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
                }
            }
        }
        return OptionalLong.empty();
    }

    private static boolean holds(Path process, String socket) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path file : files) {
                if (Files.readSymbolicLink(file).toString().equals(socket)) {
                    return true;
                }
            }
            return false;
        } catch (IOException _) {
            // Another user's process, or one that has just ended.
            return false;
        }
    }

    /// Seconds of processor time so far, user and system; NaN when not known.
    public double cpuSeconds() {
        try {
            String stat = Files.readString(directory.resolve("stat"));
            // The second field is the program's name in brackets and may hold anything.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        } catch (IOException _) {
            return Double.NaN;
        }
    }

    /// Resident memory in megabytes (10^6 bytes): `VmRSS` is now, `VmHWM` the most so far.
    public double memoryMegabytes(String name) {
        try {
            for (String line : Files.readAllLines(directory.resolve("status"))) {
                if (line.startsWith(name + ":")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1_024 / 1e6;
                }
            }
        } catch (IOException _) {
            return Double.NaN;
        }
        return Double.NaN;
    }
}
