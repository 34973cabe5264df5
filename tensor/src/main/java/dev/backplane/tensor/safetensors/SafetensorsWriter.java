package dev.backplane.tensor.safetensors;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/// Begins safetensors files. What the reader would refuse, the writer refuses.
public final class SafetensorsWriter {
    /// Data begins at a multiple of this, so that numbers can be read in place; spaces after the
    /// header see to it, as the reference does. Put tensors of wide types first to keep it so.
    private static final int ALIGNMENT = 8;

    private SafetensorsWriter() {}

    /// Writes the header; the data follows through the writer that is returned, in the order of
    /// `specs`.
    ///
    /// @param metadata texts to keep beside the tensors; conventionally `format` → `pt`
    /// @throws Problem when a name or type has no place in such a file
    public static TensorWriter create(
            Path path, Map<String, String> metadata, List<TensorSpec> specs) {
        check(specs, path.toString());
        byte[] json =
                Json.write(out -> write(metadata, specs, out)).getBytes(StandardCharsets.UTF_8);
        int length = json.length + (-json.length & ALIGNMENT - 1);
        if (length > SafetensorsReader.HEADER_BYTES_MAX) {
            throw Problem.tooLarge("a header of %,d bytes".formatted(length), path.toString())
                    .fix(
                            "at most %,d: use fewer tensors"
                                    .formatted(SafetensorsReader.HEADER_BYTES_MAX));
        }
        ByteBuffer head = ByteBuffer.allocate(SafetensorsReader.LENGTH_BYTES + length);
        head.order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
        while (head.hasRemaining()) {
            head.put((byte) ' ');
        }
        return TensorWriter.create(path, head.array(), specs, 1);
    }

    private static void check(List<TensorSpec> specs, String source) {
        if (specs.size() > SafetensorsReader.TENSORS_MAX) {
            throw Problem.tooLarge("%,d tensors".formatted(specs.size()), source)
                    .fix("at most %,d have a place".formatted(SafetensorsReader.TENSORS_MAX));
        }
        Set<String> names = new HashSet<>();
        for (TensorSpec spec : specs) {
            String where = "%s, tensor '%s'".formatted(source, spec.name());
            String name = spec.name();
            if (name.isEmpty()
                    || name.length() > SafetensorsReader.NAME_BYTES_MAX
                    || name.equals(SafetensorsReader.METADATA)
                    || !names.add(name)) {
                throw Problem.invalid("this name has no place, or is there already", where)
                        .fix(
                                "names are unique and have 1 to %,d characters"
                                        .formatted(SafetensorsReader.NAME_BYTES_MAX));
            }
            if (!spec.type().inSafetensors()) {
                throw Problem.invalid("safetensors have no type " + spec.type(), where)
                        .fix("write a GGUF file, or convert it to F32, F16 or BF16");
            }
        }
    }

    private static void write(
            Map<String, String> metadata, List<TensorSpec> specs, JsonGenerator out) {
        out.writeStartObject();
        if (!metadata.isEmpty()) {
            out.writeName(SafetensorsReader.METADATA);
            out.writeStartObject();
            metadata.forEach(out::writeStringProperty);
            out.writeEndObject();
        }
        long offset = 0;
        for (TensorSpec spec : specs) {
            out.writeName(spec.name());
            out.writeStartObject();
            out.writeStringProperty("dtype", spec.type().label());
            out.writeName("shape");
            out.writeStartArray();
            spec.shape().dimensions().forEach(out::writeNumber);
            out.writeEndArray();
            out.writeName("data_offsets");
            out.writeStartArray();
            out.writeNumber(offset);
            offset = Math.addExact(offset, spec.bytes());
            out.writeNumber(offset);
            out.writeEndArray();
            out.writeEndObject();
        }
        out.writeEndObject();
    }
}
