package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.OneLine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Sends the events of a stream, numbered from 0:
///
/// ```
/// event: response.output_text.delta
/// data: {"type":"response.output_text.delta","sequence_number":4,…}
/// ```
///
/// For one thread.
public sealed interface Frames {
    /// @param members adds what the event has besides type and number
    void send(String type, Consumer<JsonOut> members) throws IOException;

    void flush() throws IOException;

    /// After the last event.
    void done() throws IOException;

    /// For an answer in one piece.
    static Frames none() {
        return new None();
    }

    static Frames to(OutputStream out) {
        return to(out, 0);
    }

    /// @param number of the first event
    static Frames to(OutputStream out, long number) {
        return new Stream(out, number);
    }

    /// Sends nothing.
    record None() implements Frames {
        @Override
        public void send(String type, Consumer<JsonOut> members) {}

        @Override
        public void flush() {}

        @Override
        public void done() {}
    }

    /// Server-sent events.
    final class Stream implements Frames {
        private final OutputStream out;
        private long number;

        private Stream(OutputStream out, long number) {
            this.out = out;
            this.number = number;
        }

        @Override
        public void send(String type, Consumer<JsonOut> members) throws IOException {
            JsonOut json = new JsonOut().beginObject().name("type").text(type);
            json.name("sequence_number").literal("" + number++);
            members.accept(json);
            write("event: " + type + "\ndata: ", json.endObject().slice());
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void done() throws IOException {
            write("data: ", Slice.of("[DONE]"));
            out.flush();
        }

        private void write(String head, Slice data) throws IOException {
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            OneLine.write(data, out);
            out.write('\n');
            out.write('\n');
        }
    }
}
