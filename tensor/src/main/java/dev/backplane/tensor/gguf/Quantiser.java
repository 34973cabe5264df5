package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.TensorWriter;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Writes a model again with other types of numbers. Tensor after tensor goes through a few
/// megabytes, so memory does not grow with the model, and all processors work; the file has its
/// name when it is whole.
public final class Quantiser {
    private static final int FLOATS_MAX = 4 << 20;
    private static final String FILE_TYPE = "general.file_type";
    private static final String VERSION = "general.quantization_version";

    /// Of llama.cpp's formats.
    private static final int VERSION_NUMBER = 2;

    private Quantiser() {}

    /// Told how far it is.
    public interface Listener {
        /// @param done numbers that are written, of `total`
        void progress(long done, long total);
    }

    /// @param model of whole files; its numbers are floats of 32 or 16 bits
    /// @param to the file to be written, replaced if it is there
    /// @throws Problem when a matrix is quantised already, or has numbers that cannot be
    public static void write(
            GgufModel model, QuantisationScheme scheme, Path to, Listener listener) {
        List<Tensor> tensors = model.tensors();
        List<TensorSpec> specs = new ArrayList<>();
        long total = 0;
        for (Tensor tensor : tensors) {
            ElementType type = scheme.of(tensor, model);
            if (type != tensor.type() && tensor.type().quantised()) {
                throw Problem.invalid(
                                "tensor '%s' is %s already".formatted(tensor.name(), tensor.type()),
                                model.source())
                        .fix("quantise a model of F32, F16 or BF16: twice loses more than once");
            }
            specs.add(new TensorSpec(tensor.name(), type, tensor.shape()));
            total += elements(tensor);
        }
        Map<String, MetadataValue> metadata = new LinkedHashMap<>(model.metadata().values());
        metadata.keySet().removeIf(key -> key.startsWith("split."));
        metadata.put(FILE_TYPE, new Whole(ValueType.UINT32, scheme.fileType()));
        metadata.put(VERSION, new Whole(ValueType.UINT32, VERSION_NUMBER));
        try (TensorWriter writer = GgufWriter.create(to, metadata, specs)) {
            long done = 0;
            for (int i = 0; i < specs.size(); i++) {
                Tensor tensor = tensors.get(i);
                if (specs.get(i).type() == tensor.type()) {
                    writer.write(tensor.data());
                } else {
                    convert(tensor, specs.get(i).type(), writer, done, total, listener);
                }
                done += elements(tensor);
                listener.progress(done, total);
            }
            writer.finish();
        }
    }

    private static long elements(Tensor tensor) {
        return tensor.shape().rows() * tensor.shape().columns();
    }

    private static void convert(
            Tensor tensor,
            ElementType type,
            TensorWriter writer,
            long before,
            long total,
            Listener listener) {
        int columns = Math.toIntExact(tensor.shape().columns());
        int together = Math.max(1, FLOATS_MAX / columns);
        float[] numbers = new float[Math.multiplyExact(together, columns)];
        long rowBytes = type.bytes(columns);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(together * rowBytes, 64);
            for (long first = 0; first < tensor.shape().rows(); first += together) {
                long from = first;
                int count = (int) Math.min(together, tensor.shape().rows() - first);
                IntStream.range(0, count)
                        .parallel()
                        .forEach(row -> {
                            tensor.decodeRow(from + row, numbers, row * columns);
                            type.encode(numbers, row * columns, bytes, row * rowBytes, columns);
                        });
                writer.write(bytes.asSlice(0, count * rowBytes));
                listener.progress(before + (first + count) * columns, total);
            }
        }
    }
}
