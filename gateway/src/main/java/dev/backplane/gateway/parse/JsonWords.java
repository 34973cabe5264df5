package dev.backplane.gateway.parse;

import dev.backplane.core.Json;
import java.util.Optional;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// JSON strings, a character or a whole at a time.
final class JsonWords {
    private JsonWords() {}

    /// One character as it stands in a JSON string.
    static String escape(char next) {
        return switch (next) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> next < ' ' ? "\\u%04x".formatted((int) next) : String.valueOf(next);
        };
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            quoted.append(escape(text.charAt(i)));
        }
        return quoted.append('"').toString();
    }

    /// The text of a JSON string; empty if it is none.
    static Optional<String> text(String json) {
        try (JsonParser parser = Json.parser(json)) {
            return parser.nextToken() == JsonToken.VALUE_STRING
                    ? Optional.of(parser.getString())
                    : Optional.empty();
        } catch (StreamReadException malformed) {
            return Optional.empty();
        }
    }
}
