package dev.backplane.store.sql;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// Field values as the JSON text that SQL sees: JSON as it is, text as a JSON string, attributes as
/// an object (the last of several equal names counts), events as an array of
/// `{"name","time_unix_nano","attributes"}`.
final class PayloadText {
    private PayloadText() {}

    /// The value as JSON, without reading it into memory where it is large.
    static Content json(Value value) {
        return switch (value) {
            case Value.Json(Content content) -> content;
            case Value.Text(Content content) -> new Quoted(content);
            case Value.Binary(Content content) -> whole(new Value.Binary(content));
            case Value.Int number -> whole(number);
            case Value.Real number -> whole(number);
            case Value.Flag flag -> whole(flag);
            case Value.Attributes attributes -> whole(attributes);
            case Value.Events events -> whole(events);
        };
    }

    /// The value as plain text: JSON and text as they are.
    static Content text(Value value) {
        return switch (value) {
            case Value.Json(Content content) -> content;
            case Value.Text(Content content) -> content;
            case Value.Binary _,
                    Value.Int _,
                    Value.Real _,
                    Value.Flag _,
                    Value.Attributes _,
                    Value.Events _ ->
                    json(value);
        };
    }

    private static Content whole(Value value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.generator(out)) {
            write(value, json);
        }
        return Slice.of(out.toByteArray());
    }

    private static void write(Value value, JsonGenerator json) {
        switch (value) {
            case Value.Text(Content content) ->
                    json.writeString(QueryContext.bytes(content).text());
            case Value.Json(Content content) ->
                    json.writeRawValue(QueryContext.bytes(content).text());
            case Value.Binary(Content content) ->
                    json.writeString(
                            Base64.getEncoder()
                                    .encodeToString(QueryContext.bytes(content).bytes()));
            case Value.Int(long number) -> json.writeNumber(number);
            case Value.Real(double number) -> {
                if (Double.isFinite(number)) {
                    json.writeNumber(number);
                } else {
                    json.writeString(Double.toString(number));
                }
            }
            case Value.Flag(boolean flag) -> json.writeBoolean(flag);
            case Value.Attributes(List<Value.Attribute> list) -> attributes(list, json);
            case Value.Events(List<Value.Event> list) -> {
                json.writeStartArray();
                for (Value.Event event : list) {
                    json.writeStartObject();
                    json.writeStringProperty("name", event.name());
                    json.writeNumberProperty("time_unix_nano", event.timeNanos());
                    json.writeName("attributes");
                    attributes(event.attributes(), json);
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
        }
    }

    private static void attributes(List<Value.Attribute> list, JsonGenerator json) {
        Map<String, Value> last = new LinkedHashMap<>();
        for (Value.Attribute attribute : list) {
            last.put(attribute.name(), attribute.value());
        }
        json.writeStartObject();
        last.forEach((name, value) -> {
            json.writeName(name);
            write(value, json);
        });
        json.writeEndObject();
    }

    /// Text as a JSON string, escaped while it streams. Bytes from 0x80 pass as they are.
    private static final class Quoted implements Content {
        private final Content text;
        private long size = -1;

        Quoted(Content text) {
            this.text = text;
        }

        /// Known only after one pass over the text; kept then.
        @Override
        public synchronized long size() {
            if (size < 0) {
                try (CountingOut out = new CountingOut()) {
                    writeTo(out);
                    size = out.count;
                } catch (IOException e) {
                    throw Problem.unavailable("content could not be read", "content").causedBy(e);
                }
            }
            return size;
        }

        @Override
        public InputStream open() {
            return new QuotingIn(text.open());
        }

        /// Escapes can only make it longer, so what is too large is known without a pass.
        @Override
        public Slice read(int limit) {
            try (InputStream quoted = new QuotingIn(text.read(limit).open())) {
                Slice bytes = Slice.of(quoted.readAllBytes());
                if (bytes.length() > limit) {
                    throw Problem.tooLarge(
                                    "content of " + bytes.length() + " bytes", "read into memory")
                            .fix("read it as a stream; the limit here is " + limit + " bytes");
                }
                return bytes;
            } catch (IOException e) {
                throw Problem.unavailable("content could not be read", "content").causedBy(e);
            }
        }

        private static final class CountingOut extends OutputStream {
            private long count;

            @Override
            public void write(int b) {
                count++;
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                count += length;
            }
        }
    }

    /// Adds the quotes and escapes to a stream of UTF-8.
    private static final class QuotingIn extends InputStream {
        private static final byte[] HEX =
                "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

        private final InputStream in;
        private final byte[] raw = new byte[8 << 10];
        private final byte[] ready = new byte[6 * raw.length + 2];
        private int position;
        private int limit;
        private boolean started;
        private boolean ended;

        QuotingIn(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return fill() ? ready[position++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, limit - position);
            System.arraycopy(ready, position, bytes, offset, count);
            position += count;
            return count;
        }

        private boolean fill() throws IOException {
            if (position < limit) {
                return true;
            }
            if (ended) {
                return false;
            }
            position = 0;
            limit = 0;
            if (!started) {
                started = true;
                ready[limit++] = '"';
            }
            int count = in.read(raw);
            if (count < 0) {
                ended = true;
                ready[limit++] = '"';
            }
            for (int i = 0; i < count; i++) {
                escape(raw[i]);
            }
            return true;
        }

        private void escape(byte b) {
            if (b == '"' || b == '\\') {
                ready[limit++] = '\\';
                ready[limit++] = b;
            } else if (b >= 0 && b < ' ') {
                ready[limit++] = '\\';
                ready[limit++] = 'u';
                ready[limit++] = '0';
                ready[limit++] = '0';
                ready[limit++] = HEX[b >> 4];
                ready[limit++] = HEX[b & 15];
            } else {
                ready[limit++] = b;
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
