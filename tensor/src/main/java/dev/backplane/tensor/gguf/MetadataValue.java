package dev.backplane.tensor.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The value of a metadata key. Values are equal when type and bytes are.
///
/// Texts and arrays of a file that was opened are views of it: they go when it is closed.
public sealed interface MetadataValue {
    ValueType type();

    /// A whole number. `value` of a UINT64 above 2^63 is negative: read it as unsigned.
    record Whole(ValueType type, long value) implements MetadataValue {
        /// @throws IllegalArgumentException when the type is not whole or the value does not fit
        public Whole {
            if (!type.isWhole()) {
                throw new IllegalArgumentException(type.label() + " is not a whole type");
            }
            if (!fits(type, value)) {
                throw new IllegalArgumentException(value + " is no " + type.label());
            }
        }

        private static boolean fits(ValueType type, long value) {
            return switch (type) {
                case UINT8 -> value == (value & 0xFF);
                case INT8 -> value == (byte) value;
                case UINT16 -> value == (value & 0xFFFF);
                case INT16 -> value == (short) value;
                case UINT32 -> value == (value & 0xFFFF_FFFFL);
                case INT32 -> value == (int) value;
                case UINT64, INT64 -> true;
                case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
            };
        }
    }

    /// A number with a fraction; a FLOAT32 is one that a float can hold.
    record Real(ValueType type, double value) implements MetadataValue {
        /// @throws IllegalArgumentException when the type is not real or the value does not fit
        public Real {
            if (!type.isReal()) {
                throw new IllegalArgumentException(type.label() + " is not a real type");
            }
            if (type == ValueType.FLOAT32 && Double.compare((float) value, value) != 0) {
                throw new IllegalArgumentException(value + " is no float32");
            }
        }

        public static Real of(float value) {
            return new Real(ValueType.FLOAT32, value);
        }
    }

    record Flag(boolean value) implements MetadataValue {
        @Override
        public ValueType type() {
            return ValueType.BOOL;
        }
    }

    /// Text as bytes of UTF-8.
    record Text(MemorySegment utf8) implements MetadataValue {
        public static Text of(String text) {
            return new Text(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
        }

        @Override
        public ValueType type() {
            return ValueType.STRING;
        }

        /// The text; bytes that are no UTF-8 come out as U+FFFD.
        ///
        /// @throws OutOfMemoryError when it does not fit a string: look at the size of `utf8` first
        public String text() {
            return new String(utf8.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }

        @Override
        public boolean equals(Object object) {
            return object instanceof Text other && utf8.mismatch(other.utf8) == -1;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(utf8.byteSize());
        }

        @Override
        public String toString() {
            return "Text[%d bytes]".formatted(utf8.byteSize());
        }
    }

    /// `size` elements of one type, encoded as in the file. The bytes are well formed.
    record Items(ValueType element, long size, MemorySegment encoded) implements MetadataValue {
        public static Items of(ValueType element, List<MetadataValue> values) {
            for (MetadataValue value : values) {
                if (value.type() != element) {
                    throw new IllegalArgumentException(
                            "a %s among %s".formatted(value.type().label(), element.label()));
                }
            }
            return new Items(element, values.size(), ValueCodec.encode(values));
        }

        public static Items ofTexts(List<String> texts) {
            List<MetadataValue> values = new ArrayList<>(texts.size());
            texts.forEach(text -> values.add(Text.of(text)));
            return of(ValueType.STRING, values);
        }

        public static Items ofFloats(float... numbers) {
            List<MetadataValue> values = new ArrayList<>(numbers.length);
            for (float number : numbers) {
                values.add(Real.of(number));
            }
            return of(ValueType.FLOAT32, values);
        }

        public static Items ofInts(int... numbers) {
            List<MetadataValue> values = new ArrayList<>(numbers.length);
            for (int number : numbers) {
                values.add(new Whole(ValueType.INT32, number));
            }
            return of(ValueType.INT32, values);
        }

        @Override
        public ValueType type() {
            return ValueType.ARRAY;
        }

        /// All elements, as values.
        public List<MetadataValue> values() {
            return ValueCodec.decode(element, size, encoded);
        }

        @Override
        public boolean equals(Object object) {
            return object instanceof Items other
                    && element == other.element
                    && size == other.size
                    && encoded.mismatch(other.encoded) == -1;
        }

        @Override
        public int hashCode() {
            return 31 * element.hashCode() + Long.hashCode(size);
        }

        @Override
        public String toString() {
            return "Items[%d %s]".formatted(size, element.label());
        }
    }
}
