package dev.backplane.tensor.safetensors;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Reads one file's header and finds its tensors. One use, one thread.
final class SafetensorsReader {
    static final long HEADER_BYTES_MAX = 100_000_000;
    static final int TENSORS_MAX = 1 << 18;
    static final int NAME_BYTES_MAX = 1 << 10;
    static final int LENGTH_BYTES = 8;
    static final String METADATA = "__metadata__";
    private static final int TEXTS_MAX = 1 << 16;
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String WHOLE = "the file is damaged or cut off: fetch it again";

    private record Entry(String name, ElementType type, Shape shape, long from, long to) {}

    /// What a file holds.
    record Contents(Map<String, String> metadata, List<Tensor> tensors) {}

    private final MemorySegment bytes;
    private final String source;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    SafetensorsReader(MemorySegment bytes, String source) {
        this.bytes = bytes;
        this.source = source;
    }

    Contents read() {
        long length = headerLength();
        byte[] header = bytes.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        if (header[0] != '{') {
            throw Problem.invalid("the header does not begin with a brace", source)
                    .fix("name a .safetensors file");
        }
        try (JsonParser json = Json.parser(Slice.of(header))) {
            json.nextToken();
            readHeader(json);
            if (json.nextToken() != null) {
                throw Problem.invalid("the header goes on after its object", source)
                        .fix("only spaces may follow it");
            }
        } catch (StreamReadException e) {
            throw Json.malformed(e, source + ", header").fix(WHOLE);
        }
        return new Contents(metadata, place(LENGTH_BYTES + length));
    }

    private long headerLength() {
        long size = bytes.byteSize();
        long length = size < LENGTH_BYTES ? -1 : bytes.get(LONG, 0);
        if (length < 2 || length > HEADER_BYTES_MAX || length > size - LENGTH_BYTES) {
            throw Problem.invalid(
                            size < LENGTH_BYTES
                                    ? "a file of %d bytes".formatted(size)
                                    : "a header of %s bytes in a file of %,d"
                                            .formatted(Long.toUnsignedString(length), size),
                            source)
                    .fix(
                            "name a whole .safetensors file with a header of at most %,d bytes"
                                    .formatted(HEADER_BYTES_MAX));
        }
        return length;
    }

    private void readHeader(JsonParser json) {
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            if (entries.size() == TENSORS_MAX) {
                throw Problem.tooLarge("more than %,d tensors".formatted(TENSORS_MAX), source)
                        .fix("split the file, with an index beside it");
            }
            if (name.isEmpty() || name.length() > NAME_BYTES_MAX) {
                throw Problem.invalid("a name of %,d characters".formatted(name.length()), source)
                        .fix("names have 1 to %,d".formatted(NAME_BYTES_MAX));
            }
            json.nextToken();
            if (name.equals(METADATA)) {
                readMetadata(json);
            } else if (entries.put(name, readEntry(json, name)) != null) {
                throw at(name, "it is there twice").fix("a name may be there once");
            }
        }
    }

    private void readMetadata(JsonParser json) {
        if (!json.isExpectedStartObjectToken() || !metadata.isEmpty()) {
            throw at(METADATA, "it is not one object").fix("map texts to texts");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            if (json.nextToken() != JsonToken.VALUE_STRING || metadata.size() == TEXTS_MAX) {
                throw at(METADATA, "'%s' is no text, or one too many".formatted(key))
                        .fix("map texts to texts, at most %,d".formatted(TEXTS_MAX));
            }
            if (metadata.put(key, json.getString()) != null) {
                throw at(METADATA, "'%s' is there twice".formatted(key)).fix("say it once");
            }
        }
    }

    private Entry readEntry(JsonParser json, String name) {
        if (!json.isExpectedStartObjectToken()) {
            throw at(name, "it is no object").fix("say dtype, shape and data_offsets");
        }
        String type = "";
        List<Long> dimensions = List.of();
        List<Long> offsets = List.of();
        int members = 0;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = json.currentName();
            json.nextToken();
            members++;
            switch (member) {
                case "dtype" -> type = json.getString();
                case "shape" -> dimensions = numbers(json, name, Shape.DIMENSIONS_MAX);
                case "data_offsets" -> offsets = numbers(json, name, 2);
                default ->
                        throw at(name, "it has a member '%s'".formatted(member))
                                .fix("members are dtype, shape and data_offsets");
            }
        }
        if (members != 3 || type.isEmpty() || offsets.size() != 2) {
            throw at(name, "it has not dtype, shape and two data_offsets, each once")
                    .fix("say each once");
        }
        return entry(name, type, dimensions, offsets);
    }

    private Entry entry(String name, String label, List<Long> dimensions, List<Long> offsets) {
        ElementType type =
                ElementType.ofLabel(label)
                        .filter(ElementType::inSafetensors)
                        .orElseThrow(() ->
                                at(name, "dtype '%s'".formatted(label))
                                        .fix(
                                                "accepted are "
                                                        + ElementType.labels(
                                                                ElementType::inSafetensors)));
        try {
            Shape shape = new Shape(dimensions);
            long length = Tensor.bytes(type, shape);
            long from = offsets.getFirst();
            long to = offsets.getLast();
            if (from < 0 || to < from || to - from != length) {
                throw at(name, "data_offsets %s for %,d bytes".formatted(offsets, length))
                        .fix("%s %s takes %,d bytes".formatted(type, shape, length));
            }
            return new Entry(name, type, shape, from, to);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw at(name, "shape %s: %s".formatted(dimensions, e.getMessage()))
                    .fix("the bytes must be countable")
                    .causedBy(e);
        }
    }

    private List<Long> numbers(JsonParser json, String name, int most) {
        if (!json.isExpectedStartArrayToken()) {
            throw at(name, "shape and data_offsets are not both arrays").fix("write arrays");
        }
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            boolean fits =
                    json.currentToken() == JsonToken.VALUE_NUMBER_INT
                            && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
            if (!fits || numbers.size() == most) {
                throw at(name, "an array with something else or too much in it")
                        .fix("at most %d whole numbers below 2^63".formatted(most));
            }
            numbers.add(json.getLongValue());
        }
        return numbers;
    }

    /// Data must be the tensors and nothing else: sorted by place, each begins where the last
    /// ended.
    private List<Tensor> place(long start) {
        List<Entry> inOrder = new ArrayList<>(entries.values());
        inOrder.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
        long end = 0;
        for (Entry entry : inOrder) {
            if (entry.from != end) {
                throw at(entry.name, "it begins at %,d, not at %,d".formatted(entry.from, end))
                        .fix("tensors must follow each other without gaps or overlaps");
            }
            end = entry.to;
        }
        if (end != bytes.byteSize() - start) {
            throw Problem.invalid(
                            "the tensors have %,d bytes, the file %,d"
                                    .formatted(end, bytes.byteSize() - start),
                            source)
                    .fix(WHOLE);
        }
        return entries.values().stream()
                .map(entry ->
                        new Tensor(
                                entry.name,
                                entry.type,
                                entry.shape,
                                bytes.asSlice(start + entry.from, entry.to - entry.from)))
                .toList();
    }

    private Problem at(String name, String what) {
        return Problem.invalid(what, "%s, tensor '%s'".formatted(source, name));
    }
}
