package dev.backplane.ingest.otlp;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;

/// Walks the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding/)
/// inside a byte array, without copying.
///
/// ```
/// while (reader.next()) {
///     switch (reader.field()) {
///         case 1 -> name = reader.bytes();
///         default -> reader.skip();
///     }
/// }
/// ```
///
/// Every read is checked against the end of the message; whatever does not fit is a [Problem] of
/// kind `INVALID` that names the offset. Groups (wire types 3 and 4), which proto3 does not have,
/// are malformed. For use by one thread.
final class ProtoReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final byte[] bytes;
    private final int start;
    private final int end;
    private int at;
    private int field;
    private int wireType;

    /// @param message of which offsets in errors are counted from the start of its array
    ProtoReader(Slice message) {
        this.bytes = message.array();
        this.start = message.offset();
        this.end = start + message.length();
        this.at = start;
    }

    /// Moves to the next field; false at the end of the message.
    boolean next() {
        if (at == end) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        wireType = (int) tag & 7;
        if (tag >>> 32 != 0 || field == 0) {
            throw malformed("field number out of range");
        }
        return true;
    }

    /// The number of the current field.
    int field() {
        return field;
    }

    /// The value of a length-delimited field, sharing the array.
    Slice bytes() {
        expect(BYTES);
        long length = varint();
        if (length < 0 || length > end - at) {
            throw malformed("length runs over the end of the message");
        }
        Slice value = new Slice(bytes, at, (int) length);
        at += (int) length;
        return value;
    }

    ProtoReader message() {
        return new ProtoReader(bytes());
    }

    long number() {
        expect(VARINT);
        return varint();
    }

    long fixed64() {
        expect(FIXED64);
        return little(8);
    }

    int fixed32() {
        expect(FIXED32);
        return (int) little(4);
    }

    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> little(8);
            case BYTES -> bytes();
            case FIXED32 -> little(4);
            default -> throw malformed("wire type " + wireType);
        }
    }

    private void expect(int type) {
        if (wireType != type) {
            throw malformed("field " + field + " has wire type " + wireType);
        }
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at == end) {
                throw malformed("number runs over the end of the message");
            }
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw malformed("number of more than ten bytes");
    }

    private long little(int size) {
        if (end - at < size) {
            throw malformed("number runs over the end of the message");
        }
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        at += size;
        return value;
    }

    private Problem malformed(String what) {
        return Problem.invalid(
                        "malformed protobuf at byte " + at + ": " + what,
                        "message of " + (end - start) + " bytes at byte " + start)
                .fix("send an OTLP ExportTraceServiceRequest as protobuf");
    }
}
