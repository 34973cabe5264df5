package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads the head of a file and finds its tensors. One use, one thread.
final class GgufReader {
    static final int MAGIC = 0x4655_4747;
    static final int VERSION = 3;
    static final int DIMENSIONS_MAX = 4;
    static final int TENSORS_MAX = 1 << 18;
    static final int PAIRS_MAX = 1 << 16;
    static final int KEY_BYTES_MAX = 1 << 10;
    static final int NAME_BYTES_MAX = 1 << 8;
    static final int ALIGNMENT_DEFAULT = 32;
    static final long ALIGNMENT_MAX = 1 << 30;
    static final String ALIGNMENT_KEY = "general.alignment";

    private static final int PAIR_BYTES_MIN = 8 + 1 + 4 + 1;
    private static final int INFO_BYTES_MIN = 8 + 1 + 4 + 4 + 8;

    /// A tensor as the head of the file has it.
    private record Info(String name, ElementType type, Shape shape, long offset, long bytes) {
        long end() {
            return offset + bytes;
        }
    }

    private final MemorySegment bytes;
    private final String source;
    private final Cursor cursor;

    GgufReader(MemorySegment bytes, String source) {
        this.bytes = bytes;
        this.source = source;
        this.cursor = new Cursor(bytes, source);
    }

    /// What a file holds.
    record Contents(Metadata metadata, List<Tensor> tensors) {}

    Contents read() {
        readVersion();
        long tensorCount = cursor.count(1, TENSORS_MAX, "tensors");
        long pairCount = cursor.count(PAIR_BYTES_MIN, PAIRS_MAX, "metadata keys");
        Metadata metadata = readMetadata(pairCount);
        long alignment = alignment(metadata);
        List<Info> infos = readInfos(tensorCount);
        long padding = -cursor.position() & alignment - 1;
        return new Contents(metadata, place(infos, cursor.position() + padding, alignment));
    }

    private void readVersion() {
        if (cursor.remaining() < 8 || cursor.u32("the magic number") != MAGIC) {
            throw Problem.invalid("this is no GGUF file: it does not begin with GGUF", source)
                    .fix("name a .gguf file, version 2 or 3");
        }
        long version = cursor.u32("the version");
        if (version == 2 || version == VERSION) {
            return;
        }
        boolean swapped = (version & 0xFFFF) == 0 && version != 0;
        throw cursor.refused(
                        swapped
                                ? "a big-endian GGUF file"
                                : "GGUF version %d is not read".formatted(version))
                .fix("convert the model again, to little-endian GGUF version 3; 2 is read too");
    }

    private Metadata readMetadata(long count) {
        Map<String, MetadataValue> values = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = name("key", i, KEY_BYTES_MAX);
            String what = "key '" + key + "'";
            ValueType type = ValueCodec.type(cursor, "the type of " + what);
            if (values.put(key, ValueCodec.read(cursor, type, what)) != null) {
                throw cursor.refused(what + " is there twice").fix("a key may be there once");
            }
        }
        return new Metadata(source, values);
    }

    private String name(String what, long index, int most) {
        String which = "%s %d".formatted(what, index);
        MemorySegment utf8 = cursor.string(which);
        if (utf8.byteSize() == 0 || utf8.byteSize() > most) {
            throw cursor.refused("%s has %,d bytes".formatted(which, utf8.byteSize()))
                    .fix("1 to %,d bytes are accepted".formatted(most));
        }
        Text text = new Text(utf8);
        String name = text.text();
        if (!Text.of(name).equals(text)) {
            throw cursor.refused("%s is not UTF-8".formatted(which)).fix("names are valid UTF-8");
        }
        return name;
    }

    /// The alignment that a file with this metadata has.
    static long alignment(Metadata metadata) {
        MetadataValue value = metadata.find(ALIGNMENT_KEY).orElse(null);
        if (value == null) {
            return ALIGNMENT_DEFAULT;
        }
        if (value instanceof Whole(ValueType type, long number)
                && type == ValueType.UINT32
                && Long.bitCount(number) == 1
                && number <= ALIGNMENT_MAX) {
            return number;
        }
        throw ValueCodec.unfit(
                metadata.source(),
                ALIGNMENT_KEY,
                value,
                "a uint32 that is a power of two up to 2^30");
    }

    private List<Info> readInfos(long count) {
        if (count > cursor.remaining() / INFO_BYTES_MIN) {
            throw cursor.refused(
                            "%,d tensors do not fit the %,d bytes left"
                                    .formatted(count, cursor.remaining()))
                    .fix(Cursor.WHOLE);
        }
        Map<String, Info> infos = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            Info info = readInfo(i);
            if (infos.put(info.name, info) != null) {
                throw cursor.refused("tensor '%s' is there twice".formatted(info.name))
                        .fix("a name may be there once");
            }
        }
        return new ArrayList<>(infos.values());
    }

    private Info readInfo(long index) {
        String name = name("the name of tensor", index, NAME_BYTES_MAX);
        String what = "tensor '" + name + "'";
        long count = cursor.u32(what);
        if (count > DIMENSIONS_MAX) {
            throw cursor.refused("%s has %d dimensions".formatted(what, count))
                    .fix("at most %d are accepted".formatted(DIMENSIONS_MAX));
        }
        List<Long> dimensions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            dimensions.addFirst(cursor.u64(what));
        }
        long id = cursor.u32(what);
        long offset = cursor.u64(what);
        ElementType type =
                ElementType.ofGguf(id)
                        .orElseThrow(() ->
                                cursor.refused("%s has element type %d".formatted(what, id))
                                        .fix(
                                                "accepted are "
                                                        + ElementType.labels(ElementType::inGguf)));
        try {
            Shape shape = new Shape(dimensions);
            return new Info(name, type, shape, offset, Tensor.bytes(type, shape));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw cursor.refused(
                            "%s of type %s has shape %s: %s"
                                    .formatted(what, type, dimensions, e.getMessage()))
                    .fix(
                            "rows must be multiples of %d, and the bytes countable"
                                    .formatted(type.blockElements()))
                    .causedBy(e);
        }
    }

    /// Checks that every tensor is in the data, at a place of its own.
    private List<Tensor> place(List<Info> infos, long dataStart, long alignment) {
        long dataBytes = Math.max(0, bytes.byteSize() - dataStart);
        for (Info info : infos) {
            if (info.offset < 0 || (info.offset & alignment - 1) != 0) {
                throw placed(info, "it begins at byte %s", Long.toUnsignedString(info.offset))
                        .fix("offsets must be multiples of %d".formatted(alignment));
            }
            if (info.offset > dataBytes - info.bytes) {
                throw placed(info, "the data has %,d bytes", dataBytes).fix(Cursor.WHOLE);
            }
        }
        List<Info> inOrder = new ArrayList<>(infos);
        inOrder.sort(Comparator.comparingLong(Info::offset).thenComparingLong(Info::end));
        for (int i = 1; i < inOrder.size(); i++) {
            Info before = inOrder.get(i - 1);
            if (before.end() > inOrder.get(i).offset) {
                throw placed(before, "it overlaps '%s'", inOrder.get(i).name)
                        .fix("every tensor must have bytes of its own");
            }
        }
        return infos.stream()
                .map(info ->
                        new Tensor(
                                info.name,
                                info.type,
                                info.shape,
                                bytes.asSlice(
                                        Math.min(dataStart + info.offset, bytes.byteSize()),
                                        info.bytes)))
                .toList();
    }

    private Problem placed(Info info, String what, Object argument) {
        return Problem.invalid(
                "tensor of %,d bytes at offset %s: "
                                .formatted(info.bytes, Long.toUnsignedString(info.offset))
                        + what.formatted(argument),
                "%s, tensor '%s'".formatted(source, info.name));
    }
}
