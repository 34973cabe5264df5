package dev.backplane.tensor.safetensors;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Reads the index of a model in several files.
final class ShardIndex {
    private static final int FILES_MAX = 4_096;
    private static final int NAME_LENGTH_MAX = 255;

    private ShardIndex() {}

    /// Names of tensors to names of files, in the order of the index.
    ///
    /// @throws Problem when it is not there or holds what is not accepted
    static Map<String, String> read(Path path) {
        String source = path.toString();
        try (InputStream in = Files.newInputStream(path);
                JsonParser json = Json.parser(in)) {
            Map<String, String> places = new LinkedHashMap<>();
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw refused("it is no object", source);
            }
            boolean found = false;
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean map = json.currentName().equals("weight_map");
                json.nextToken();
                if (!map) {
                    json.skipChildren();
                } else if (found || !json.isExpectedStartObjectToken()) {
                    throw refused("'weight_map' is not one object", source);
                } else {
                    found = true;
                    readMap(json, places, source);
                }
            }
            if (!found) {
                throw refused("it has no 'weight_map'", source);
            }
            return places;
        } catch (StreamReadException e) {
            throw Json.malformed(e, source);
        } catch (NoSuchFileException e) {
            throw Problem.notFound("no such file", source).fix("check the path").causedBy(e);
        } catch (IOException e) {
            throw Problem.invalid("cannot read the index: " + e.getMessage(), source).causedBy(e);
        }
    }

    private static void readMap(JsonParser json, Map<String, String> places, String source) {
        Set<String> files = new HashSet<>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            if (name.length() > SafetensorsReader.NAME_BYTES_MAX
                    || places.size() == SafetensorsReader.TENSORS_MAX) {
                throw refused("a name is too long, or there are too many", source);
            }
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw refused("the place of tensor '%s' is no text".formatted(name), source);
            }
            String file = json.getString();
            boolean plain =
                    file.endsWith(".safetensors")
                            && file.length() <= NAME_LENGTH_MAX
                            && file.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ');
            if (!plain) {
                throw refused("tensor '%s' is in no file of this folder".formatted(name), source);
            }
            files.add(file);
            if (places.put(name, file) != null || files.size() > FILES_MAX) {
                throw refused("tensor '%s' twice, or too many files".formatted(name), source);
            }
        }
    }

    private static Problem refused(String what, String source) {
        return Problem.invalid(what, source)
                .fix(
                        "map at most %,d names once each to at most %,d .safetensors files beside"
                                        .formatted(SafetensorsReader.TENSORS_MAX, FILES_MAX)
                                + " the index");
    }
}
