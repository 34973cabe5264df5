package dev.backplane.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Protobuf's wire format (https://protobuf.dev/programming-guides/encoding/), as far as small
/// answers need it: varints and length-delimited fields; zeros and empties are left out.
public final class ProtobufWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public ProtobufWriter number(int field, long value) {
        if (value != 0) {
            varint((long) field << 3);
            varint(value);
        }
        return this;
    }

    public ProtobufWriter text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /// Bytes, or a message already encoded.
    public ProtobufWriter bytes(int field, byte[] value) {
        if (value.length > 0) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
        }
        return this;
    }

    public byte[] toByteArray() {
        return out.toByteArray();
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
