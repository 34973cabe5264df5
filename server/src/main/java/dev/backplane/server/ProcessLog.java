package dev.backplane.server;

import dev.backplane.core.Json;
import dev.backplane.server.config.Config.LogFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// The process's log on stderr: a line for people, or a JSON object a line
/// (`{"time","level","logger","thread","message","error"}`).
public final class ProcessLog {
    private ProcessLog() {}

    /// To be called before anything asks for a logger, be it in the reading of the configuration:
    /// the first one makes the manager for good.
    public static void begin() {
        System.setProperty("java.util.logging.manager", UntilTheEnd.class.getName());
    }

    /// The JDK's own manager takes all handlers away in a shutdown hook, beside ours that still
    /// closes the server and has something to say. Whatever is written here is written at once, so
    /// nothing is lost without that hook.
    public static final class UntilTheEnd extends LogManager {
        @Override
        public void reset() {}
    }

    /// Sets the format for the whole process. Jetty speaks only when something is wrong.
    public static void install(LogFormat format) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        Handler console = new ConsoleHandler();
        console.setLevel(Level.ALL);
        console.setFormatter(
                switch (format) {
                    case HUMAN -> new Human();
                    case JSON -> new Lines();
                });
        root.addHandler(console);
        root.setLevel(Level.INFO);
        Held.JETTY.setLevel(Level.WARNING);
    }

    /// Held here, because the log manager forgets loggers that nobody refers to.
    private static final class Held {
        private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");
    }

    private static String level(LogRecord entry) {
        int level = entry.getLevel().intValue();
        if (level >= Level.SEVERE.intValue()) {
            return "error";
        }
        if (level >= Level.WARNING.intValue()) {
            return "warn";
        }
        return level >= Level.INFO.intValue() ? "info" : "debug";
    }

    private static final class Human extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

        @Override
        public String format(LogRecord entry) {
            Throwable thrown = entry.getThrown();
            return "%s %-5s %s%s%n"
                    .formatted(
                            TIME.format(entry.getInstant()),
                            level(entry).toUpperCase(Locale.ROOT),
                            formatMessage(entry),
                            thrown == null ? "" : " (" + thrown.getClass().getName() + ")");
        }
    }

    private static final class Lines extends Formatter {
        @Override
        public String format(LogRecord entry) {
            Throwable thrown = entry.getThrown();
            Instant time = entry.getInstant();
            return Json.write(json -> {
                json.writeStartObject();
                json.writeStringProperty("time", time.toString());
                json.writeStringProperty("level", level(entry));
                json.writeStringProperty("logger", String.valueOf(entry.getLoggerName()));
                json.writeNumberProperty("thread", entry.getLongThreadID());
                json.writeStringProperty("message", formatMessage(entry));
                if (thrown != null) {
                    json.writeStringProperty("error", thrown.getClass().getName());
                }
                json.writeEndObject();
            })
                    + "\n";
        }
    }
}
