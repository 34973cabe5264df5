package dev.backplane.tensor.gguf;

import java.util.Locale;
import java.util.Optional;

/// The types of metadata values, in the order of their numbers in the file.
public enum ValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final ValueType[] TYPES = values();

    private final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    static Optional<ValueType> of(long id) {
        return id < 0 || id >= TYPES.length ? Optional.empty() : Optional.of(TYPES[(int) id]);
    }

    int id() {
        return ordinal();
    }

    /// The bytes of a value, 0 when that depends on the value.
    public int bytes() {
        return bytes;
    }

    /// The fewest bytes that a value can have.
    int bytesMin() {
        return switch (this) {
            case STRING -> 8;
            case ARRAY -> 12;
            default -> bytes;
        };
    }

    public boolean isWhole() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    public boolean isReal() {
        return this == FLOAT32 || this == FLOAT64;
    }

    /// As people know it: `uint32`.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
