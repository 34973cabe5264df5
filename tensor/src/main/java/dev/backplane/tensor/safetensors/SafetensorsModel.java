package dev.backplane.tensor.safetensors;

import dev.backplane.core.Problem;
import dev.backplane.tensor.MappedFile;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A safetensors file, opened; or all files that an index names, which then are one.
public final class SafetensorsModel implements TensorSet {
    static final String FILE_NAME = "model.safetensors";
    static final String INDEX_NAME = "model.safetensors.index.json";

    private final String source;
    private final Map<String, String> metadata;
    private final Map<String, Tensor> tensors;
    private final List<MappedFile> files;

    private SafetensorsModel(
            String source,
            Map<String, String> metadata,
            Map<String, Tensor> tensors,
            List<MappedFile> files) {
        this.source = source;
        this.metadata = Map.copyOf(metadata);
        this.tensors = tensors;
        this.files = files;
    }

    /// Opens a `.safetensors` file, a `.json` index, or a folder with `model.safetensors` or
    /// `model.safetensors.index.json` in it.
    ///
    /// @throws Problem when a file is not there, damaged, or holds what is not accepted
    public static SafetensorsModel open(Path path) {
        Path place = Files.isDirectory(path) ? inFolder(path) : path;
        List<MappedFile> files = new ArrayList<>();
        boolean opened = false;
        try {
            SafetensorsModel model =
                    place.toString().endsWith(".json")
                            ? openIndexed(place, files)
                            : openOne(place, files);
            opened = true;
            return model;
        } finally {
            if (!opened) {
                files.forEach(MappedFile::close);
            }
        }
    }

    private static Path inFolder(Path folder) {
        Path index = folder.resolve(INDEX_NAME);
        return Files.exists(index) ? index : folder.resolve(FILE_NAME);
    }

    private static SafetensorsModel openOne(Path path, List<MappedFile> files) {
        SafetensorsReader.Contents contents = read(path, files);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        contents.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
        return new SafetensorsModel(path.toString(), contents.metadata(), tensors, files);
    }

    private static SafetensorsReader.Contents read(Path path, List<MappedFile> files) {
        MappedFile file = MappedFile.open(path);
        files.add(file);
        return new SafetensorsReader(file.bytes(), path.toString()).read();
    }

    /// A tensor that a file has beyond what the index says is not the model's.
    private static SafetensorsModel openIndexed(Path path, List<MappedFile> files) {
        Map<String, String> places = ShardIndex.read(path);
        Map<String, Map<String, Tensor>> byFile = new LinkedHashMap<>();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        places.forEach((name, file) -> {
            Map<String, Tensor> held = byFile.get(file);
            if (held == null) {
                held = new LinkedHashMap<>();
                for (Tensor tensor : read(path.resolveSibling(file), files).tensors()) {
                    held.put(tensor.name(), tensor);
                }
                byFile.put(file, held);
            }
            Tensor tensor = held.get(name);
            if (tensor == null) {
                throw Problem.invalid(
                                "tensor '%s' is not in '%s'".formatted(name, file), path.toString())
                        .fix("fetch index and files again, from one place");
            }
            tensors.put(name, tensor);
        });
        return new SafetensorsModel(path.toString(), Map.of(), tensors, files);
    }

    @Override
    public String source() {
        return source;
    }

    /// The texts that a single file carries beside its tensors.
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public List<Tensor> tensors() {
        return List.copyOf(tensors.values());
    }

    @Override
    public Optional<Tensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public void close() {
        files.forEach(MappedFile::close);
    }
}
