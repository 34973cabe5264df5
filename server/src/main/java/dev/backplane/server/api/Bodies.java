package dev.backplane.server.api;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Small flat JSON objects as administration sends them: texts, whole numbers, lists of texts.
final class Bodies {
    private static final BodyLimits SMALL = BodyLimits.buffered(1 << 20);

    private final Map<String, Object> members;
    private final String where;

    private Bodies(Map<String, Object> members, String where) {
        this.members = members;
        this.where = where;
    }

    /// @param known names of members; any other is refused
    /// @throws Problem `INVALID`
    static Bodies read(Exchange exchange, List<String> known) throws IOException {
        Bodies body = new Bodies(new LinkedHashMap<>(), exchange.path());
        try (InputStream in = exchange.body(SMALL);
                JsonParser json = Json.parser(in)) {
            body.read(json, known);
        } catch (StreamReadException e) {
            throw Json.malformed(e, exchange.path());
        } catch (tools.jackson.core.exc.JacksonIOException e) {
            throw e.getCause();
        }
        return body;
    }

    private void read(JsonParser json, List<String> known) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw invalid("body is not an object", "send a JSON object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            if (!known.contains(name)) {
                throw invalid("body has an unknown member", "use " + String.join(", ", known));
            }
            members.put(name, value(name, json));
        }
    }

    private Object value(String name, JsonParser json) {
        return switch (json.nextToken()) {
            case VALUE_STRING -> json.getString();
            case VALUE_NUMBER_INT -> {
                try {
                    yield json.getLongValue();
                } catch (tools.jackson.core.exc.InputCoercionException e) {
                    throw invalid(name + " is too large", "send a 64-bit whole number").causedBy(e);
                }
            }
            case START_ARRAY -> {
                List<String> items = new ArrayList<>();
                while (json.nextToken() == JsonToken.VALUE_STRING) {
                    items.add(json.getString());
                }
                if (json.currentToken() != JsonToken.END_ARRAY) {
                    throw invalid(name + " is not a list of texts", "send [\"…\"]");
                }
                yield items;
            }
            default ->
                    throw invalid(
                            name + " has a wrong type", "send text, a whole number or a list");
        };
    }

    Optional<String> text(String name) {
        return switch (members.get(name)) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            default -> throw invalid(name + " is not text", "send a JSON string");
        };
    }

    String requiredText(String name) {
        return text(name)
                .filter(text -> !text.isBlank())
                .orElseThrow(() -> invalid(name + " is missing", "send " + name));
    }

    /// A whole number from 0 to `max`.
    OptionalLong number(String name, long max) {
        return switch (members.get(name)) {
            case null -> OptionalLong.empty();
            case Long value when value >= 0 && value <= max -> OptionalLong.of(value);
            default ->
                    throw invalid(
                            name + " is out of range", "send a whole number from 0 to " + max);
        };
    }

    List<String> texts(String name) {
        return switch (members.get(name)) {
            case null -> List.of();
            case List<?> list -> list.stream().map(String.class::cast).toList();
            default -> throw invalid(name + " is not a list", "send a JSON array of strings");
        };
    }

    private Problem invalid(String what, String fix) {
        return Problem.invalid(what, where).fix(fix);
    }
}
