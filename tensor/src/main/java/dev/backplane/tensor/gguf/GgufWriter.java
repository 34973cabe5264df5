package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Begins GGUF files of version 3, as the package describes them. What the reader would refuse, the
/// writer refuses.
public final class GgufWriter {
    private GgufWriter() {}

    /// Writes the head; the data follows through the writer that is returned, in the order of
    /// `specs`. Tensors are placed one after the other, each aligned.
    ///
    /// @throws Problem when a key, name, shape or type has no place in such a file
    public static TensorWriter create(
            Path path, Map<String, MetadataValue> metadata, List<TensorSpec> specs) {
        String source = path.toString();
        long alignment = GgufReader.alignment(new Metadata(source, metadata));
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        ValueCodec.put(GgufReader.MAGIC, 4, head);
        ValueCodec.put(GgufReader.VERSION, 4, head);
        ValueCodec.put(bounded(specs.size(), GgufReader.TENSORS_MAX, "tensors", source), 8, head);
        ValueCodec.put(
                bounded(metadata.size(), GgufReader.PAIRS_MAX, "metadata keys", source), 8, head);
        metadata.forEach((key, value) -> {
            name(key, GgufReader.KEY_BYTES_MAX, source, head);
            ValueCodec.put(value.type().id(), 4, head);
            ValueCodec.write(value, head);
        });
        long offset = 0;
        Set<String> names = new HashSet<>();
        for (TensorSpec spec : specs) {
            check(spec, names, source);
            writeInfo(spec, offset, source, head);
            offset = Math.addExact(offset, spec.bytes());
            offset = Math.addExact(offset, -offset & alignment - 1);
        }
        head.writeBytes(new byte[(int) (-head.size() & alignment - 1)]);
        return TensorWriter.create(path, head.toByteArray(), specs, alignment);
    }

    private static int bounded(int count, int most, String what, String source) {
        if (count > most) {
            throw Problem.tooLarge("%,d %s".formatted(count, what), source)
                    .fix("at most %,d have a place".formatted(most));
        }
        return count;
    }

    private static void check(TensorSpec spec, Set<String> names, String source) {
        String where = "%s, tensor '%s'".formatted(source, spec.name());
        if (!names.add(spec.name())) {
            throw Problem.invalid("there are two of this name", where).fix("name it once");
        }
        if (!spec.type().inGguf()) {
            throw Problem.invalid("GGUF has no type " + spec.type(), where)
                    .fix("convert it to F32, F16 or BF16");
        }
        if (spec.shape().dimensions().size() > GgufReader.DIMENSIONS_MAX) {
            throw Problem.invalid("shape %s".formatted(spec.shape()), where)
                    .fix("at most %d dimensions have a place".formatted(GgufReader.DIMENSIONS_MAX));
        }
        if (spec.shape().columns() % spec.type().blockElements() != 0) {
            throw Problem.invalid("rows of %d numbers".formatted(spec.shape().columns()), where)
                    .fix(
                            "%s needs rows of a multiple of %d"
                                    .formatted(spec.type(), spec.type().blockElements()));
        }
    }

    private static void writeInfo(
            TensorSpec spec, long offset, String source, ByteArrayOutputStream head) {
        name(spec.name(), GgufReader.NAME_BYTES_MAX, source, head);
        List<Long> dimensions = spec.shape().dimensions();
        ValueCodec.put(dimensions.size(), 4, head);
        for (long dimension : dimensions.reversed()) {
            ValueCodec.put(dimension, 8, head);
        }
        ValueCodec.put(spec.type().ggufId(), 4, head);
        ValueCodec.put(offset, 8, head);
    }

    private static void name(String name, int most, String source, ByteArrayOutputStream head) {
        MemorySegment utf8 = Text.of(name).utf8();
        if (utf8.byteSize() == 0 || utf8.byteSize() > most) {
            throw Problem.invalid("a name of %,d bytes".formatted(utf8.byteSize()), source)
                    .fix("keys and names have 1 to %,d bytes".formatted(most));
        }
        ValueCodec.writeString(utf8, head);
    }
}
