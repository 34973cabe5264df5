package dev.backplane.server;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.server.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Looks at the configuration file every [#EVERY] and applies what has changed. A file that is
/// wrong changes nothing: it is logged with its place, counted, and looked at again when it
/// changes.
///
/// The file's bytes are compared, because times and notifications miss files that are replaced by
/// links, as Kubernetes does, and copies of the same second.
final class ConfigWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ConfigWatch.class.getName());
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final Path file;
    private final Supplier<Config> load;
    private final Consumer<Config> apply;
    private final Meter meter;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private byte[] seen;

    /// @param file as it was when the process started
    /// @param load reads the whole configuration anew, as at the start
    /// @param apply takes it, or throws a [Problem] and changes nothing
    ConfigWatch(Path file, Supplier<Config> load, Consumer<Config> apply, Meter meter) {
        this.file = file;
        this.load = load;
        this.apply = apply;
        this.meter = meter;
        this.seen = bytes();
    }

    void start() {
        Thread.ofVirtual().name("configuration").start(this::run);
    }

    private void run() {
        try {
            while (!stopped.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                check();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Applies the file if it is another than before.
    synchronized void check() {
        byte[] now = bytes();
        if (Arrays.equals(now, seen)) {
            return;
        }
        seen = now;
        try {
            apply.accept(load.get());
            count("applied");
            LOG.log(System.Logger.Level.INFO, "configuration {0} was applied", file);
        } catch (Problem problem) {
            count("refused");
            LOG.log(
                    System.Logger.Level.ERROR,
                    "changed configuration is not applied, the old one stays: {0}; {1}",
                    problem.getMessage(),
                    problem.fix());
        }
    }

    private void count(String result) {
        meter.counter(
                        "backplane_config_reloads_total",
                        "Changes of the configuration file",
                        "result=\"" + result + "\"")
                .increment();
    }

    /// Empty for a file that cannot be read just now.
    private byte[] bytes() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException absent) {
            return new byte[0];
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
