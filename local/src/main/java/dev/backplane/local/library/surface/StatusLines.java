package dev.backplane.local.library.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.Exchange;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.pull.PullEvents;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/// Tells a client how long work goes: a line for each step, or one at the end for those who do not
/// want a stream. For one thread.
///
/// ```
/// {"status":"pulling manifest"}
/// {"status":"pulling 74701a8c35f6","digest":"sha256:…","total":1321082688,"completed":5242880}
/// {"status":"verifying sha256 digest"}
/// {"status":"writing manifest"}
/// {"status":"success"}
/// ```
final class StatusLines implements PullEvents {
    /// A line comes at least so often, so that nobody takes the silence for the end.
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    /// Less is not worth a line.
    private static final long STEP_BYTES = 256 << 10;

    private final Exchange exchange;
    private final boolean streamed;
    private final OutputStream out;
    private final String verb;
    private Optional<Layer> layer = Optional.empty();
    private long told;
    private long toldNanos;

    /// @param verb of a layer: `pulling`, `pushing`
    StatusLines(Exchange exchange, boolean streamed, String verb) {
        this.exchange = exchange;
        this.streamed = streamed;
        this.verb = verb;
        exchange.header("Content-Type", streamed ? "application/x-ndjson" : "application/json");
        if (streamed) {
            exchange.header("Cache-Control", "no-store").header("X-Accel-Buffering", "no");
        }
        this.out = exchange.output();
    }

    /// Does the work.
    void run(Work work) throws IOException {
        try {
            work.run();
        } catch (Problem problem) {
            if (!exchange.started()) {
                throw problem;
            }
            line(ErrorJson.write(problem));
            out.flush();
        }
    }

    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /// The first line waits for the next, so that a name that nobody has is an answer with a
    /// status.
    @Override
    public void status(String text) throws IOException {
        if (!streamed && !text.equals("success")) {
            return;
        }
        line(new JsonOut().beginObject().name("status").text(text).endObject().slice());
        if (!text.endsWith("manifest") || exchange.started()) {
            out.flush();
        }
    }

    @Override
    public void progress(Layer now, long completed) throws IOException {
        if (!streamed) {
            return;
        }
        boolean isNew = layer.isEmpty() || !layer.get().digest().equals(now.digest());
        long nanos = System.nanoTime();
        boolean isFar =
                completed - told >= STEP_BYTES || (completed == now.size() && told != completed);
        if (!isNew && !isFar && nanos - toldNanos < HEARTBEAT.toNanos()) {
            return;
        }
        layer = Optional.of(now);
        told = completed;
        toldNanos = nanos;
        JsonOut json = new JsonOut().beginObject();
        json.name("status").text(verb + " " + now.digest().brief());
        json.name("digest").text(now.digest().toString());
        json.name("total").literal(Long.toString(now.size()));
        if (completed > 0) {
            json.name("completed").literal(Long.toString(completed));
        }
        line(json.endObject().slice());
        out.flush();
    }

    private void line(Slice json) throws IOException {
        json.writeTo(out);
        out.write('\n');
    }
}
