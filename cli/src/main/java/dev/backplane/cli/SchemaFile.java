package dev.backplane.cli;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A JSON schema that the answer has to follow, as `response_format` of OpenAI's API.
final class SchemaFile {
    private static final int BYTES_MAX = 1 << 20;

    private SchemaFile() {}

    /// The file holds a schema, or OpenAI's object around one, with its own `name` and `strict`.
    ///
    /// @throws Failure for what cannot be read or is no JSON object
    static Node.Fields responseFormat(String file) {
        Node.Fields read = read(file);
        boolean isWrapped =
                read.get("schema") instanceof Node.Fields
                        && read.get("name") instanceof Node.Text
                        && !read.values().containsKey("type");
        return Node.fields(
                "type",
                "json_schema",
                "json_schema",
                isWrapped ? read : Node.fields("name", name(file), "schema", read, "strict", true));
    }

    private static Node.Fields read(String file) {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw Failure.usage(file + " is larger than 1 MiB").hint("give a smaller schema");
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            try (JsonParser parser = Json.parser(text)) {
                if (parser.nextToken() == JsonToken.START_OBJECT
                        && Node.read(parser) instanceof Node.Fields fields
                        && parser.nextToken() == null) {
                    return fields;
                }
            }
        } catch (IOException e) {
            throw Failure.of(Problem.Kind.INVALID, "cannot read the schema", "cannot read " + file)
                    .hint("check that the file exists and is readable");
        } catch (JacksonException e) {
            throw Failure.usage(
                            "%s is no JSON at line %d, column %d"
                                    .formatted(
                                            file,
                                            e.getLocation().getLineNr(),
                                            e.getLocation().getColumnNr()))
                    .hint("give a JSON schema");
        }
        throw Failure.usage(file + " is no JSON object").hint("give a JSON schema");
    }

    /// OpenAI takes letters, digits, dashes and underscores, at most 64.
    private static String name(String file) {
        String name = String.valueOf(Path.of(file).getFileName());
        int dot = name.indexOf('.');
        String plain = (dot > 0 ? name.substring(0, dot) : name).replaceAll("[^A-Za-z0-9_-]", "_");
        return plain.substring(0, Math.min(64, plain.length()));
    }
}
