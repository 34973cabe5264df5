package dev.backplane.bench.measure;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What a reader has to know about the place and time of a measurement.
public final class Machine {
    private Machine() {}

    public static Map<String, String> conditions() {
        Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        conditions.put("machine", processor() + ", " + memory());
        conditions.put("load average at start", load());
        return conditions;
    }

    /// The load average over the last minute.
    public static String load() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return load < 0 ? "not known" : String.format(Locale.ROOT, "%.2f", load);
    }

    private static String processor() {
        int cores = Runtime.getRuntime().availableProcessors();
        return "%d × %s"
                .formatted(
                        cores, value("/proc/cpuinfo", "model name", System.getProperty("os.arch")));
    }

    private static String memory() {
        String total = value("/proc/meminfo", "MemTotal", "").replaceAll("[^0-9]", "");
        return total.isEmpty()
                ? "memory not known"
                : String.format(Locale.ROOT, "%.0f GB", Long.parseLong(total) * 1_024 / 1e9);
    }

    private static String value(String file, String name, String otherwise) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(name)) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
            return otherwise;
        } catch (IOException _) {
            return otherwise;
        }
    }
}
