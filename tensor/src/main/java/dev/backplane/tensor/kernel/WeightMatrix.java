package dev.backplane.tensor.kernel;

import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/// A matrix of weights in a layout that kernels read: `rows` outputs of `columns` inputs.
///
/// | layout | types | memory |
/// |---|---|---|
/// | in place | all | the file's own, mapped |
/// | tiles ([TileFormat]) | Q8_0, Q4_0, Q4_K, Q6_K | private, about as large again |
///
/// Immutable. The memory stays the caller's: keep file and arena open while products run, which do
/// not check it again.
public final class WeightMatrix {
    /// Changes whenever a format of tiles does, for those who keep tiles.
    public static final int TILE_LAYOUT = 2;

    private final Tensor tensor;
    private final Optional<TileFormat> format;
    private final MemorySegment data;
    private final long strideBytes;

    private WeightMatrix(Tensor tensor, Optional<TileFormat> format, MemorySegment data) {
        this.tensor = tensor;
        this.format = format;
        this.data = data;
        this.strideBytes =
                format.isPresent() ? groupBytes(tensor, format.get()) : tensor.rowBytes();
    }

    /// Reads the tensor where it is.
    public static WeightMatrix inPlace(Tensor tensor) {
        return new WeightMatrix(tensor, Optional.empty(), nativeData(tensor.data()));
    }

    private static MemorySegment nativeData(MemorySegment data) {
        if (!data.isNative()) {
            throw new IllegalArgumentException("kernels reach memory outside the heap only");
        }
        return data;
    }

    /// Whether there are tiles for a type.
    public static boolean hasTiles(ElementType type) {
        return TileFormat.of(type).isPresent();
    }

    /// The bytes that the tensor takes in tiles.
    ///
    /// @throws IllegalArgumentException when its type has none
    public static long tileBytes(Tensor tensor) {
        TileFormat format = format(tensor.type());
        long groups = (tensor.shape().rows() + TileFormat.ROWS - 1) / TileFormat.ROWS;
        return groups * groupBytes(tensor, format);
    }

    private static long groupBytes(Tensor tensor, TileFormat format) {
        return tensor.shape().columns() / format.blockColumns() * format.tileBytes();
    }

    private static TileFormat format(ElementType type) {
        return TileFormat.of(type)
                .orElseThrow(() -> new IllegalArgumentException("no tiles for " + type));
    }

    /// Copies the tensor into tiles.
    public static WeightMatrix tiled(Tensor tensor, Arena arena) {
        MemorySegment tiles = arena.allocate(tileBytes(tensor), TileFormat.LINE);
        pack(tensor, tiles, 0, tensor.shape().rows());
        return tiled(tensor, tiles);
    }

    /// Takes tiles that were packed before, say from a file that caches them.
    ///
    /// @throws IllegalArgumentException when they have another size
    public static WeightMatrix tiled(Tensor tensor, MemorySegment tiles) {
        if (tiles.byteSize() != tileBytes(tensor)) {
            throw new IllegalArgumentException(
                    "%s has %d bytes in tiles, not %d"
                            .formatted(tensor, tileBytes(tensor), tiles.byteSize()));
        }
        return new WeightMatrix(tensor, Optional.of(format(tensor.type())), nativeData(tiles));
    }

    /// Packs rows `from` to `to`; the bounds are multiples of 32, or the end. Different threads may
    /// pack different rows.
    public static void pack(Tensor tensor, MemorySegment tiles, long from, long to) {
        TileFormat format = format(tensor.type());
        long blocks = tensor.shape().columns() / format.blockColumns();
        byte[] block = new byte[tensor.type().blockBytes()];
        short[] head = new short[format.headBytes() / Short.BYTES];
        short[] body = new short[format.bodyBytes() / Short.BYTES];
        for (long first = from; first < to; first += TileFormat.ROWS) {
            int rows = (int) Math.min(TileFormat.ROWS, to - first);
            long heads = first / TileFormat.ROWS * blocks * format.tileBytes();
            long bodies = heads + blocks * format.headBytes();
            for (long column = 0; column < blocks; column++) {
                Arrays.fill(head, (short) 0);
                Arrays.fill(body, (short) 0);
                for (int row = 0; row < rows; row++) {
                    long at = (first + row) * tensor.rowBytes() + column * block.length;
                    MemorySegment.copy(
                            tensor.data(), ValueLayout.JAVA_BYTE, at, block, 0, block.length);
                    format.pack(block, row, head, body);
                }
                put(head, tiles, heads + column * format.headBytes());
                put(body, tiles, bodies + column * format.bodyBytes());
            }
        }
    }

    private static void put(short[] lanes, MemorySegment tiles, long at) {
        MemorySegment.copy(lanes, 0, tiles, Packing.SHORT, at, lanes.length);
    }

    public String name() {
        return tensor.name();
    }

    public ElementType type() {
        return tensor.type();
    }

    public int rows() {
        return Math.toIntExact(tensor.shape().rows());
    }

    public int columns() {
        return Math.toIntExact(tensor.shape().columns());
    }

    /// The bytes that a product reads.
    public long bytes() {
        return data.byteSize();
    }

    MemorySegment data() {
        return data;
    }

    Optional<TileFormat> format() {
        return format;
    }

    /// The address of a range of the data that is checked to be within.
    long address(long from, long bytes) {
        Objects.checkFromIndexSize(from, bytes, data.byteSize());
        if (!data.scope().isAlive()) {
            throw new IllegalStateException(tensor.name() + " is in memory that was closed");
        }
        return data.address() + from;
    }

    /// The bytes of a row that is in place, or of 32 rows in tiles.
    long strideBytes() {
        return strideBytes;
    }

    /// Decodes part of a row that is in place, to `to[start]` and following.
    void decode(int row, int column, float[] to, int start, int count) {
        type().decode(data, place(row, column), to, start, count);
    }

    /// Copies 16-bit numbers of a row that is in place, as they are.
    void copy(int row, int column, short[] to, int count) {
        MemorySegment.copy(data, Packing.SHORT, place(row, column), to, 0, count);
    }

    private long place(int row, int column) {
        return row * tensor.rowBytes() + type().bytes(column);
    }
}
