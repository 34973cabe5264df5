package dev.backplane.tensor.type;

import dev.backplane.core.Problem;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// How the numbers of a tensor are stored.
///
/// A type is a *block*: `blockElements` numbers in `blockBytes` bytes, little endian. Plain types
/// have blocks of one number. A row of a tensor is a whole number of blocks, and rows follow each
/// other without gaps.
///
/// | type | numbers | bytes | bits each | value of a number |
/// |---|---:|---:|---:|---|
/// | F64, F32, F16, BF16 | 1 | 8, 4, 2, 2 | | IEEE 754; BF16 is the upper half of F32 |
/// | F8_E4M3, F8_E5M2 | 1 | 1 | 8 | OCP 8-bit floats; E4M3 has no infinity |
/// | I8 to I64, U8, BOOL | 1 | 1 to 8 | | whole numbers |
/// | Q4_0, Q5_0, Q8_0 | 32 | 18, 22, 34 | 4.5, 5.5, 8.5 | d·q, q signed |
/// | Q4_1, Q5_1 | 32 | 20, 24 | 5, 6 | d·q + m |
/// | Q2_K, Q4_K, Q5_K | 256 | 84, 144, 176 | 2.625, 4.5, 5.5 | d·scale·q − dmin·min |
/// | Q3_K, Q6_K | 256 | 110, 210 | 3.4375, 6.5625 | d·scale·q, q signed |
/// | IQ4_NL | 32 | 18 | 4.5 | d·table[q] |
/// | MXFP4 | 32 | 17 | 4.25 | 2^(e−127)·E2M1[q] |
/// | NVFP4 | 64 | 36 | 4.5 | E4M3 scale of 16 numbers · E2M1[q] |
///
/// Decoding equals the reference bit for bit (ggml, `ggml/src/ggml-quants.c`, `dequantize_row_*`),
/// a NaN's payload excepted. Encoding equals `ggml_quantize_chunk` without an importance matrix,
/// compiled without fused multiply-add; compilers that fuse differ in the last bit of a scale now
/// and then. Block layouts: ggml, `ggml/src/ggml-common.h`.
///
/// All methods are safe for use by many threads and allocate nothing worth counting.
public enum ElementType {
    F32("F32", 0, 1, 4, new Floats.F32()),
    F16("F16", 1, 1, 2, new Floats.F16()),
    BF16("BF16", 30, 1, 2, new Floats.BF16()),
    F64("F64", 28, 1, 8, new Floats.F64()),
    F8_E4M3("F8_E4M3", ElementType.NO_ID, 1, 1, new SmallFloats(4, 3, true)),
    F8_E5M2("F8_E5M2", ElementType.NO_ID, 1, 1, new SmallFloats(5, 2, false)),
    I8("I8", 24, 1, 1, new Integers(1, true)),
    I16("I16", 25, 1, 2, new Integers(2, true)),
    I32("I32", 26, 1, 4, new Integers(4, true)),
    I64("I64", 27, 1, 8, new Integers(8, true)),
    U8("U8", ElementType.NO_ID, 1, 1, new Integers(1, false)),
    BOOL("BOOL", ElementType.NO_ID, 1, 1, new Integers(1, false)),
    Q4_0("Q4_0", 2, 32, 18, new LinearBlocks.Q4_0()),
    Q4_1("Q4_1", 3, 32, 20, new LinearBlocks.Q4_1()),
    Q5_0("Q5_0", 6, 32, 22, new LinearBlocks.Q5_0()),
    Q5_1("Q5_1", 7, 32, 24, new LinearBlocks.Q5_1()),
    Q8_0("Q8_0", 8, 32, 34, new LinearBlocks.Q8_0()),
    Q2_K("Q2_K", 10, 256, 84, new KBlocksWithMin.Q2K()),
    Q3_K("Q3_K", 11, 256, 110, new KBlocksSigned.Q3K()),
    Q4_K("Q4_K", 12, 256, 144, new KBlocksWithMin.Q4K()),
    Q5_K("Q5_K", 13, 256, 176, new KBlocksWithMin.Q5K()),
    Q6_K("Q6_K", 14, 256, 210, new KBlocksSigned.Q6K()),
    IQ4_NL("IQ4_NL", 20, 32, 18, new TableBlocks.Iq4Nl()),
    MXFP4("MXFP4", 39, 32, 17, new TableBlocks.MxFp4()),
    NVFP4("NVFP4", 40, 64, 36, new TableBlocks.NvFp4());

    private static final int NO_ID = -1;
    private static final ElementType[] BY_GGUF_ID = byGgufId();

    private final String label;
    private final int ggufId;
    private final int blockElements;
    private final int blockBytes;
    private final BlockCodec codec;

    ElementType(String label, int ggufId, int blockElements, int blockBytes, BlockCodec codec) {
        this.label = label;
        this.ggufId = ggufId;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.codec = codec;
    }

    /// The type of this number in a GGUF file, if it is one of those above.
    public static Optional<ElementType> ofGguf(long id) {
        return id < 0 || id >= BY_GGUF_ID.length
                ? Optional.empty()
                : Optional.ofNullable(BY_GGUF_ID[(int) id]);
    }

    /// The type of this name, which is that of safetensors files and of users: `F16`, `Q4_K`.
    public static Optional<ElementType> ofLabel(String label) {
        return Arrays.stream(values()).filter(type -> type.label.equals(label)).findFirst();
    }

    /// Names of the types that fit, for error messages.
    public static String labels(Predicate<ElementType> fits) {
        return Arrays.stream(values())
                .filter(fits)
                .map(ElementType::label)
                .collect(Collectors.joining(", "));
    }

    public String label() {
        return label;
    }

    /// The number in GGUF files.
    ///
    /// @throws IllegalStateException when GGUF has no such type, see [#inGguf]
    public int ggufId() {
        if (!inGguf()) {
            throw new IllegalStateException(label + " has no number in GGUF");
        }
        return ggufId;
    }

    public boolean inGguf() {
        return ggufId != NO_ID;
    }

    /// Whether safetensors files have it: the plain types.
    public boolean inSafetensors() {
        return !quantised();
    }

    /// Whether numbers share a block.
    public boolean quantised() {
        return blockElements > 1;
    }

    public int blockElements() {
        return blockElements;
    }

    public int blockBytes() {
        return blockBytes;
    }

    /// The bytes of so many numbers.
    ///
    /// @throws IllegalArgumentException when they are not whole blocks
    /// @throws ArithmeticException when the bytes do not fit a long
    public long bytes(long elements) {
        if (elements < 0 || elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    "%d numbers are not whole blocks of %d".formatted(elements, blockElements));
        }
        return Math.multiplyExact(elements / blockElements, blockBytes);
    }

    /// Decodes `count` numbers, whole blocks, from byte `at` on to `to[start]` and following.
    ///
    /// @throws IndexOutOfBoundsException when either side is too short
    public void decode(MemorySegment from, long at, float[] to, int start, int count) {
        Objects.checkFromIndexSize(at, bytes(count), from.byteSize());
        Objects.checkFromIndexSize(start, count, to.length);
        codec.decode(from, at, to, start, count / blockElements);
    }

    /// Encodes `count` numbers, whole blocks, from `from[start]` on to byte `at` and following.
    ///
    /// @throws Problem when a number is not finite and the type shares a scale between numbers, or
    ///   does not fit a whole-number type
    /// @throws IndexOutOfBoundsException when either side is too short
    public void encode(float[] from, int start, MemorySegment to, long at, int count) {
        Objects.checkFromIndexSize(start, count, from.length);
        Objects.checkFromIndexSize(at, bytes(count), to.byteSize());
        if (quantised()) {
            checkFinite(from, start, count);
        }
        codec.encode(from, start, to, at, count / blockElements);
    }

    private void checkFinite(float[] from, int start, int count) {
        for (int i = start; i < start + count; i++) {
            if (!Float.isFinite(from[i])) {
                throw Problem.invalid(
                                "%s at index %d: %s has no place for it"
                                        .formatted(from[i], i, label),
                                "weights")
                        .fix("quantise finite weights only; F32, F16 and BF16 keep it");
            }
        }
    }

    private static ElementType[] byGgufId() {
        ElementType[] types = new ElementType[64];
        for (ElementType type : values()) {
            if (type.inGguf()) {
                types[type.ggufId] = type;
            }
        }
        return types;
    }

    @Override
    public String toString() {
        return label;
    }
}
