package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.http.Errors;
import dev.backplane.http.Exchange;
import dev.backplane.store.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/// The answer of long work: one JSON object a line while it goes on, the last one with `"done"`
/// (true, or false with the members of an error). Work that says nothing for a while is said to be
/// running, so that no client takes it for dead: it may wait for other work, or be in the middle of
/// one long step.
final class ProgressLines {
    private static final long INTERVAL_NANOS = 250_000_000;
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private final OutputStream out;
    private final long begun = System.nanoTime();
    private long written = begun - INTERVAL_NANOS;

    /// Does the work; returns what to say at its end.
    interface Work {
        Consumer<JsonGenerator> run(ProgressLines lines) throws IOException;
    }

    private ProgressLines(Exchange exchange) {
        this.out = exchange.output();
    }

    /// Problems before the first line are answered with their own status.
    static void run(Exchange exchange, Work work) throws IOException {
        ProgressLines lines = new ProgressLines(exchange);
        exchange.header("Content-Type", RowStream.NDJSON);
        try {
            Consumer<JsonGenerator> result = lines.watched(work);
            lines.write(json -> {
                json.writeBooleanProperty("done", true);
                result.accept(json);
            });
        } catch (UncheckedIOException gone) {
            throw gone.getCause();
        } catch (Problem problem) {
            if (!exchange.started()) {
                throw problem;
            }
            lines.write(json -> {
                json.writeBooleanProperty("done", false);
                Errors.members(json, problem, exchange.requestId());
            });
        }
    }

    /// Does the work, beside a thread that speaks where the work is silent.
    private Consumer<JsonGenerator> watched(Work work) throws IOException {
        Thread heartbeat = Thread.ofVirtual().name("progress").start(this::beat);
        try {
            return work.run(this);
        } finally {
            // Not interrupted while it writes: that would cost the answer its connection.
            synchronized (this) {
                heartbeat.interrupt();
            }
        }
    }

    private void beat() {
        try {
            while (true) {
                Thread.sleep(SILENCE);
                synchronized (this) {
                    if (Thread.interrupted()) {
                        return;
                    }
                    long now = System.nanoTime();
                    if (now - Math.max(begun, written) >= SILENCE.toNanos()) {
                        step(json -> {
                            json.writeStringProperty("step", "running, seconds:");
                            json.writeNumberProperty("at", (now - begun) / 1_000_000_000);
                            json.writeNumberProperty("total", 0);
                        });
                    }
                }
            }
        } catch (InterruptedException | UncheckedIOException _) {
            // The work is done, or nobody listens: then the work hears of it at its next line.
            return;
        }
    }

    /// A line now, unless there was one a moment ago.
    synchronized void step(Consumer<JsonGenerator> members) {
        long now = System.nanoTime();
        if (now - written < INTERVAL_NANOS) {
            return;
        }
        written = now;
        try {
            write(members);
            out.flush();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    /// For the store's long work.
    Progress progress() {
        return (step, done, total) ->
                step(json -> {
                    json.writeStringProperty("step", step);
                    json.writeNumberProperty("at", done);
                    json.writeNumberProperty("total", total);
                });
    }

    private synchronized void write(Consumer<JsonGenerator> members) throws IOException {
        String line =
                Json.write(json -> {
                    json.writeStartObject();
                    members.accept(json);
                    json.writeEndObject();
                });
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
