package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.MappedFile;
import dev.backplane.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// A GGUF file, opened; or all files of a model that was split, which then are one.
///
/// Parts are named `NAME-00001-of-00003.gguf` and say in `split.no` (from 0) and `split.count`
/// which they are; any of them may be opened. Metadata is that of the first part.
public final class GgufModel implements ModelFile {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final int PARTS_MAX = 4_096;

    private final String source;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final List<MappedFile> files;

    private GgufModel(
            String source, Metadata metadata, Map<String, Tensor> tensors, List<MappedFile> files) {
        this.source = source;
        this.metadata = metadata;
        this.tensors = tensors;
        this.files = files;
    }

    /// Opens the file, and the other parts where there are some.
    ///
    /// @throws Problem when a file is not there, damaged, or holds what is not accepted
    public static GgufModel open(Path path) {
        List<MappedFile> files = new ArrayList<>();
        boolean opened = false;
        try {
            GgufModel model = open(path, files);
            opened = true;
            return model;
        } finally {
            if (!opened) {
                files.forEach(MappedFile::close);
            }
        }
    }

    private static GgufModel open(Path path, List<MappedFile> files) {
        GgufReader.Contents named = read(path, files);
        long count = named.metadata().integer("split.count", 0, PARTS_MAX, 0);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (count <= 1) {
            add(named, tensors);
            return new GgufModel(path.toString(), named.metadata(), tensors, files);
        }
        Optional<Metadata> first = Optional.empty();
        for (int part = 0; part < count; part++) {
            Path place = part(path, part, count);
            GgufReader.Contents contents = place.equals(path) ? named : read(place, files);
            checkPart(contents.metadata(), part, count);
            add(contents, tensors);
            first = part == 0 ? Optional.of(contents.metadata()) : first;
        }
        Metadata metadata = first.orElseThrow();
        long wanted = metadata.integer("split.tensors.count", 0, Integer.MAX_VALUE, tensors.size());
        if (wanted != tensors.size()) {
            throw Problem.invalid(
                            "the parts hold %,d tensors, not %,d".formatted(tensors.size(), wanted),
                            "%s, key 'split.tensors.count'".formatted(metadata.source()))
                    .fix("fetch all parts again, from one place");
        }
        return new GgufModel(path.toString(), metadata, tensors, files);
    }

    private static GgufReader.Contents read(Path path, List<MappedFile> files) {
        MappedFile file = MappedFile.open(path);
        files.add(file);
        return new GgufReader(file.bytes(), path.toString()).read();
    }

    /// The files of a model, by its first: all parts of one that is split, as far as its name
    /// tells.
    public static List<Path> parts(Path path) {
        Path name = path.getFileName();
        Matcher matcher = PART.matcher(name == null ? "" : name.toString());
        if (!matcher.matches()) {
            return List.of(path);
        }
        int count = Integer.parseInt(matcher.group(3));
        return IntStream.range(0, count).mapToObj(part -> part(path, part, count)).toList();
    }

    private static Path part(Path path, int part, long count) {
        Path name = path.getFileName();
        Matcher matcher = PART.matcher(name == null ? "" : name.toString());
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) != count) {
            throw Problem.invalid(
                            "one of %d parts, but not named as one".formatted(count),
                            path.toString())
                    .fix(
                            "name it NAME-00001-of-%05d.gguf, and the others likewise"
                                    .formatted(count));
        }
        String sibling = "%s-%05d-of-%05d.gguf".formatted(matcher.group(1), part + 1, count);
        return path.resolveSibling(sibling);
    }

    private static void checkPart(Metadata metadata, int part, long count) {
        metadata.integer("split.no", part, part);
        metadata.integer("split.count", count, count);
    }

    private static void add(GgufReader.Contents contents, Map<String, Tensor> tensors) {
        if (tensors.size() + contents.tensors().size() > GgufReader.TENSORS_MAX) {
            throw Problem.tooLarge(
                            "the parts hold more than %,d tensors"
                                    .formatted(GgufReader.TENSORS_MAX),
                            contents.metadata().source())
                    .fix("use a model of fewer tensors");
        }
        for (Tensor tensor : contents.tensors()) {
            if (tensors.put(tensor.name(), tensor) != null) {
                throw Problem.invalid(
                                "tensor '%s' is in two parts".formatted(tensor.name()),
                                contents.metadata().source())
                        .fix("fetch all parts again, from one place");
            }
        }
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Metadata metadata() {
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
