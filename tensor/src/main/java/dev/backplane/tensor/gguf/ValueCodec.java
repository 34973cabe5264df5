package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.MetadataValue.Flag;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Real;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Metadata values from bytes and back.
final class ValueCodec {
    static final int DEPTH_MAX = 4;
    static final int STRINGS_MAX = 1 << 24;

    private static final String ELEMENTS = "elements of an array";

    private ValueCodec() {}

    /// Reads the type's number.
    static ValueType type(Cursor cursor, String what) {
        long id = cursor.u32(what);
        return ValueType.of(id)
                .orElseThrow(() ->
                        cursor.refused("%s is %d, which is no type".formatted(what, id))
                                .fix("accepted are " + ids()));
    }

    private static String ids() {
        return Arrays.stream(ValueType.values())
                .map(type -> type.id() + " " + type.label())
                .collect(Collectors.joining(", "));
    }

    static MetadataValue read(Cursor cursor, ValueType type, String what) {
        return read(cursor, type, what, 0);
    }

    private static MetadataValue read(Cursor cursor, ValueType type, String what, int depth) {
        return switch (type) {
            case UINT8 -> new Whole(type, cursor.u8(what));
            case INT8 -> new Whole(type, (byte) cursor.u8(what));
            case UINT16 -> new Whole(type, cursor.u16(what));
            case INT16 -> new Whole(type, (short) cursor.u16(what));
            case UINT32 -> new Whole(type, cursor.u32(what));
            case INT32 -> new Whole(type, (int) cursor.u32(what));
            case UINT64, INT64 -> new Whole(type, cursor.u64(what));
            case FLOAT32 -> new Real(type, Float.intBitsToFloat((int) cursor.u32(what)));
            case FLOAT64 -> new Real(type, Double.longBitsToDouble(cursor.u64(what)));
            case BOOL -> new Flag(flag(cursor, what));
            case STRING -> new Text(cursor.string(what));
            case ARRAY -> items(cursor, what, depth);
        };
    }

    private static boolean flag(Cursor cursor, String what) {
        int value = cursor.u8(what);
        if (value > 1) {
            throw cursor.refused("%s is %d, which is no bool".formatted(what, value))
                    .fix("a bool is 0 or 1");
        }
        return value == 1;
    }

    /// The elements are walked through once, so that later reading cannot fail, but not kept.
    private static Items items(Cursor cursor, String what, int depth) {
        if (depth == DEPTH_MAX) {
            throw cursor.refused("%s is nested too deeply".formatted(what))
                    .fix("at most %d levels of arrays are accepted".formatted(DEPTH_MAX));
        }
        ValueType element = type(cursor, what);
        long most = element.bytes() > 0 ? Integer.MAX_VALUE / 16 : STRINGS_MAX;
        long size = cursor.count(element.bytesMin(), most, ELEMENTS + " (" + what + ")");
        long start = cursor.position();
        switch (element) {
            case STRING -> {
                for (long i = 0; i < size; i++) {
                    cursor.string(what);
                }
            }
            case ARRAY -> {
                for (long i = 0; i < size; i++) {
                    items(cursor, what, depth + 1);
                }
            }
            case BOOL -> {
                for (long i = 0; i < size; i++) {
                    flag(cursor, what);
                }
            }
            default -> cursor.bytes(size * element.bytes(), what);
        }
        return new Items(element, size, cursor.since(start));
    }

    /// The elements of an array that was read or made before.
    static List<MetadataValue> decode(ValueType element, long size, MemorySegment encoded) {
        Cursor cursor = new Cursor(encoded, "array");
        List<MetadataValue> values = new ArrayList<>(Math.toIntExact(size));
        for (long i = 0; i < size; i++) {
            values.add(read(cursor, element, ELEMENTS));
        }
        return values;
    }

    static MemorySegment encode(List<MetadataValue> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        values.forEach(value -> write(value, out));
        return MemorySegment.ofArray(out.toByteArray());
    }

    /// Without the type's number.
    static void write(MetadataValue value, ByteArrayOutputStream out) {
        switch (value) {
            case Whole(ValueType type, long number) -> put(number, type.bytes(), out);
            case Real(ValueType type, double number) ->
                    put(
                            type == ValueType.FLOAT32
                                    ? Float.floatToRawIntBits((float) number)
                                    : Double.doubleToRawLongBits(number),
                            type.bytes(),
                            out);
            case Flag(boolean flag) -> put(flag ? 1 : 0, 1, out);
            case Text(MemorySegment utf8) -> writeString(utf8, out);
            case Items(ValueType element, long size, MemorySegment encoded) -> {
                put(element.id(), 4, out);
                put(size, 8, out);
                out.writeBytes(encoded.toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    static void writeString(MemorySegment utf8, ByteArrayOutputStream out) {
        put(utf8.byteSize(), 8, out);
        out.writeBytes(utf8.toArray(ValueLayout.JAVA_BYTE));
    }

    /// The lower `bytes` bytes of a number, the lowest first.
    static void put(long number, int bytes, ByteArrayOutputStream out) {
        byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
        out.write(all, 0, bytes);
    }

    /// For messages: what a value is, without its text.
    static String describe(MetadataValue value) {
        return switch (value) {
            case Whole(ValueType type, long number) ->
                    type == ValueType.UINT64
                            ? Long.toUnsignedString(number)
                            : Long.toString(number);
            case Real(_, double number) -> Double.toString(number);
            case Flag(boolean flag) -> Boolean.toString(flag);
            case Text(MemorySegment utf8) -> "a text of %,d bytes".formatted(utf8.byteSize());
            case Items(ValueType element, long size, _) ->
                    "an array of %,d %s".formatted(size, element.label());
        };
    }

    /// The problem of a key that has not what is wanted.
    static Problem unfit(String source, String key, MetadataValue value, String wanted) {
        return Problem.invalid(
                        "it is %s, not %s".formatted(describe(value), wanted),
                        "%s, key '%s'".formatted(source, key))
                .fix("accepted is " + wanted);
    }
}
