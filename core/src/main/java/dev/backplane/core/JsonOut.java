package dev.backplane.core;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Puts a JSON text together from parts, some of which are JSON already. Commas come by themselves.
/// Whether brackets match is the caller's concern. For use by one thread.
public final class JsonOut {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    private boolean first = true;

    public JsonOut beginObject() {
        return begin('{');
    }

    public JsonOut endObject() {
        return end('}');
    }

    public JsonOut beginArray() {
        return begin('[');
    }

    public JsonOut endArray() {
        return end(']');
    }

    /// The name of the member whose value comes next.
    public JsonOut name(String name) {
        separate();
        write(Slice.of(name), true);
        out.write(':');
        first = true;
        return this;
    }

    public JsonOut text(Content text) {
        separate();
        write(text, true);
        return this;
    }

    public JsonOut text(String text) {
        return text(Slice.of(text));
    }

    /// A value that is JSON already.
    public JsonOut json(Content json) {
        separate();
        write(json, false);
        return this;
    }

    /// A number, `true`, `false` or `null`.
    public JsonOut literal(String literal) {
        separate();
        out.writeBytes(literal.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /// A double with its decimal point, so that it comes back as one; null if it is not finite.
    public JsonOut real(double value) {
        return literal(Double.isFinite(value) ? Double.toString(value) : "null");
    }

    public JsonOut base64(Slice bytes) {
        return text(Slice.of(Base64.getEncoder().encode(bytes.bytes())));
    }

    public Slice slice() {
        return Slice.of(out.toByteArray());
    }

    private JsonOut begin(char bracket) {
        separate();
        out.write(bracket);
        first = true;
        return this;
    }

    private JsonOut end(char bracket) {
        out.write(bracket);
        first = false;
        return this;
    }

    private void separate() {
        if (!first) {
            out.write(',');
        }
        first = false;
    }

    private void write(Content content, boolean escaped) {
        try {
            if (escaped) {
                Json.writeText(content, out);
            } else {
                content.writeTo(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
